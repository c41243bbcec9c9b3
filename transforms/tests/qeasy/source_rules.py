"""Rules of the source side with results worked out by hand.

`SOURCE_RULES` are (name, source settings, documents) tuples for `RAW` and a target of `REQUEST`.
"""

from __future__ import annotations

RAW = [
    {"no": "A", "n": "80", "t": "b,c", "at": "2026-03-19 16:20:05", "paid": "19.996", "rows": [{"q": 3}, {"q": -1}]},
    {
        "no": "B",
        "n": 70.5,
        "t": "xyz",
        "at": 1704067200,
        "tags": ["x", "y"],
        "rows": [{"q": -2, "at": "2026-01-02 03:04:05"}],
    },
    {"no": "C", "t": "", "memo": "1234567", "rows": [{"q": 5}]},
]
REQUEST = [
    {"field": "no", "value": "{{no}}"},
    {"field": "new", "value": "{{new}}"},
    {"field": "rows", "type": "array", "value": "rows", "children": [{"field": "q", "value": "{{rows.q}}"}]},
]
_ROWS = {"A": [3, -1], "B": [-2], "C": [5]}


def _kept(**rows_by_number):
    return [{"no": no, "rows": [{"q": q} for q in rows or _ROWS[no]]} for no, rows in rows_by_number.items()]


def _filter(documents, *groups):
    made = [
        [dict(zip(("field", "logic", "value", "strictMode"), condition, strict=False)) for condition in group]
        for group in groups
    ]
    return (str(groups), {"condition": made}, documents)


def _derived(shape, old, **new_by_number):
    settings = {"formatResponse": [{"old": old, "new": "new", "format": shape}]}
    documents = [
        document | ({"new": new_by_number[document["no"]]} if document["no"] in new_by_number else {})
        for document in _kept(A=None, B=None, C=None)
    ]
    return (f"{shape} of {old}", settings, documents)


_NOBODY = []
SOURCE_RULES = [
    _filter(_kept(A=None), [("n", "eq", "80.0")]),
    _filter(_kept(B=None, C=None), [("n", "neq", "80")]),
    _filter(_kept(A=None), [("n", "gt", "70.5")]),
    _filter(_kept(A=None, B=None), [("n", "egt", "70.5")]),
    _filter(_kept(B=None), [("n", "lte", 70.5)]),
    _filter(_kept(B=None), [("n", "between", "70,79")]),
    _filter(_kept(A=None), [("n", "in", "1,80")]),
    _filter(_kept(B=None, C=None), [("n", "nin", ["1", "80"])]),
    _filter(_kept(A=None), [("t", "like", "b,")]),
    _filter(_NOBODY, [("t", "like", "B")]),
    _filter(_kept(B=None, C=None), [("t", "notlike", "c")]),
    _filter(_kept(C=None), [("t", "isnull", "")]),
    _filter(_kept(A=None, B=None), [("t", "notnull")]),
    _filter(_kept(A=None, C=None), [("tags", "isnull")]),
    _filter(_kept(B=None), [("at", "eq", "timestamp:1704067200")]),
    _filter(_NOBODY, [("n", "eq", "80"), ("t", "eq", "xyz")]),
    _filter(_kept(A=None, B=None), [("n", "eq", "80")], [("t", "eq", "xyz")]),
    _filter(_kept(A=[3], C=None), [("rows.q", "gt", "0")]),
    _filter(_kept(C=None), [("rows.q", "gt", "0", True)]),
    _filter(_kept(A=[3]), [("rows.q", "gt", "0"), ("rows.q", "lt", "5")]),
    _filter(_kept(A=[3, -1], C=None), [("rows.q", "gt", "0")], [("rows.q", "eq", "-1")]),
    _filter(_kept(A=[3, -1], C=None), [("rows.q", "gt", "0")], [("n", "eq", "80")]),
    _derived("date", "at", A="2026-03-19", B="2024-01-01"),
    _derived("time", "at", A="16:20:05", B="08:00:00"),
    _derived("dateTime", "at", A="2026-03-19 16:20", B="2024-01-01 08:00"),
    _derived("shortDate", "at", A="03-19", B="01-01"),
    _derived("shortTime", "at", A="16:20", B="08:00"),
    _derived("shortDateTime", "at", A="03-19 16:20", B="01-01 08:00"),
    _derived("round", "paid", A=20),
    _derived("round(1)", "n", A=80, B=70.5),
    _derived("round(0)", "n", A=80, B=71),
    _derived("intval", "n", A=80, B=70),
    _derived("amount", "n", A="￥80.00", B="￥70.50"),
    _derived("longText(5)", "memo", C="12345..."),
    _derived("longText", "memo", C="1234567"),
    _derived("implode", "tags", B="x,y"),
    _derived('implode("; ")', "tags", B="x; y"),
]


def scheme_of(settings):
    """Return a scheme with these source settings."""
    source = {"api": "demo.query", "effect": "QUERY", "id": "no", "number": "no", "request": []} | settings
    return {"source": source, "target": {"api": "save", "effect": "EXECUTE", "request": REQUEST}}
