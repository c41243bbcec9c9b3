"""Single rules of the vendor contract through the commands: a scheme as it is, and what it is imported to."""

from __future__ import annotations

import json

import pytest

from transforms.tests.qeasy import rules, source_rules
from transforms.tests.qeasy.agreement import cause_of, comparable, exact, is_among
from transforms.tests.qeasy.product import Product
from transforms.tests.qeasy.rules import ABSENT, REJECTS, RULES
from transforms.tests.qeasy.source_rules import RAW, SOURCE_RULES

WAYS = pytest.mark.parametrize("way", [Product.preview, Product.preview_imported], ids=["as it is", "imported"])


@WAYS
@pytest.mark.parametrize(("entry", "outcome"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES])
def test_a_rule_holds(entry, outcome, way, tmp_path):
    result = way(Product(tmp_path), rules.scheme_of(entry), {"records": [rules.RECORD]}, rules.CONTEXT)

    if isinstance(outcome, str) and outcome in REJECTS:
        [letter] = result["dead_letters"]
        assert is_among(cause_of(letter), [(outcome, "F")])
    else:
        assert result["dead_letters"] == []
        [document] = result["documents"]
        assert comparable(document.get("F", ABSENT)) == comparable(outcome)


@WAYS
@pytest.mark.parametrize(
    ("settings", "documents"), [rule[1:] for rule in SOURCE_RULES], ids=[rule[0] for rule in SOURCE_RULES]
)
def test_a_rule_of_a_source_holds(settings, documents, way, tmp_path):
    result = way(Product(tmp_path), source_rules.scheme_of(settings), {"raw": RAW}, rules.CONTEXT)

    assert result["dead_letters"] == []
    assert comparable(result["documents"]) == comparable(exact(json.dumps(documents)))
