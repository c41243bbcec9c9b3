"""What a model tells of its lines, quantity and amount, exactly."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from target_kingdee.document import read_model
from target_kingdee.forms import DOCUMENTS, TOTAL_KEYS
from target_kingdee.totals import Totals, totals_of

SALE = TOTAL_KEYS["SAL_OUTSTOCK"]
PRICES = st.decimals(-1000, 100000, places=6)
COUNTS = st.decimals(-100, 1000, places=4)


def totals(*lines, **head):
    model = json.dumps({"FDate": "2026-03-31", "FEntity": lines, **head})
    return totals_of(read_model(msgspec.Raw(model.encode())), SALE)


@given(st.lists(st.tuples(COUNTS, PRICES), max_size=8))
def test_each_line_is_rounded_half_up_and_then_added(lines):
    raw = ",".join(f'{{"FRealQty":{count},"FTaxPrice":{price}}}' for count, price in lines)
    model = read_model(msgspec.Raw(f'{{"FEntity":[{raw}]}}'.encode()))
    worth = sum(((count * price).quantize(Decimal("0.01"), ROUND_HALF_UP) for count, price in lines), Decimal("0.00"))

    found = totals_of(model, SALE)

    assert Decimal(found.amount) == worth
    assert found.amount.lstrip("-").partition(".")[2].isdigit()
    assert len(found.amount.partition(".")[2]) == 2
    assert Decimal(found.quantity) == sum(count for count, _ in lines)
    assert found.lines == len(lines)


@pytest.mark.parametrize(
    ("line", "quantity", "amount"),
    [
        ({"FRealQty": "2.50", "FTaxPrice": "4"}, "2.5", "10.00"),
        ({"FRealQty": 2, "FTaxPrice": 4, "FIsFree": True}, "2", "0.00"),
        ({"FRealQty": 2, "FTaxPrice": 4, "FAllAmount": 7.995}, "2", "8.00"),
        ({"FRealQty": 2, "FTaxPrice": 4, "FDiscountRate": 0}, "2", "8.00"),
        ({"FRealQty": 2, "FTaxPrice": 4, "FDiscountRate": 10}, "2", None),
        ({"FRealQty": 2, "FPrice": 4}, "2", None),
        ({"FRealQty": True, "FTaxPrice": 4}, None, None),
        ({"FRealQty": "two", "FTaxPrice": 4}, None, None),
        ({"FTaxPrice": 4}, None, None),
    ],
)
def test_what_a_line_does_not_tell_is_not_known(line, quantity, amount):
    assert totals(line) == Totals("2026-03-31", 1, quantity, amount)


@pytest.mark.parametrize(
    ("date", "day"),
    [
        ("2026-03-31 10:00:00", "2026-03-31"),
        ("2026-03-31T10:00:00", "2026-03-31"),
        ("31.3.26", None),
        (7, None),
    ],
)
def test_the_day_of_a_date_is_kept(date, day):
    assert totals(FDate=date).date == day


@pytest.mark.parametrize("lines", [None, {}, "x", [None], [[]]])
def test_lines_that_are_none_leave_everything_unknown(lines):
    assert totals(FEntity=lines) == Totals("2026-03-31")


def test_every_document_says_where_its_totals_are():
    assert set(TOTAL_KEYS) == set(DOCUMENTS)
