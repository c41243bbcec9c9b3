"""The interpreter the product is held against gives what the vendor contract's worked examples expect."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from transforms.tests.qeasy import source_rules
from transforms.tests.qeasy.agreement import comparable, documents_of, exact
from transforms.tests.qeasy.oracle.interpreter import interpret
from transforms.tests.qeasy.rules import ABSENT, CONTEXT, RECORD, REJECTS, RULES, scheme_of
from transforms.tests.qeasy.source_rules import RAW, SOURCE_RULES

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("W*.json"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_oracle_gives_what_the_contract_expects(path):
    example = exact(path.read_text(encoding="utf-8"))

    result = interpret(example["scheme"], example["context"], example["input"])

    assert comparable({key: result[key] for key in example["expected"]}) == comparable(example["expected"])


def test_all_worked_examples_are_here():
    assert [path.stem for path in EXAMPLES] == sorted([*(f"W{number:02}" for number in range(1, 16)), "W11b"])


@pytest.mark.parametrize(("entry", "outcome"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES])
def test_the_oracle_keeps_each_rule(entry, outcome):
    result = interpret(scheme_of(entry), CONTEXT, {"records": [RECORD]})

    if isinstance(outcome, str) and outcome in REJECTS:
        assert result["rejects"] == [{"code": outcome, "field": "F"}]
    else:
        [document] = documents_of(result)
        assert comparable(document.get("F", ABSENT)) == comparable(outcome)


@pytest.mark.parametrize(
    ("settings", "documents"), [rule[1:] for rule in SOURCE_RULES], ids=[rule[0] for rule in SOURCE_RULES]
)
def test_the_oracle_keeps_each_rule_of_a_source(settings, documents):
    raw = exact(json.dumps(RAW))

    result = interpret(exact(json.dumps(source_rules.scheme_of(settings))), CONTEXT, {"raw": raw})

    assert comparable(documents_of(result)) == comparable(exact(json.dumps(documents)))
