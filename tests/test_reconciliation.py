"""The demo's verdict must be able to say no: each way a document can go wrong is shown to it."""

from __future__ import annotations

import pytest

from demo.reconciliation import reconcile


def shipped(number=1, status="110", price="1.2950"):
    return {
        "stockout_id": 800000 + number,
        "order_no": f"CK{number}",
        "status": status,
        "details": [{"goods_count": "2.0000", "sell_price": price}, {"goods_count": "0.0000", "sell_price": "3.0000"}],
    }


def audited(number=1, status="C", amount="2.59", lines=2):
    entry = [{"FRealQty": "2", "FAllAmount": amount}, {"FRealQty": "0", "FAllAmount": "0.00"}]
    return {"FBillNo": f"CK{number}", "FDocumentStatus": status, "FEntity": entry[:lines]}


def test_delivered_and_dead_lettered_documents_reconcile_to_the_cent():
    result = reconcile([shipped(1), shipped(2), shipped(3, status="5")], [audited(1)], {"800002": "code_missing"})

    assert result.is_exact
    assert result.source.documents == 2
    assert str(result.delivered.amount) == "2.59"
    assert result.dead_lettered["code_missing"].documents == 1
    assert result.not_shipped.documents == 1


@pytest.mark.parametrize(
    ("source", "kingdee", "dead_letters", "says"),
    [
        ([shipped(1)], [], {}, "lost"),
        ([shipped(1)], [audited(1), audited(1)], {}, "2 times"),
        ([shipped(1)], [audited(1, status="B")], {}, "not audited"),
        ([shipped(1)], [audited(1, amount="2.60")], {}, "differs"),
        ([shipped(1)], [audited(1, lines=1)], {}, "differs"),
        ([shipped(1)], [audited(1)], {"800001": "code_missing"}, "and in the dead letters"),
        ([shipped(1, status="5")], [audited(1)], {}, "not among the documents to be sent"),
        ([], [audited(9)], {}, "not among the documents to be sent"),
    ],
)
def test_every_way_to_be_wrong_is_named(source, kingdee, dead_letters, says):
    result = reconcile(source, kingdee, dead_letters)

    assert not result.is_exact
    assert any(says in problem for problem in result.problems)
