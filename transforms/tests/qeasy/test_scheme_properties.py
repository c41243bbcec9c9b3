"""Any scheme gives the same three ways: by the oracle, run as it is, and imported to YAML and run.

`SCHEME_EXAMPLES` in the environment says how many schemes each property tries; they are then others each time.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from transforms.tests.qeasy import drawn_records, drawn_schemes
from transforms.tests.qeasy.agreement import cause_of, comparable, documents_of, is_among
from transforms.tests.qeasy.oracle.interpreter import interpret
from transforms.tests.qeasy.product import Product

EXAMPLES = os.environ.get("SCHEME_EXAMPLES")
drawing = settings(
    max_examples=int(EXAMPLES or "12"),
    derandomize=EXAMPLES is None,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def agree(scheme, input_, spelled=None):
    """Compare what the oracle makes of a scheme with what the product makes of it, or of another spelling of it."""
    context = drawn_schemes.CONTEXT
    expected = interpret(scheme, context, input_)
    with TemporaryDirectory() as folder:
        for way in (Product(Path(folder)).preview, Product(Path(folder)).preview_imported):
            note(f"by {way.__name__}")
            result = way(spelled or scheme, input_, context)
            assert comparable(result["documents"]) == comparable(documents_of(expected))
            causes = [cause_of(letter) for letter in result["dead_letters"]]
            assert len(causes) == len(expected["rejections"]), (causes, expected["rejections"])
            for cause, all_causes in zip(causes, expected["rejections"], strict=True):
                assert is_among(cause, all_causes), (cause, all_causes)


@given(target=drawn_schemes.targets(), records=drawn_records.records, envelope=st.sampled_from(drawn_schemes.ENVELOPES))
@drawing
def test_a_target_makes_the_same_documents_and_rejects(target, records, envelope):
    agree({"target": target}, {"records": records}, spelled=envelope(target))


@given(target=drawn_schemes.expressions(), records=drawn_records.records)
@drawing
def test_expressions_have_the_same_values(target, records):
    agree({"target": target}, {"records": records})


def _without_single_rows(record):
    """Return a record whose `items` are a list or nothing: an object may or may not be a row to filter or format."""
    items = record.get("items")
    return record | {"items": [items]} if isinstance(items, dict) else record


@given(source=drawn_schemes.sources(), target=drawn_schemes.targets(), records=drawn_records.records)
@drawing
def test_a_source_filters_and_shapes_the_same_records(source, target, records):
    records = [_without_single_rows(record) for record in records]
    derived = [each["new"] for each in source.get("formatResponse", [])]
    paths = [path for name in derived for path in (name, f"items.{name}", f"items.parts.{name}")]
    whole = [{"field": f"D_{path.replace('.', '_')}", "value": f"{{{{{path}}}}}"} for path in paths]
    lines = [
        {"field": f"L_{name}", "type": "array", "value": "items", "children": [{"field": "F", "value": value}]}
        for name in derived
        for value in (f"of {{{{items.{name}}}}}",)
    ]
    request = [*target["request"], *whole, *lines]
    agree({"source": source, "target": target | {"request": request}}, {"raw": records})


@given(target=drawn_schemes.groupings(), records=drawn_records.flat_records)
@drawing
def test_records_are_regrouped_the_same(target, records):
    agree({"target": target}, {"records": records})


_pays = st.lists(st.fixed_dictionaries({"way": drawn_records.words, "sum": drawn_records.quantities}), max_size=2)


@given(
    data=st.data(),
    lists=st.sampled_from([["items"], ["items", "items_parts"], ["items", "pays"], ["pays", "items", "items_parts"]]),
    records=drawn_records.records,
)
@drawing
def test_lists_are_flattened_the_same(data, lists, records):
    records = [_without_single_rows(record) | {"pays": data.draw(_pays)} for record in records]
    source = {
        "api": "demo.query",
        "effect": "QUERY",
        "id": "no",
        "number": "no",
        "beatFlat": lists,
        "formatResponse": [
            {"old": "word", "new": "items_word", "format": "longText(2)"},
            {"old": "items.note", "new": "brief", "format": "longText(3)"},
        ],
        "request": [],
    }
    flat = ["items_sku", "items_brief", "items_word", "items_parts_lot", "items_parts.lot", "pays_way", "pays.way"]
    columns = [{"field": "FSku", "value": "of {{items_sku}}"}, {"field": "FLot", "value": "{{items_parts.lot}}"}]
    request = [
        {"field": "FBillNo", "value": "{{_id}}"},
        {"field": "FOrder", "value": "{{no}}"},
        {"field": "FQty", "type": "float", "value": "{{items_num}}"},
        {"field": "FWord", "value": "{{word}}"},
        *({"field": f"F{at}", "value": f"{{{{{path}}}}}"} for at, path in enumerate(flat)),
        {
            "field": "FEntity",
            "type": "array",
            "value": "pays" if "pays" not in lists else "items_parts",
            "children": columns,
        },
    ]
    agree({"source": source, "target": {"api": "save", "effect": "EXECUTE", "request": request}}, {"raw": records})
