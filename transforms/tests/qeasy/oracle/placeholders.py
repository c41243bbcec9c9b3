"""Texts with placeholders: `{order_no}`, `{{details_list.goods_no}}`, `{{consign_time|date}}` (contract 4)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from transforms.tests.qeasy.oracle.diagnostics import SchemeError
from transforms.tests.qeasy.oracle.times import FILTERS, parse_time
from transforms.tests.qeasy.oracle.values import is_empty, text

_CJK = "㐀-鿿豈-﫿"
_IDENT = rf"[A-Za-z_${_CJK}][A-Za-z0-9_$!\-{_CJK}]*"
_PATH = rf"{_IDENT}(?:\.(?:{_IDENT}|\d+)|\[\d+\])*"
_FILTERS = r"(?:\|[A-Za-z_]+)*"
PLACEHOLDER = re.compile(rf"\{{\{{\s*({_PATH})\s*({_FILTERS})\s*\}}\}}|\{{({_PATH})({_FILTERS})\}}")


@dataclass(frozen=True)
class Placeholder:
    """One `{path|filter}`."""

    path: str
    filters: tuple

    def value(self, place):
        """Return what it yields: the value itself, or what its filters make of it."""
        value = place.get(self.path)
        for name in self.filters:
            value = _filtered(value, name, place.run)
        return value


def _filtered(value, name, run):
    if is_empty(value):
        return value
    moment = parse_time(value, run.zone)
    if moment is None:
        run.warn("BAD_TIME")
        return value
    return FILTERS[name](moment)


def placeholder_of(found):
    """Return the Placeholder of a match of PLACEHOLDER."""
    filters = tuple(name for name in (found[2] or found[4] or "").split("|") if name)
    for name in filters:
        if name not in FILTERS:
            raise SchemeError("UNKNOWN_FILTER", name)
    return Placeholder(found[1] or found[3], filters)


def parts_of(template):
    """Split a template into literal texts and Placeholders, in order."""
    parts, position = [], 0
    for found in PLACEHOLDER.finditer(template):
        if template[position : found.start()]:
            parts.append(template[position : found.start()])
        parts.append(placeholder_of(found))
        position = found.end()
    if template[position:]:
        parts.append(template[position:])
    return parts


def as_text(template, place):
    """Render a template to text: a missing value is empty text."""
    return "".join(part if isinstance(part, str) else text(part.value(place)) for part in parts_of(template))


def rendered(template, place):
    """Render a template: a lone placeholder passes its value through with its type, anything else is text."""
    lone = parts_of(template.strip())
    if len(lone) == 1 and not isinstance(lone[0], str):
        return lone[0].value(place)
    return as_text(template, place)
