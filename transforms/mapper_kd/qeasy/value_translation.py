"""One entry's value in our own language: its expression, map table, cast and parsers, in this order (contract 3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from erp_sdk.messages import encode

from mapper_kd.failures import RecordError
from mapper_kd.qeasy.expressions import cast, translate
from mapper_kd.qeasy.json_nodes import spelled
from mapper_kd.qeasy.native import Native, SchemeError
from mapper_kd.qeasy.roots import quoted
from mapper_kd.qeasy.value_parsers import apply_parsers, constant_text
from mapper_kd.sql.casts import to_bool, to_float, to_int

if TYPE_CHECKING:
    from mapper_kd.qeasy.places import Place
    from mapper_kd.qeasy.scheme import Entry
    from mapper_kd.qeasy.surroundings import MapTable

_CASTS = {"int": to_int, "float": to_float, "number": to_float, "bool": to_bool, "boolean": to_bool}
REFERENCES = {"ConvertObjectParser", "ConvertTwoStageObjectParser"}
_MAX_ROWS = 40


@dataclass
class Translated:
    """A value and what the long form of its field has to say.

    Attributes:
        keys: What the entry's own key is followed by, for a reference: ``("FNumber",)``.
        more: Further keys of the long form.
    """

    value: Native
    keys: tuple[str, ...] = ()
    more: dict[str, Any] = field(default_factory=dict)


def translate_entry(entry: Entry, place: Place) -> Translated | None:
    """Return the value of an entry; None when it sends nothing."""
    place = place.at(entry.place)
    if entry.value is None:
        if entry.parsers:
            place.report.warning(
                "PARSER_WITHOUT_VALUE",
                entry.node,
                f"{entry.field} has a parser but no value: nothing is sent.",
                "Give it a value, or remove the entry.",
            )
        return None
    try:
        found = _plain(entry, place)
        translated = _cast(entry, _mapped(entry, Translated(found), place))
        translated = apply_parsers(entry, translated, place)
    except SchemeError as error:
        place.report.error(error.code, entry.place, f"{entry.field}: {error}.", _FIXES.get(error.code, ""))
        return None
    if translated.value.expression is None and translated.value.constant is None:
        return None
    return translated


_FIXES = {
    "FUNCTION_ERROR": "Correct the expression.",
    "UNKNOWN_COLLECTION": "Name the table that holds its records in a file for --collections.",
    "REFUSED_CODE": "Write it with the functions of a database, or as an own function of the mapping.",
    "UNKNOWN_FILTER": "Use date, datetime or timestamp.",
}


def _plain(entry: Entry, place: Place) -> Native:
    assert entry.value is not None  # noqa: S101 - narrows the type; the caller has looked
    if entry.value.is_text:
        if "${" in entry.value.value:
            place.report.warning(
                "SUSPICIOUS_LITERAL",
                entry.place,
                f"{entry.field} is written with ${{…}}, a notation of the guide pages that no scheme runs.",
                "Write {{name|datetime}}, or a _function.",
            )
        return translate(entry.value.value, place)
    plain = entry.value.plain()
    if isinstance(plain, (dict, list)):
        return Native(f"json({quoted(encode(plain).decode())})")
    return Native(constant=plain)


# --- map tables


def _mapped(entry: Entry, found: Translated, place: Place) -> Translated:
    if entry.mapping is None:
        return found
    table = place.surroundings.maps.get(entry.mapping.target)
    if table is None:
        place.report.error(
            "UNKNOWN_MAP",
            entry.mapping.node,
            f"The map table {entry.mapping.target} is not known.",
            "Give its rows in maps: of a file for --collections.",
        )
        return found
    cases = table.cases(reverse=entry.mapping.reverse)
    value, expression = found.value, found.value.expression
    if expression is None:
        if not _is_missed(value.constant, cases, table):
            return Translated(Native(constant=_looked_up(value.constant, cases, table)))
        expression = f"sql.text({constant_text(value.constant)})"
        place.report.warning(
            "MAP_MISS",
            entry.place,
            f"The map table {entry.mapping.target} has no row for {spelled(found.value.constant)}: all are rejected.",
            "Add the row, or correct the value.",
        )
    beside = len(cases) <= _MAX_ROWS and entry.type not in _CASTS and (table.unmatched == "keep" or is_reference(entry))
    if beside and len(entry.parsers) == is_reference(entry):
        more = _beside(expression, cases, table)
        if is_reference(entry) and not all(isinstance(one, str) for one in (*cases.values(), table.default or "")):
            more["type"] = "as_is"
        return Translated(Native(expression), more=more)
    name = f"map_{entry.mapping.target}{'_reversed' if entry.mapping.reverse else ''}"
    is_text = all(isinstance(one, str) for one in cases.values())
    rows = {key: one if is_text else encode(one).decode() for key, one in cases.items()}
    place.surroundings.declared[name] = {"rows": rows}
    return Translated(Native(_asked(name, expression, table, "{}" if is_text else "json({})")))


def is_reference(entry: Entry) -> bool:
    """Whether the entry is an object with its value under one key: an empty value is then no value."""
    return len(entry.parsers) == 1 and entry.parsers[0].name in REFERENCES


def _beside(expression: str, cases: dict[str, Any], table: MapTable) -> dict[str, Any]:
    if table.unmatched == "keep":
        return {"table": cases, "default": f"={expression}"}
    more = {"table": cases, "when": f"=not empty({expression})"}
    return more | {"default": table.default} if table.unmatched == "default" else more


def _asked(name: str, expression: str, table: MapTable, read: str) -> str:
    """Return the expression that asks a declared table; `read` is what makes its texts values."""
    found = read.format(f"find({quoted(name)}, {expression}).value")
    if table.unmatched == "keep":
        return f"coalesce({found}, {expression})"
    if table.unmatched == "exception":
        code = read.format(f"code({quoted(name)}, {expression})")
        return f"{code} if not empty({expression}) else {expression}"
    otherwise = constant_text(table.default) or "None"
    return f"coalesce({found}, {otherwise}) if not empty({expression}) else {expression}"


def _is_missed(value: Any, cases: dict[str, Any], table: MapTable) -> bool:
    """Whether a constant that the table does not have rejects its record."""
    return table.unmatched == "exception" and spelled(value) != "" and spelled(value) not in cases


def _looked_up(value: Any, cases: dict[str, Any], table: MapTable) -> Any:
    if value is None or value == "":
        return value
    return cases.get(spelled(value), table.default if table.unmatched == "default" else value)


# --- casts


def _cast(entry: Entry, found: Translated) -> Translated:
    convert = _CASTS.get(entry.type)
    if convert is None:
        return found
    if found.value.expression is None:
        try:
            return Translated(Native(constant=convert(found.value.constant)))
        except RecordError as error:
            raise SchemeError("TYPE_ERROR", str(error)) from None
    return Translated(Native(cast(found.value.expression, entry.type)))
