"""Placeholders: ``{order_no}``, ``{{details_list.goods_no|date}}``, and texts with placeholders in them (contract 4).

Both brace styles mean the same. A single brace is one only if the whole text in it is a path with filters, so that
JSON punctuation is never taken for one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mapper_kd.qeasy.native import Native, SchemeError
from mapper_kd.sql.times import MYSQL_LETTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mapper_kd.qeasy.native import Context

_IDENT = r"(?:[^\W\d]|\$)(?:[\w$!-])*"
_PATH = rf"{_IDENT}(?:\.{_IDENT}|\.[0-9]+|\[[0-9]+\])*"
_FILTER = r"""\|\s*[A-Za-z_]+(?::(?:"[^"{}]*"|'[^'{}]*'|-?[0-9]+)|\((?:"[^"{}]*"|'[^'{}]*')?\))?\s*"""
_PLACEHOLDER = re.compile(
    rf"\{{\{{\s*(?P<path>{_PATH})\s*(?P<filters>(?:{_FILTER})*)\}}\}}"
    rf"|\{{(?P<path1>{_PATH})(?P<filters1>(?:{_FILTER})*)\}}"
)
_ONE_FILTER = re.compile(r"""\|\s*([A-Za-z_]+)(?::|\()?\s*["']?([^"'|()]*)["']?\)?\s*""")
_BUILT_IN = re.compile(r"(?:LAST_SYNC_TIME|CURRENT_TIME|DAYS_AGO_[0-9]{1,5}|PAGINATION_[A-Z_]+)\Z")
_ALIASES = {
    "lastSyncTime": "LAST_SYNC_TIME",
    "$lastExecuteTime": "LAST_SYNC_TIME",
    "currentTime": "CURRENT_TIME",
    "$now": "CURRENT_TIME",
}
_FAMILY_B = {"$date": "date", "$datetime": "datetime", "$timestamp": "timestamp"}
_PHP_LETTERS = {"Y": "%Y", "y": "%y", "m": "%m", "d": "%d", "H": "%H", "i": "%i", "s": "%s", "n": "%c", "j": "%e"}
_MAX_TEXT = 900
"""Characters of one constant in our own language, with room to spare."""


@dataclass(frozen=True)
class Placeholder:
    """One placeholder: where it leads, and the filters with their argument (``""`` without one)."""

    segments: tuple[str, ...]
    filters: tuple[tuple[str, str], ...]
    written: str


@dataclass(frozen=True)
class Term:
    """An expression of our own language, and what is known of its value.

    Attributes:
        kind: ``number``; ``text``; ``boolean``; ``bound``: what `sql.operand` makes of a value, never an empty text;
            ``any``: as it stands in the record, or not known.
        maybe_null: Whether it can be null.
    """

    text: str
    kind: str = "any"
    maybe_null: bool = True


Part = "str | Placeholder"
"""A piece of a text."""


def split(template: str) -> list[str | Placeholder]:
    """Return the pieces of a text, in order; none of them is an empty text."""
    parts: list[str | Placeholder] = []
    position = 0
    for found in _PLACEHOLDER.finditer(template):
        if found.start() > position:
            parts.append(template[position : found.start()])
        parts.append(_placeholder(found))
        position = found.end()
    if position < len(template):
        parts.append(template[position:])
    return parts


def match_at(text: str, position: int) -> tuple[Placeholder, int] | None:
    """Return the placeholder that begins at a position, and where it ends."""
    found = _PLACEHOLDER.match(text, position)
    return None if found is None else (_placeholder(found), found.end())


def lone(template: str) -> Placeholder | None:
    """Return the placeholder that a text consists of, but for blanks around it."""
    parts = split(template.strip())
    return parts[0] if len(parts) == 1 and isinstance(parts[0], Placeholder) else None


def path_of(written: str) -> tuple[str, ...]:
    """Return the parts of a path; a leading ``source.`` or ``response.`` says nothing."""
    segments = tuple(re.sub(r"\[([0-9]+)\]", r".\1", written.strip()).split("."))
    return segments[1:] if len(segments) > 1 and segments[0] in {"source", "response"} else segments


def read(placeholder: Placeholder, context: Context) -> Term:
    """Return what reads a placeholder.

    Raises:
        SchemeError: ``UNKNOWN_FILTER``.
    """
    name = placeholder.segments[0] if len(placeholder.segments) == 1 else ""
    filters = placeholder.filters
    if name in _FAMILY_B:
        name, filters = "CURRENT_TIME", ((_FAMILY_B[name], ""), *filters)
    if _BUILT_IN.match(name) or (name in _ALIASES and name.startswith("$")):
        term = _variable(_ALIASES.get(name, name), filters, context)
        if term is not None:
            return term
    else:
        term = _field(placeholder, name, filters, context)
        if term is not None:
            return term
    hint = next((f"; the | before {one} may have been lost" for one in _FILTERS if name.endswith(one)), "")
    context.warn("UNKNOWN_PLACEHOLDER", f"{placeholder.written} leads to no field and is no variable: empty{hint}")
    return Term("None", "any")


def text_of(placeholder: Placeholder, context: Context) -> Term:
    """Return what reads a placeholder as text: an empty one as an empty text."""
    term = read(placeholder, context)
    if term.kind == "text":
        return Term(f'coalesce({term.text}, "")', "text", maybe_null=False) if term.maybe_null else term
    return Term(f"sql.text({term.text})", "text", maybe_null=False)


def template(parts: Sequence[str | Placeholder], context: Context) -> Term:
    """Return the expression of a text with placeholders in it."""
    if not parts:
        return Term('""', "text", maybe_null=False)
    if len(parts) == 1:
        only = parts[0]
        return text_of(only, context) if isinstance(only, Placeholder) else constant(only)
    spelled = [one if isinstance(one, str) else _inside(one, context) for one in parts]
    return Term(_joined(parts, spelled), "text", maybe_null=False)


def constant(value: str) -> Term:
    """Return the expression of a text."""
    if len(value) > _MAX_TEXT:
        raise SchemeError("FUNCTION_ERROR", f"has a text of more than {_MAX_TEXT} characters")
    return Term(quoted(value), "text", maybe_null=False)


def quoted(value: str) -> str:
    """Return a text in quotes, double ones where nothing speaks against them."""
    spelled = repr(value)
    return spelled if '"' in value or "\\" in spelled or spelled[0] == '"' else f'"{value}"'


def suspicious_braces(value: str) -> bool:
    """Whether there are double braces that are no placeholder."""
    return any(isinstance(one, str) and "{{" in one for one in split(value))


def _placeholder(found: re.Match[str]) -> Placeholder:
    path, filters = found["path"] or found["path1"], found["filters"] or found["filters1"] or ""
    return Placeholder(
        path_of(path), tuple((one[1], one[2].strip()) for one in _ONE_FILTER.finditer(filters)), found[0]
    )


def _variable(name: str, filters: Sequence[tuple[str, str]], context: Context) -> Term | None:
    moment = _moment(name, context)
    if moment is None:
        found = context.variable(name)
        return None if found is None else _filtered(_native(found), filters)
    if not filters:
        milliseconds = context.options.time_unit == "ms"
        return Term(f"sql.timestamp{'_ms' if milliseconds else ''}({moment})", "number", maybe_null=False)
    if filters[0][0] in {"datetime", "dateTime"} and not filters[0][1]:
        return _filtered(Term(moment, "text", maybe_null=False), filters[1:])  # it is written so already
    return _filtered(Term(moment, "text", maybe_null=False), filters)


def _moment(name: str, context: Context) -> str | None:
    if name.startswith("DAYS_AGO_"):
        current = context.moment("CURRENT_TIME")
        return None if current is None else f'sql.date_sub({current}, {int(name.removeprefix("DAYS_AGO_"))}, "day")'
    return context.moment(name) if name in {"LAST_SYNC_TIME", "CURRENT_TIME"} else None


def _field(placeholder: Placeholder, name: str, filters: Sequence[tuple[str, str]], context: Context) -> Term | None:
    """Read a field of the row or record; where it is empty, a variable of that name."""
    reference = context.path(placeholder.segments)
    otherwise = None
    if name in _ALIASES:
        otherwise = _variable(_ALIASES[name], filters, context)
    elif name or placeholder.segments[0] == "global":
        found = context.variable(name or ".".join(placeholder.segments[1:]))
        otherwise = None if found is None else _filtered(_native(found), filters)
    if reference is None:
        return otherwise
    term = _filtered(Term(reference.expression, reference.kind), filters)
    return term if otherwise is None else Term(f"coalesce({term.text}, {otherwise.text})", "any")


def _native(found: Native) -> Term:
    if found.expression is not None:
        return Term(found.expression)
    if isinstance(found.constant, str):
        return constant(found.constant)
    kind = "boolean" if isinstance(found.constant, bool) else "number"
    return Term(str(found.constant), kind if found.constant is not None else "any", found.constant is None)


def _filtered(term: Term, filters: Sequence[tuple[str, str]]) -> Term:
    for name, argument in filters:
        if name not in _FILTERS:
            known = ", ".join(_FILTERS)
            raise SchemeError("UNKNOWN_FILTER", f"there is no filter {name}; the filters are {known}")
        term = Term(
            _FILTERS[name](term.text, argument), "number" if name == "timestamp" and not term.maybe_null else "any"
        )
    return term


def _date_time(text: str, argument: str) -> str:
    if not argument:
        return f"sql.datetime({text})"
    form = "".join(_PHP_LETTERS.get(letter, letter) for letter in argument)
    return f"sql.date_format({text}, {quoted(form)})"


def _form(text: str, argument: str) -> str:
    if "%" in argument and not set(re.findall("%(.)", argument)) <= MYSQL_LETTERS:
        raise SchemeError("UNKNOWN_FILTER", f"the time format {argument} is not known")
    return f"sql.format_date({text}, {quoted(argument)})"


def _days_later(text: str, argument: str) -> str:
    try:
        return f'sql.date_add({text}, {int(argument)}, "day")'
    except ValueError:
        raise SchemeError("UNKNOWN_FILTER", "addDays needs a whole number") from None


_FILTERS: Mapping[str, Callable[[str, str], str]] = {
    "date": lambda text, _: "today()" if text == "now()" else f"sql.date({text})",
    "datetime": _date_time,
    "dateTime": _date_time,
    "timestamp": lambda text, _: f"sql.timestamp({text})",
    "timestamp_ms": lambda text, _: f"sql.timestamp_ms({text})",
    "format": _form,
    "addDays": _days_later,
}


def _inside(placeholder: Placeholder, context: Context) -> str:
    term = read(placeholder, context)
    return term.text if term.kind == "text" else f"sql.text({term.text})"


def _joined(parts: Sequence[str | Placeholder], spelled: Sequence[str]) -> str:
    """Write a template, or a call where a template cannot hold what is in it."""
    expressions = "".join(text for part, text in zip(parts, spelled, strict=True) if isinstance(part, Placeholder))
    literal = "".join(part for part in parts if isinstance(part, str))
    quote = "'" if '"' in expressions + literal else '"'
    if quote in expressions + literal or "\\" in expressions + repr(literal):
        arguments = (quoted(text) if isinstance(part, str) else text for part, text in zip(parts, spelled, strict=True))
        return f"concat({', '.join(arguments)})"
    inner = "".join(
        text.replace("{", "{{").replace("}", "}}") if isinstance(part, str) else f"{{{text}}}"
        for part, text in zip(parts, spelled, strict=True)
    )
    return f"f{quote}{inner}{quote}"
