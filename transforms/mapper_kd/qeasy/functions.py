"""The namespace ``qeasy`` of our expressions: what a scheme's filters, parsers and lists need beyond the language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sdk.messages import decode

from mapper_kd.failures import Invalid, RecordError
from mapper_kd.function import Function
from mapper_kd.json_functions import read_json
from mapper_kd.kinds import ANY, BOOLEAN, INTEGER, TEXT, Kind, ListKind, RowKind, list_of, row_of
from mapper_kd.qeasy import filter_functions as filters
from mapper_kd.qeasy import regrouping
from mapper_kd.qeasy.row_functions import ROW_FUNCTIONS, list_on
from mapper_kd.sql.values import text
from mapper_kd.text_functions import glued

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_JSON = 1_000_000
_DIGITS = 18


class AmbiguousList(RecordError):  # noqa: N818 - named as the contract's AMBIGUOUS_LIST
    """Several lists could give the rows of an array, and the scheme does not say which."""


def rows(value: Any) -> list[Any]:
    """Return the rows of a list; of anything else one row: itself, or an empty one."""
    return value if value.__class__ is list else [value]


def driver(*places: Any) -> list[Any]:
    """Return the rows of the one value among these that is a list, as objects with all of them.

    Args:
        places: Pairs of a dotted path and the value of its first part. A path ends below the list that is looked for.

    Raises:
        AmbiguousList: More than one of them is a list.
    """
    values = {path.split(".")[0]: value for path, value in zip(places[::2], places[1::2], strict=True)}
    found = list(dict.fromkeys(one for path in places[::2] if (one := list_on(path.split("."), values))))
    if len(found) > 1:
        raise AmbiguousList(
            f"{' and '.join(map('.'.join, found))} are both lists, and the scheme does not say which gives the rows",
            "name the list in the value of the array entry",
        )
    if not found:
        return [values]
    return [_with_row(values, found[0], row) for row in _at(values, found[0])]


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        value = value.get(name)
    return value


def _with_row(values: dict[str, Any], path: Sequence[str], row: Any) -> dict[str, Any]:
    first, *others = path
    return values | {first: _with_row(values[first], others, row) if others else row}


def flat(value: Any) -> list[Any]:
    """Return the rows that flattening (拍扁) makes records of: those of the list, or one empty row."""
    if value.__class__ is list and value:
        return value
    return [value] if value.__class__ is dict else [None]


def position(row: Any, value: Any) -> int:
    """Return which row of a list this is, counted from 1."""
    if value.__class__ is list:
        for index, one in enumerate(value, start=1):
            if one is row:
                return index
    return 1


def split(value: Any, mark: str) -> list[Any]:
    """Return the parts between the marks, blanks kept; none of a blank or missing text (StringToArray)."""
    if value.__class__ is list:
        return value
    written = text(value)
    return written.split(mark) if written.strip() else []


def join(value: Any, mark: str) -> str | None:
    """Return the items as one text, empty ones too (ArrayToString)."""
    if value is None:
        return None
    return glued([text(item) for item in value], mark) if value.__class__ is list else text(value)


def pairs(value: Any) -> list[dict[str, Any]] | None:
    """Return an object, or JSON text of one, as a list of Key and Value (ConvertJson)."""
    if value is None or value == "":
        return None
    members = value
    if value.__class__ is str:
        if len(value) > _MAX_JSON:
            raise Invalid("the JSON text is too long")
        try:
            members = decode(value.replace("\r", "").replace("\n", "").encode())
        except (ValueError, ArithmeticError, RecursionError):
            raise Invalid("the text is no JSON object") from None
    if members.__class__ is not dict:
        raise Invalid("the value is no JSON object")
    return [{"Key": _key(key), "Value": item} for key, item in members.items()]


def _key(key: str) -> int | str:
    return int(key) if key.isascii() and key.isdigit() and len(key) <= _DIGITS else key


def parsed(value: Any) -> Any:
    """Return what a JSON text says; anything else as it is."""
    return read_json(value) if value.__class__ is str else value


def unique(value: Any) -> Any:
    """Return a list with each item once (ArrayUnique); anything else as it is."""
    if value.__class__ is not list:
        return value
    kept: list[Any] = []
    for item in value:
        if item not in kept:
            kept.append(item)
    return kept


def wrapped(value: Any, key: str, *more: str) -> Any:
    """Return ``{key: value}``, one in the other; a list item by item, an object as it is, nothing of an empty value."""
    if value is None or value == "" or (value.__class__ is dict and not more):
        return None if value is None or value == "" else value
    if value.__class__ is list and not more:
        return [wrapped(item, key) for item in value]
    for name in reversed((key, *more)):
        value = {name: value}
    return value


def named(value: Any, name: str) -> Any:
    """Return ``[{"keyName": name, "keyValue": value}]`` (K3WiseHeiHuCustomParser)."""
    return None if value is None or value == "" else [{"keyName": name, "keyValue": value}]


def form_field(value: Any, name: str, *settings: Any) -> Any:
    """Return the object of a workflow form's field (workflowRequestTableFields): its name, value, and settings."""
    if value is None or value == "":
        return value
    more = dict(zip(settings[::2], settings[1::2], strict=True))
    return {"fieldName": name, "fieldValue": value} | more


def _rows_kind(arguments: Sequence[Kind]) -> Kind:
    """Rows as those of the list, except that one may be nothing."""
    kind = arguments[0].item if isinstance(arguments[0], ListKind) else arguments[0]
    return list_of(row_of(kind.columns, certain=False) if isinstance(kind, RowKind) else ANY)


_ANY_LIST = list_of(ANY)

QEASY_FUNCTIONS: dict[str, Function] = {
    **{
        name: Function(f"qeasy.{name}(value, other)", meaning, "any any", BOOLEAN, call)
        for name, meaning, call in (
            ("eq", "whether they are equal; as numbers when both look so, else as texts", filters.eq),
            ("neq", "whether they differ; an empty value does", filters.neq),
            ("gt", "whether the value is greater", filters.gt),
            ("lt", "whether the value is less", filters.lt),
            ("egt", "whether the value is greater or equal", filters.egt),
            ("elt", "whether the value is less or equal", filters.elt),
            ("like", "whether the other is in it", filters.like),
            ("notlike", "whether the other is not in it", filters.notlike),
        )
    },
    "between": Function(
        "qeasy.between(value, low, high)", "whether it is from low to high", "any any any", BOOLEAN, filters.between
    ),
    "one_of": Function("qeasy.one_of(value, …)", "whether it equals one of these", "any any*", BOOLEAN, filters.one_of),
    "none_of": Function("qeasy.none_of(value, …)", "whether it equals none", "any any*", BOOLEAN, filters.none_of),
    "notnull": Function("qeasy.notnull(value)", "whether there is a value", "any", BOOLEAN, filters.notnull),
    "isnull": Function("qeasy.isnull(value)", "whether it is null or an empty text", "any", BOOLEAN, filters.isnull),
    "seconds": Function("qeasy.seconds(time)", "whole seconds since 1970", "any", INTEGER, filters.seconds),
    "rows": Function(
        "qeasy.rows(value)", "the rows of a list; of anything else one row: itself", "row", _rows_kind, rows
    ),
    "driver": Function(
        'qeasy.driver("list.path", list, …)', "the rows of the one that is a list", "any whole*", _ANY_LIST, driver
    ),
    "flat": Function(
        "qeasy.flat(list)",
        "the rows that flattening (拍扁) makes records of: one empty row of none",
        "any",
        _rows_kind,
        flat,
    ),
    "position": Function("qeasy.position(row, list)", "which row it is, from 1", "any any", INTEGER, position),
    **ROW_FUNCTIONS,
    "split": Function("qeasy.split(text, mark)", "StringToArray", "any text", _ANY_LIST, split),
    "join": Function("qeasy.join(list, mark)", "ArrayToString", "any text", TEXT, join),
    "pairs": Function("qeasy.pairs(object or JSON)", "ConvertJson", "any", _ANY_LIST, pairs),
    "parsed": Function("qeasy.parsed(JSON or value)", "what a JSON text says", "any", ANY, parsed),
    "unique": Function("qeasy.unique(list)", "ArrayUnique", "any", ANY, unique),
    "wrapped": Function("qeasy.wrapped(value, key, …)", "ConvertObjectParser in a chain", "any text*", ANY, wrapped),
    "named": Function("qeasy.named(value, name)", "K3WiseHeiHuCustomParser", "any text", ANY, named),
    "form_field": Function(
        "qeasy.form_field(value, name, …)", "workflowRequestTableFields", "any text any*", ANY, form_field
    ),
    "row": Function("qeasy.row(name, value, …)", "an object", "any*", ANY, regrouping.row),
    "distinct": Function("qeasy.distinct(list)", "values whose texts differ", "any", _ANY_LIST, regrouping.distinct),
    "group_calculate": Function(
        "qeasy.group_calculate(rows, header, body, list, most, calculation, …)",
        "groupCalculate (分组合并运算)",
        "any text text text number text*",
        _ANY_LIST,
        regrouping.group_calculate,
    ),
    "merge": Function(
        "qeasy.merge(rows, by, header, list, body, sums)",
        "the operation merge",
        "any text text text text text",
        _ANY_LIST,
        regrouping.merge,
    ),
}
