"""Random `_function` expressions give, translated and compiled, what an interpreter of the contract says."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from mapper_kd.failures import RecordError

from transforms.tests.qeasy.agreement import comparable
from transforms.tests.qeasy.expressions_at_work import value_of
from transforms.tests.qeasy.oracle.diagnostics import Failure
from transforms.tests.qeasy.oracle.expressions import evaluate
from transforms.tests.qeasy.oracle.paths import Place, Run

FIELDS = ("a", "b", "c")
values = st.one_of(
    st.sampled_from(
        [None, "", "0", "1", "310", "12.50", "-3", "abc", "ABC ", "12abc", "true", "False", " x ", True, False]
    ),
    st.integers(-1000, 1000),
    st.decimals(-1000, 1000, places=2),
)
records = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, values))

ATOMS = [
    *(f"{{{{{name}}}}}" for name in FIELDS),
    *(f"'{{{name}}}'" for name in FIELDS),
    *("'P-{a}'", "0", "1", "2.5", "310", "'310'", "'abc'", "'0'", "'1'", "''", "'true'", "TRUE", "FALSE", "NULL"),
]
CONDITIONS = [
    *(f"$ {operator} $" for operator in ("=", "<>", "<", "<=", ">", ">=", "==", "!=")),
    *("$ IS NULL", "$ IS NOT NULL", "$ LIKE 'a%'", "$ NOT LIKE '%1_'", "$ IN ($, $)", "$ NOT IN ($, '310')"),
    *("(?) AND (?)", "(?) OR (?)", "NOT (?)"),
]
COMPOUNDS = [
    *("($ + $)", "($ - $)", "($ * $)", "($ / $)", "($ % $)", "-($)"),
    *("CASE WHEN ? THEN $ WHEN ? THEN $ ELSE $ END", "case $ when $ then $ end", "IF(?, $, $)", "(? ? $ : $)"),
    *("IFNULL($, $)", "NULLIF($, $)", "COALESCE($, $, $)", "ROUND($, 1)", "CONCAT($, $)", "LEFT($, 2)", "LOCATE($, $)"),
]


def grown(draw, template, depth):
    """Put expressions for each $ of a template, and conditions for each ?."""
    text = ""
    for piece in re.split(r"(\$|\?(?! \$ :))", template):
        choices = {"$": ATOMS if depth < 1 else [*ATOMS, *COMPOUNDS], "?": CONDITIONS[: 14 if depth < 1 else None]}
        text += grown(draw, draw(st.sampled_from(choices[piece])), depth - 1) if piece in choices else piece
    return text


@st.composite
def expressions(draw):
    return grown(draw, draw(st.sampled_from(["$", "?"])), 3)


@settings(max_examples=200, deadline=None)
@given(expressions(), records)
def test_any_expression_gives_what_the_contract_says(expression, record):
    try:
        expected = evaluate(expression, Place(Run({}), record))
    except Failure:
        expected = Failure
    try:
        found = value_of(f"_function {expression}", record)
    except RecordError:
        found = Failure

    assert comparable(found) == comparable(expected)


@settings(max_examples=200, deadline=None)
@given(st.decimals(-(10**12), 10**12, allow_nan=False, places=4), st.decimals(-(10**6), 10**6, places=3).filter(bool))
def test_a_quotient_has_four_digits_more_and_is_rounded_away_from_zero(dividend, divisor):
    record = {"a": str(dividend), "b": str(divisor)}
    places = max(0, -dividend.as_tuple().exponent) + 4
    quotient = abs(Fraction(dividend) / Fraction(divisor)) * 10**places
    whole = math.floor(quotient + Fraction(1, 2)) * (-1 if (dividend < 0) != (divisor < 0) else 1)

    assert value_of("_function {{a}} / {{b}}", record) == Decimal(whole).scaleb(-places)
