"""Answers' rows as lists of fields by kind, in YAML, compiled into one text template a dialect.

A shape says for each field where its value comes from: ``field`` (the value of that name), ``field=value`` (another
one), and with ``?`` behind the field's name it is missing while the value is None. What no fact tells has no value:
it stands under ``zero``, ``zero_text``, ``empty``, ``never`` or ``fixed``. Values are whole numbers (decimals in
1/10000, times in unix seconds), texts, lists and objects; `KINDS` says how each dialect writes them (contract 9).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from erp_sandbox.wangdiantong.fields import NO_TIME, Style, money, short, time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Values = Mapping[str, Any]
    Writer = Callable[[Any], Any]

STYLES = tuple(Style)
FIELD = re.compile(r"(\w+)(\?)?(?:=(\w+))?")
FILES = {
    Style.ENTERPRISE: ("enterprise.yml",),
    Style.QIMEN: ("enterprise.yml",),
    Style.FLAGSHIP: ("flagship_sales.yml", "flagship_stock.yml", "flagship_base.yml"),
}
NULL = {Style.ENTERPRISE: f'"{NO_TIME}"', Style.QIMEN: '""', Style.FLAGSHIP: '""'}


class Slot(NamedTuple):
    """Where a template's next gap gets its text; without ``write`` it is the value as it is."""

    value: str
    write: Writer | None


class Shape:
    """One kind of row in one dialect's writing.

    Args:
        style: the dialect.
        section: the YAML section that holds the row's shape, and those of its lists.
        name: the shape within the section.
    """

    def __init__(self, style: Style, section: Mapping[str, Any], name: str) -> None:
        self._style = style
        self._section = section
        whole: list[str] = []
        missing: list[str] = []
        slots: list[Slot] = []
        at_times: list[Slot] = []
        for kind, fields in section[name].items():
            for field, optional, value, inner in _fields(fields):
                if kind in CONSTANTS or kind == "fixed":
                    whole.append(f'"{field}":{self._constant(kind, inner)}'.replace("%", "%%"))
                elif optional:
                    missing.append("%s")
                    at_times.append(Slot(value, _member(field, self._writer(kind, inner))))
                elif kind in {"number", "number_text"}:
                    quoted = kind == "number_text" or style is Style.ENTERPRISE
                    whole.append(f'"{field}":"%s"' if quoted else f'"{field}":%s')
                    slots.append(Slot(value, None))
                else:
                    whole.append(f'"{field}":%s')
                    slots.append(Slot(value, self._writer(kind, inner)))
        self._template = "{" + ",".join(whole) + "".join(missing) + "}"
        self._slots = [*slots, *at_times]

    def write(self, values: Values) -> str:
        """Return the row as a JSON object."""
        return self._template % tuple(
            [values[value] if write is None else write(values[value]) for value, write in self._slots]
        )

    def _writer(self, kind: str, inner: Any) -> Writer:
        if kind in {"lists", "objects"}:
            shape = Shape(self._style, self._section, inner)
            return shape.write if kind == "objects" else lambda rows: "[" + ",".join(map(shape.write, rows)) + "]"
        return KINDS[kind](self._style)

    def _constant(self, kind: str, value: Any) -> str:
        if kind == "fixed":
            if isinstance(value, str):
                return self._style.text(value)
            return f'"{value}"' if self._style is Style.ENTERPRISE else str(value)
        return CONSTANTS[kind][STYLES.index(self._style)]


def _fields(declared: Any) -> Iterable[tuple[str, bool, str, Any]]:
    """Yield field, whether it is missing at times, its value's name, and what a mapping says of it."""
    for text in declared:
        found = FIELD.fullmatch(text)
        if found is None:
            raise ValueError(text)
        inner = declared[text] if isinstance(declared, dict) else None
        yield found[1], bool(found[2]), found[3] or (inner if isinstance(inner, str) else "") or found[1], inner


def _member(field: str, write: Writer) -> Writer:
    return lambda value: "" if value is None else f',"{field}":{write(value)}'


CONSTANTS = {
    "zero": ('"0"', "0", "0"),
    "zero_decimal": ('"0.0000"', "0.0000", "0"),
    "zero_text": ('"0.0000"',) * 3,
    "empty": ('""',) * 3,
    "never": ('"0"', "0", "false"),
    "none": ("[]",) * 3,
}
"""What a field is when no fact tells it, by style."""


def _number(style: Style) -> Writer:
    return (lambda value: f'"{value}"') if style is Style.ENTERPRISE else str


def _flag(style: Style) -> Writer:
    if style is Style.FLAGSHIP:
        return lambda value: "true" if value else "false"
    return (lambda value: f'"{value:d}"') if style is Style.ENTERPRISE else (lambda value: f"{value:d}")


def _decimal(style: Style) -> Writer:
    if style is Style.FLAGSHIP:
        return short
    return money if style is Style.QIMEN else _decimal_text(style)


@lru_cache(maxsize=1 << 15)
def _quoted_money(units: int) -> str:
    return f'"{money(units)}"'


def _decimal_text(_style: Style) -> Writer:
    return _quoted_money


@lru_cache(maxsize=1 << 15)
def _quoted_time(epoch: int) -> str:
    return f'"{time(epoch)}"'  # kept, since the lines of a document have its times


def _time(style: Style) -> Writer:
    null = NULL[style]
    return lambda value: null if value is None else _quoted_time(value)


def _milliseconds(style: Style) -> Writer:
    null = NULL[style]
    return lambda value: null if value is None else f"{value}000"


def _text(style: Style) -> Writer:
    return style.text


def _number_text(_style: Style) -> Writer:
    return lambda value: f'"{value}"'


KINDS: dict[str, Callable[[Style], Writer]] = {
    "number": _number,
    "number_text": _number_text,
    "flag": _flag,
    "decimal": _decimal,
    "decimal_text": _decimal_text,
    "time": _time,
    "ms": _milliseconds,
    "text": _text,
}


@cache
def _sections(style: Style) -> dict[str, Any]:
    folder = files("erp_sandbox.wangdiantong") / "shapes"
    found: dict[str, Any] = {}
    for name in FILES[style]:
        found.update(yaml.safe_load((folder / name).read_text("utf-8")))
    return found


@cache
def shape(style: Style, section: str) -> Shape:
    """Return the shape of a list's rows in a dialect."""
    return Shape(style, _sections(style)[section], "row")


@lru_cache(maxsize=64)
def narrowed(style: Style, section: str, fields: frozenset[str]) -> Shape:
    """Return a shape with only some of its fields."""
    row = {
        kind: [text for text in declared if FIELD.fullmatch(text)[1] in fields]  # type: ignore[index]  # checked before
        for kind, declared in _sections(style)[section]["row"].items()
        if not isinstance(declared, dict)
    }
    return Shape(style, {"row": row}, "row")
