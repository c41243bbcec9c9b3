"""Records as a shop might send them: missing, null and empty values, numbers as text, Chinese names, odd rows.

Values stay where the vendor contract is clear. A `word` never looks like a number or a truth, numeric text is plain
digits with at most one point, JSON numbers have no useless zeros, and a list that is there has rows.
"""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

WORDS = (
    "abc",
    "ABC",
    "abc ",
    "Shop-1",
    "中文，逗号",
    "it's",
    'quote"d',
    "a\\b",
    "{x}",
    "{{no}}",
    "50%",
    "a_c",
    "two\nlines",
    "é",
)
MOMENTS = ("2026-03-19 16:20:05", "2026-02-28T23:59:59", "2024-02-29 00:00:00", "2026/01/05 07:08:09", "20260105070809")
TRUTHS = ("true", "TRUE", "1", "yes", "Y", "false", "0", "no", "N", True, False, 1, 0)

plain_decimals = st.tuples(st.integers(-99999, 99999), st.integers(0, 4)).map(
    lambda drawn: Decimal(drawn[0]).scaleb(-drawn[1])
)
numeric_text = st.one_of(
    plain_decimals.map(lambda value: format(value, "f")), st.sampled_from(["0", "0.00", "007", "12.0000"])
)


def _json_number(value):
    return int(value) if value == value.to_integral_value() else value.normalize()


numbers = st.one_of(st.integers(-3, 3), st.integers(-20, 20), plain_decimals.map(_json_number))
words = st.sampled_from(WORDS)
texts = st.one_of(words, st.sampled_from(["12.50", "0", "-3", "2026-03-19"]))
moments = st.one_of(
    st.sampled_from(MOMENTS), st.sampled_from([1773892800, "1773892800", 1773892800123, "1773892800123"])
)


def absent_or(values, *nothings):
    """Draw one of the values, or one of these instead of it."""
    return st.one_of(values, values, values, st.sampled_from(nothings)) if nothings else values


def some(required, optional):
    """Draw an object with all required columns and most of the optional ones."""
    present = st.sampled_from([True, True, True, False])
    chosen = {column: st.tuples(present, values) for column, values in optional.items()}
    return st.fixed_dictionaries(required | chosen).map(
        lambda drawn: {
            column: value[1] if column in optional else value
            for column, value in drawn.items()
            if column not in optional or value[0]
        }
    )


quantities = absent_or(st.one_of(numbers, numeric_text), None, "")

parts = st.lists(some({"lot": words}, {"count": quantities}), min_size=1, max_size=2)
rows = st.lists(
    some(
        {"sku": st.sampled_from(["A", "B", "C", "无"])},
        {"num": quantities, "cost": quantities, "note": absent_or(texts, None, ""), "parts": parts},
    ),
    min_size=1,
    max_size=3,
)
header = {
    "name": absent_or(texts, None, ""),
    "备注": absent_or(texts, None, ""),
    "word": absent_or(words, None, ""),
    "odd-name!": words,
    "class": words,
    "shop": absent_or(st.sampled_from(["S1", "S2", "s1", "S9", 7, "7"]), None, ""),
    "qty": quantities,
    "price": quantities,
    "flag": absent_or(st.booleans(), None),
    "truth": st.sampled_from([*TRUTHS, "maybe", "2", "真"]),
    "at": absent_or(moments, None, ""),
    "customer": some({}, {"code": st.sampled_from(["K1", "K2", "K9"]), "名称": words}),
    "tags": st.lists(words, min_size=1, max_size=3),
    "listed": absent_or(st.sampled_from(["a,b,a", "a", ",", "x,,y"]), None, "", "  "),
    "json": st.sampled_from(['{"1": "a",\n "b": 2}', {"k": "v"}, None, ""]),
    "items": st.one_of(rows, rows, rows, st.none(), st.just([]), rows.map(lambda drawn: drawn[0])),
}
records = st.lists(some({}, header), min_size=1, max_size=3).map(
    lambda drawn: [{"no": f"N-{at}"} | record for at, record in enumerate(drawn, start=1)]
)

flat_records = st.lists(
    some(
        {"no": st.sampled_from(["N-1", "N-2", "N-3"]), "shop": st.sampled_from(["S1", "S2", 7, "7", None])},
        {
            "sku": st.sampled_from(["A", "B", "", 1, "1"]),
            "qty": absent_or(numbers, None),
            "amount": absent_or(numbers, None, ""),
            "note": words,
        },
    ),
    min_size=1,
    max_size=8,
)
