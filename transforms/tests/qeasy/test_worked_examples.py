"""The vendor contract's worked examples through the commands: a scheme as it is, and what it is imported to."""

from __future__ import annotations

from pathlib import Path

import pytest

from transforms.tests.qeasy.agreement import cause_of, comparable, documents_of, exact, is_among
from transforms.tests.qeasy.product import Product

EXAMPLES = {
    path.stem: exact(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parent / "examples").glob("W*.json"))
}
WRITING = [name for name, example in EXAMPLES.items() if "requests" in example["expected"]]


def hold(result, expected):
    assert comparable(result["documents"]) == comparable(documents_of(expected))
    causes = [cause_of(letter) for letter in result["dead_letters"]]
    assert len(causes) == len(expected["rejects"])
    for cause, reject in zip(causes, expected["rejects"], strict=True):
        assert is_among(cause, [(reject["code"], reject["field"])])


@pytest.mark.parametrize("name", WRITING)
def test_a_scheme_run_as_it_is_makes_the_documents_the_contract_expects(name, tmp_path):
    example = EXAMPLES[name]

    result = Product(tmp_path).preview(example["scheme"], example["input"], example["context"])

    hold(result, example["expected"])


@pytest.mark.parametrize("name", WRITING)
def test_a_scheme_imported_to_yaml_makes_the_documents_the_contract_expects(name, tmp_path):
    example = EXAMPLES[name]

    result = Product(tmp_path).preview_imported(example["scheme"], example["input"], example["context"])

    hold(result, example["expected"])
