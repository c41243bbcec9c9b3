"""An answer's rows, declared field by field and compiled into one text template a dialect.

Each dialect writes the same value its own way (contract 9): 企业版 makes every value a text, 企业奇门 writes numbers,
旗舰版 mixes. What a row varies in, its *pieces*, is computed once; everything else is in the template.
"""

from __future__ import annotations

from datetime import date
from enum import Enum
from functools import lru_cache
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import TYPE_CHECKING, NamedTuple

from erp_sandbox.clock import CST_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DAY_SECONDS = 86_400
NO_TIME = "0000-00-00 00:00:00"


class Style(Enum):
    """How a dialect writes values."""

    ENTERPRISE = "enterprise"
    QIMEN = "qimen"
    FLAGSHIP = "flagship"

    @property
    def text(self) -> Callable[[str], str]:
        """Write a text as JSON; 企业版 escapes what is not ASCII."""
        return encode_basestring_ascii if self is Style.ENTERPRISE else encode_basestring


class Kind(Enum):
    """What a field's piece is."""

    NUMBER = "number"
    """Digits: a JSON number, a text on 企业版."""
    PLAIN = "plain"
    """A text that needs no escaping: times, document numbers, decimals that 旗舰版 writes as texts."""
    TEXT = "text"
    """A text that is JSON already."""
    JSON = "json"
    """Any JSON, written as it is."""
    MEMBER = "member"
    """Nothing, or a whole ``"name":value,`` for a field that is missing at times."""


class Field(NamedTuple):
    """One field; its value is the piece of that name, or a ``constant`` (its JSON text without quotes)."""

    name: str
    kind: Kind
    piece: str = ""
    constant: str | None = None


def number(name: str, piece: str = "") -> Field:
    """Declare a number; its piece is digits."""
    return Field(name, Kind.NUMBER, piece or name)


def plain(name: str, piece: str = "") -> Field:
    """Declare a text that needs no escaping."""
    return Field(name, Kind.PLAIN, piece or name)


def text(name: str, piece: str = "") -> Field:
    """Declare a text; its piece is JSON already."""
    return Field(name, Kind.TEXT, piece or name)


def lines(name: str, piece: str = "lines") -> Field:
    """Declare an array, or any other JSON."""
    return Field(name, Kind.JSON, piece)


def member(piece: str) -> Field:
    """Declare whole members: the piece is empty, or ends with a comma."""
    return Field("", Kind.MEMBER, piece)


def constant_number(name: str, value: str = "0") -> Field:
    """Declare a number that is the same in every row."""
    return Field(name, Kind.NUMBER, constant=value)


def constant_text(name: str, value: str = "") -> Field:
    """Declare a text that is the same in every row."""
    return Field(name, Kind.PLAIN, constant=value)


def template(fields: Iterable[Field], style: Style) -> str:
    """Compile fields into an object for ``template % pieces``."""
    return "{" + members(fields, style) + "}"


def members(fields: Iterable[Field], style: Style) -> str:
    """Compile fields into the members of an object, without its braces."""
    text = "".join(_member(field, style) for field in fields)
    return text.removesuffix(",")


def _member(field: Field, style: Style) -> str:
    if field.kind is Kind.MEMBER:
        return f"%({field.piece})s"
    value = f"%({field.piece})s" if field.constant is None else _constant(field, style)
    quoted = field.kind is Kind.PLAIN or (field.kind is Kind.NUMBER and style is Style.ENTERPRISE)
    if quoted and not (field.kind is Kind.PLAIN and field.constant is not None):
        value = f'"{value}"'
    return f'"{field.name}":{value},'


def _constant(field: Field, style: Style) -> str:
    constant = field.constant or ""
    return (style.text(constant) if field.kind is Kind.PLAIN else constant).replace("%", "%%")


@lru_cache(maxsize=1024)
def _day(day: int) -> str:
    return date.fromordinal(719_163 + day).isoformat()  # 719163 is 1970-01-01


def time(epoch: int) -> str:
    """Write unix seconds as ``yyyy-MM-dd HH:mm:ss`` in +08:00; several times a row, so the days are kept."""
    day, seconds = divmod(epoch + CST_SECONDS, DAY_SECONDS)
    minutes, seconds = divmod(seconds, 60)
    return f"{_day(day)} {minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


@lru_cache(maxsize=1 << 15)
def money(units: int) -> str:
    """Write 1/10000 yuan with four decimals; prices recur, so the texts are kept."""
    return f"{units // 10_000}.{units % 10_000:04d}"


@lru_cache(maxsize=1 << 15)
def short(units: int) -> str:
    """Write 1/10000 yuan as 旗舰版 numbers are: ``3``, ``12.5``, ``1.29``."""
    whole, rest = divmod(units, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0") if rest else str(whole)
