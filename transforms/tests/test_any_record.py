"""Whatever a record holds, it becomes a document, a dead letter, or nothing: the run goes on."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import pytest
from erp_sdk.messages import encode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mapper_kd.reader import RawRecordReader

REASONS = {
    "code_missing",
    "value_missing",
    "value_invalid",
    "expression_failed",
    "number_missing",
    "record_invalid",
}
NUMBERS = st.one_of(
    st.integers(-(10**30), 10**30),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.sampled_from([Decimal("1E+400"), Decimal("-0.0"), Decimal("1E-400")]),
)
TEXTS = st.one_of(
    st.text(max_size=8), st.sampled_from(["N1", "S1", "95", "2026-01-05T09:30:51+08:00", "0000-00-00", ""])
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=5,
)


def likely(kind):
    """Mostly what the schema says, now and then anything."""
    return st.one_of(kind, kind, kind, VALUES)


LINE = st.fixed_dictionaries({}, optional={"sku": likely(TEXTS), "count": likely(NUMBERS), "price": likely(NUMBERS)})
RECORDS = st.fixed_dictionaries(
    {"id": likely(st.integers(0, 9))},
    optional={
        "number": likely(TEXTS),
        "status": likely(st.integers(0, 200)),
        "paid": likely(NUMBERS),
        "shop": likely(TEXTS),
        "time": likely(TEXTS),
        "open": likely(st.booleans()),
        "tags": likely(st.lists(likely(TEXTS), max_size=3)),
        "receiver": likely(st.fixed_dictionaries({}, optional={"name": VALUES})),
        "lines": likely(st.lists(likely(LINE), max_size=3)),
        "anything": VALUES,
    },
)
BODY = """
  FDate: =date(time)
  FOrg.FNumber: {value: '=code("org", shop)', on_miss: null}
  FShop.FNumber: {value: '=code("org", shop)', default: none}
  FPaid: {value: =paid, type: decimal}
  FTotal: =sum(row.count * row.price for row in lines if row.count is not None)
  FName: =upper(receiver.name)
  FTags: =join(tags, ",")
  FAny: =anything.x
  FNote: =concat(shop, status, paid)
lines:
  FEntity:
    each: =lines
    where: =line.sku != "S1"
    let:
      amount: =round(line.price * line.count, 2)
    fields:
      FItem.FNumber:
        value: =left(line.sku, 3)
        required: true
      FAmount: =amount
      FFree: =amount <= 0
      FShare: =line.price / paid
    lines:
      FLink:
        when: =line.price > 1
        fields: {FA: =parent.number, FB: =number}
"""


@pytest.fixture
def stream(project):
    from mapper_kd.flows import Flows
    from mapper_kd.settings import paths_of, shelf_of

    project.table("org", "shop,org", "S1,101", "S2,")
    project.mapping(project.flow(BODY, "where: =not (open and status == 0)"))
    return Flows.read(paths_of("mappings"), shelf_of({"codes": "codes"})).open("orders", project.order, ("id",))


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(record=RECORDS)
def test_any_record_becomes_a_document_or_a_dead_letter(stream, record):
    line = b'{"type":"RECORD","stream":"orders","record":' + encode(record) + b"}\n"
    messages = []
    RawRecordReader().process_lines(io.BytesIO(line), {"RECORD": messages.append})

    key, (outcome,) = stream.map(messages[0]["record"])

    json.loads(encode(key))
    if outcome.failure is not None:
        assert outcome.failure.reason in REASONS
        assert outcome.failure.message.endswith(".")
        assert outcome.failure.fix.endswith(".")
    elif outcome.model is not None:
        model = json.loads(encode(outcome.model))
        assert model["FBillNo"].strip()
        assert all(one["FItem"]["FNumber"] for one in model.get("FEntity", ()))
