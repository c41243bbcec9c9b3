"""Value parsers (值解析器) as expressions of our own language; a reference becomes a dotted key (contract 8)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mapper_kd.kinds import speakable
from mapper_kd.qeasy.native import Native, SchemeError
from mapper_kd.qeasy.roots import quoted, reading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mapper_kd.qeasy.places import Place
    from mapper_kd.qeasy.scheme import Entry, Parser
    from mapper_kd.qeasy.value_translation import Translated

_MAX_CONSTANT = 900
_MAX_DIGITS = 15


def apply_parsers(entry: Entry, found: Translated, place: Place) -> Translated:
    """Return the value with its parsers, from left to right.

    Raises:
        SchemeError: ``UNKNOWN_PARSER``, or one that is not done.
    """
    for index, parser in enumerate(entry.parsers):
        is_last = index == len(entry.parsers) - 1
        if is_last and parser.name in _REFERENCE_KEYS and _make_reference(parser, found):
            continue
        _warn(parser, place)
        rule = _PARSERS.get(parser.name)
        if rule is None:
            raise SchemeError("UNKNOWN_PARSER", f"there is no parser {parser.name.removeprefix('type:')} here")
        expression = found.value.expression
        if expression is None:
            expression = constant_text(found.value.constant)
        if expression is None:
            raise SchemeError("UNKNOWN_PARSER", "the constant is too long for a parser")
        found.value = Native(rule(expression, parser, entry))
    return found


def constant_text(value: Any) -> str | None:
    """Return a constant as an expression; None when it is too long for one."""
    if isinstance(value, str):
        return quoted(value) if len(value) <= _MAX_CONSTANT else None
    if value is None or isinstance(value, (bool, int)):
        return str(value)
    return format(value, "f") if isinstance(value, Decimal) else None


_REFERENCE_KEYS = {"ConvertObjectParser": ("params",), "ConvertTwoStageObjectParser": ("params1", "params2")}


def _make_reference(parser: Parser, found: Translated) -> bool:
    """Hang the value below its keys, as ``FCustomerID.FNumber`` is written; False when a dotted key cannot say it."""
    keys = tuple(parser.text(name) or "" for name in _REFERENCE_KEYS[parser.name])
    if not all(keys):
        raise SchemeError("UNKNOWN_PARSER", f"{parser.name} needs {' and '.join(_REFERENCE_KEYS[parser.name])}")
    if any("." in key or key != key.strip() or not speakable(key) for key in keys):
        return False
    value = found.value
    if value.expression is None:
        if value.constant == "":
            found.value = Native()
        elif not isinstance(value.constant, str):
            found.value = Native(constant_text(value.constant))
    elif "table" not in found.more or "default" in found.more:
        found.more["when_empty"] = "drop"
    found.keys = keys
    return True


def _warn(parser: Parser, place: Place) -> None:
    if parser.name in {"K3WiseHeiHuCustomParser", "workflowRequestTableFields"}:
        place.report.note("RARE_PARSER", parser.node, f"{parser.name} is done as the vendor's page describes it.")


def _text(parser: Parser, *names: str, default: str | None = None) -> str:
    found = parser.text(*names)
    if found is None and default is None:
        raise SchemeError("UNKNOWN_PARSER", f"{parser.name.removeprefix('type:')} needs {names[0]}")
    return quoted(found if found is not None else default or "")


def _wrapped(text: str, parser: Parser, _: Entry) -> str:
    keys = [_text(parser, name) for name in _REFERENCE_KEYS[parser.name]]
    return f"qeasy.wrapped({text}, {', '.join(keys)})"


def _form_field(text: str, parser: Parser, entry: Entry) -> str:
    settings = [
        f", {quoted(name)}, {constant_text(parser.settings[name])}"
        for name in ("view", "edit", "fieldId")
        if constant_text(parser.settings.get(name)) and parser.settings.get(name) is not None
    ]
    return f"qeasy.form_field({text}, {quoted(entry.field)}{''.join(settings)})"


# --- typed parsers


def _json_path(text: str, parser: Parser, _: Entry) -> str:
    path = str(parser.settings.get("path") or parser.settings.get("expression") or "")
    plain = path.removeprefix("$").replace("['", ".").replace("']", "").replace("[", ".").replace("]", "")
    segments = [part for part in plain.split(".") if part]
    if not path.startswith("$") or ".." in path or any(set(part) & set("?@():'\"") for part in segments):
        raise SchemeError("UNKNOWN_PARSER", f"the JSON path {path} is not done; write $.names.and[0].indexes or [*]")
    # A text is parsed first; a value of the record is what it is.
    return _default(_followed(f"qeasy.parsed({text})", segments), parser)


def _followed(text: str, segments: list[str]) -> str:
    """Return the expression of a JSON path; behind ``*`` it goes on in each item of a list."""
    if "*" not in segments:
        return reading(text, segments)
    at = segments.index("*")
    items, below = reading(text, segments[:at]), segments[at + 1 :]
    if not below:
        return items
    if "*" not in below:
        return f"[{reading('item', below)} for item in {items}]"
    inner = below.index("*")
    lists = f"[{reading('item', below[:inner])} for item in {items}]"
    return _followed(f"flatten({lists})", ["*", *below[inner + 1 :]])


def _regular(text: str, parser: Parser, _: Entry) -> str:
    pattern = _text(parser, "pattern", "regex", "expression")
    if parser.settings.get("replacement") is not None:
        return f"substitute({text}, {pattern}, {quoted(str(parser.settings['replacement']))})"
    group = parser.settings.get("group")
    part = f", {group}" if isinstance(group, int) and not isinstance(group, bool) else ""
    return _default(f"extract({text}, {pattern}{part})", parser)


def _merge(text: str, parser: Parser, _: Entry) -> str:
    if parser.settings.get("template") is not None:
        raise SchemeError("UNKNOWN_PARSER", "the template of a merge parser is not done; write it as the value")
    return f"qeasy.join({text}, {_text(parser, 'separator', 'delimiter', default=',')})"


def _map(text: str, parser: Parser, _: Entry) -> str:
    table = parser.settings.get("map") or parser.settings.get("mapping") or parser.settings.get("values")
    if not isinstance(table, dict) or not table:
        raise SchemeError("UNKNOWN_PARSER", "a map parser needs map, an object of values")
    default = parser.settings.get("defaultValue", parser.settings.get("default"))
    cases = ", ".join(f"sql.text({text}) == {quoted(key)}, {constant_text(one)}" for key, one in table.items())
    return f"case({cases}, {text if default is None else constant_text(default)})"


def _transform(text: str, parser: Parser, _: Entry) -> str:
    name = str(parser.settings.get("function") or parser.settings.get("method") or parser.settings.get("transform"))
    plain = {
        "upper": "upper", "uppercase": "upper", "toUpperCase": "upper", "lower": "lower", "lowercase": "lower",
        "toLowerCase": "lower", "trim": "strip",
    }  # fmt: skip
    if name not in plain:
        raise SchemeError("UNKNOWN_PARSER", f"the transformation {name} is not done; write it as a _function")
    return f"{plain[name]}(sql.text({text}))"


def _date(text: str, parser: Parser, _: Entry) -> str:
    written = parser.text("format", "targetFormat")
    if written is None:
        return f"sql.date({text})"
    return f"sql.format_date({text}, {quoted(written)})"


def _number(text: str, parser: Parser, _: Entry) -> str:
    digits = parser.settings.get("decimal")
    if isinstance(digits, int) and not isinstance(digits, bool) and 0 <= digits <= _MAX_DIGITS:
        return f"sql.round(sql.float({text}), {digits})"
    return f"sql.float({text})"


def _default(text: str, parser: Parser) -> str:
    default = constant_text(parser.settings.get("defaultValue", parser.settings.get("default")))
    return text if default in {None, "None"} else f"coalesce({text}, {default})"


_PARSERS: Mapping[str, Callable[[str, Parser, Entry], str]] = {
    "ConvertObjectParser": _wrapped,
    "ConvertTwoStageObjectParser": _wrapped,
    "StringToArray": lambda text, parser, _: f"qeasy.split({text}, {_text(parser, 'params', 'delimiter')})",
    "ArrayToString": lambda text, parser, _: f"qeasy.join({text}, {_text(parser, 'params', 'delimiter')})",
    "ConvertJson": lambda text, _parser, _entry: f"qeasy.pairs({text})",
    "ArrayUnique": lambda text, _parser, _entry: f"qeasy.unique({text})",
    "K3WiseHeiHuCustomParser": lambda text, parser, _: f"qeasy.named({text}, {_text(parser, 'params')})",
    "workflowRequestTableFields": _form_field,
    "type:jsonpath": _json_path,
    "type:regex": _regular,
    "type:merge": _merge,
    "type:map": _map,
    "type:transform": _transform,
    "type:date": _date,
    "type:number": _number,
    "type:enum": lambda text, _parser, _entry: text,
}
"""What is not here is an error, never left out."""
