"""Reading one value of a Model: closures that turn what a client sends into what a document stores."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from erp_sandbox.kingdee import datetext

if TYPE_CHECKING:
    from erp_sandbox.kingdee.metadata import Field
    from erp_sandbox.kingdee.reading import Reading

    Target = dict[str, Any]

Setter = Callable[[Any, "Target", "Reading"], None]

INTEGER_DIGITS = 13
"""Numbers are decimal(23, 10) in the vendor's database: 13 digits before the point."""
SCALE = 10

EXACT = Context(prec=60)
TRUE_TEXTS = frozenset({"true", "1", "yes", "t"})
FALSE_TEXTS = frozenset({"false", "0", "no", "f"})
LANGUAGE = 2052


def compile_value(field: Field) -> Setter:
    """Return the setter of a field that is no reference."""
    return COMPILERS[field.type](field)


def _text(field: Field) -> Setter:
    key = field.key

    def set_text(value: Any, target: Target, reading: Reading) -> None:
        if value.__class__ is str:
            if value:
                target[key] = value
            else:
                target.pop(key, None)
        elif value is None:
            target.pop(key, None)
        elif isinstance(value, (int, Decimal)):
            target[key] = _scalar_text(value)
        else:
            reading.invalid(field, value, "文本")

    return set_text


def _texts(field: Field) -> Setter:
    """Multi-language text: a plain text, or ``[{"Key": 2052, "Value": …}]``, of which the Chinese one is kept."""
    set_text = _text(field)

    def set_texts(value: Any, target: Target, reading: Reading) -> None:
        if isinstance(value, list):
            named = {str(item.get("Key")): item.get("Value") for item in value if isinstance(item, dict)}
            value = named.get(str(LANGUAGE), next(iter(named.values()), None))
        set_text(value, target, reading)

    return set_texts


def _decimal(field: Field) -> Setter:
    key = field.key

    def set_decimal(value: Any, target: Target, reading: Reading) -> None:
        number = _decimal_of_text(value) if value.__class__ is str else to_decimal(value)
        if number is not None:
            target[key] = number
        elif value is None or value == "":
            target.pop(key, None)
        else:
            reading.invalid(field, value, "数字")

    return set_decimal


def _integer(field: Field) -> Setter:
    key = field.key

    def set_integer(value: Any, target: Target, reading: Reading) -> None:
        if value is None or value == "":
            target.pop(key, None)
            return
        number = to_decimal(value)
        if number is None or number != int(number):
            reading.invalid(field, value, "整数")
        else:
            target[key] = int(number)

    return set_integer


def _bool(field: Field) -> Setter:
    key = field.key

    def set_bool(value: Any, target: Target, reading: Reading) -> None:
        flag = value if value.__class__ is bool else to_bool(value)
        if flag is not None:
            target[key] = flag
        elif value is None or value == "":
            target.pop(key, None)
        else:
            reading.invalid(field, value, "布尔值")

    return set_bool


def _date(field: Field) -> Setter:
    key = field.key
    parse = datetext.read_day if field.type == "date" else datetext.read

    def set_date(value: Any, target: Target, reading: Reading) -> None:
        if value is None or value == "":
            target.pop(key, None)
            return
        stored = parse(value) if isinstance(value, str) else None
        if stored is None:
            reading.invalid(field, value, "日期")
        else:
            target[key] = stored

    return set_date


COMPILERS: dict[str, Callable[[Field], Setter]] = {
    "text": _text,
    "enum": _text,
    "texts": _texts,
    "decimal": _decimal,
    "integer": _integer,
    "bool": _bool,
    "date": _date,
    "datetime": _date,
}


def to_decimal(value: Any) -> Decimal | int | None:
    """Return an exact number from a JSON number or its text; None when it is none, or too large for the vendor."""
    if value.__class__ is str:
        return _decimal_of_text(value)
    if value.__class__ is int:
        return value if -(10**INTEGER_DIGITS) < value < 10**INTEGER_DIGITS else None
    if not isinstance(value, Decimal) or not value.is_finite() or value.adjusted() >= INTEGER_DIGITS:
        return None
    return value


@lru_cache(maxsize=16_384)
def _decimal_of_text(text: str) -> Decimal | None:
    """Read a number's text; prices and quantities repeat, so what was read is kept."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and number.adjusted() < INTEGER_DIGITS else None


def to_bool(value: Any) -> bool | None:
    """Return a flag from true/false, 1/0 or their texts in any case; None when it is none."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, Decimal)):
        return bool(value)
    text = value.strip().lower() if isinstance(value, str) else ""
    if text in TRUE_TEXTS:
        return True
    return False if text in FALSE_TEXTS else None


def _scalar_text(value: int | Decimal | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)
