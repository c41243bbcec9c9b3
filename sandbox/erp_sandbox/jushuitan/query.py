"""What an endpoint asks for, and what ``biz`` of a call says (contract 6)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from erp_sandbox.clock import CST
from erp_sandbox.jushuitan.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from erp_sandbox.jushuitan.erp import Erp
    from erp_sandbox.jushuitan.settings import Settings

    Row = dict[str, Any]

INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")
DAY_SECONDS = 86_400
LAST_PAGE = 1_000_000_000
MOST_VALUES = 10_000
NOT_SENT: tuple[Any, ...] = (None, "", [])


class Check(NamedTuple):
    """How a parameter is read; ``most`` values at most where it is a list (0: no limit is documented)."""

    read: Callable[[Any], Any]
    most: int = 0


class Listing(Protocol):
    """The rows that a call selects, in their order."""

    def count(self) -> int:
        """Count them all."""

    def rows(self, offset: int, limit: int) -> list[Row]:
        """Return so many of them, as the vendor writes them."""

    def edit(self, number: int, now: int) -> None:
        """Let other people edit the first so many."""


class Query(NamedTuple):
    """A call's ``biz``, checked.

    ``values`` are the parameters that were sent, read. ``by`` is the clock that ``start`` and ``end`` (unix seconds,
    both included) are about; ``cursor`` is a row version. ``page`` counts from 0.
    """

    values: dict[str, Any]
    by: str
    start: int | None
    end: int | None
    cursor: int | None
    page: int
    size: int
    counted: bool


@dataclass(frozen=True)
class Endpoint:
    """One path under ``/open``.

    Attributes:
        path: as in the request.
        parameters: what it knows beside paging and window; anything else is ignored.
        listing: selects the rows.
        keys: parameters of which one makes a window unnecessary.
        days: the longest window in days; 0: there is none, and nothing needs to be said.
        days_with: parameters that make the longest window another one.
        keys_widen: whether a key also makes the window as long as one likes.
        date_types: the values of date_type and their clocks.
        date_fields: the values of date_field and their clocks.
        needs_condition: whether a call must have a window, a key or a cursor.
        cursor: the name of the row version parameter.
        cursor_alone: whether the documents say that it goes with paging parameters only.
        list_key: the name of the list.
        page_key: the name of the page number.
        size: rows of a page when the call does not say.
        most: the most rows of a page.
        envelope: which page fields the answer has.
    """

    path: str
    parameters: Mapping[str, Check]
    listing: Callable[[Erp, Query], Listing]
    keys: frozenset[str] = frozenset()
    days: int = 7
    days_with: Mapping[str, int] = field(default_factory=dict)
    keys_widen: bool = False
    date_types: Mapping[int, str] = field(default_factory=dict)
    date_fields: Mapping[str, str] = field(default_factory=dict)
    needs_condition: bool = True
    cursor: str = ""
    cursor_alone: bool = False
    list_key: str = "datas"
    page_key: str = "page_index"
    size: int = 30
    most: int = 50
    envelope: tuple[str, ...] = ("page_index", "page_size", "data_count", "page_count", "has_next")

    def query(self, biz: Mapping[str, Any], settings: Settings) -> Query:
        """Check a call's parameters.

        Raises:
            Refusal: one is missing or wrong.
        """
        sent = {name: value for name, value in biz.items() if value not in NOT_SENT}
        page, size = self._paging(sent, settings)
        values = {name: _read(name, check, sent[name]) for name, check in self.parameters.items() if name in sent}
        cursor = _read(self.cursor, Check(integer), sent[self.cursor]) if self.cursor in sent else None
        window = self._window(sent, values)
        if cursor is not None:
            self._check_cursor(values, window, settings)
        elif self.days and self.needs_condition and window is None and self.keys.isdisjoint(values):
            names = ("modified_begin", "modified_end", *sorted(self.keys), *filter(None, [self.cursor]))
            raise Refusal("conditions_missing", names=",".join(names))
        start, end = window or (None, None)
        if end is not None and settings.same_second == "no":
            end -= 1
        counted = _read("is_get_total", Check(flag), sent.get("is_get_total", True))
        return Query(values, self._clock(sent), start, end, cursor, page, size, counted)

    def _paging(self, sent: Mapping[str, Any], settings: Settings) -> tuple[int, int]:
        page = _read(self.page_key, Check(integer), sent.get(self.page_key, 1))
        size = _read("page_size", Check(integer), sent.get("page_size", self.size))
        for name, value in ((self.page_key, page), ("page_size", size)):
            if value < 1:
                raise Refusal("page_wrong", name=name)
        if size > self.most and settings.page_size_over == "error":
            raise Refusal("page_size_over", most=self.most)
        return min(page, LAST_PAGE) - 1, min(size, self.most)

    def _window(self, sent: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[int, int] | None:
        names = [name for name in ("modified_begin", "modified_end") if name in sent]
        if not self.days or not names:
            return None
        if len(names) == 1:
            raise Refusal("window_half")
        start, end = (_read(name, Check(moment), sent[name]) for name in names)
        if start > end:
            raise Refusal("window_reversed")
        days = min([self.days, *(days for name, days in self.days_with.items() if name in values)])
        if end - start > days * DAY_SECONDS and not (self.keys_widen and not self.keys.isdisjoint(values)):
            raise Refusal("window_too_wide", days=days)
        return start, end

    def _check_cursor(self, values: Mapping[str, Any], window: object, settings: Settings) -> None:
        if window is not None:
            raise Refusal("window_with_cursor", cursor=self.cursor)
        if self.cursor_alone and values and settings.cursor_filters == "refuse":
            raise Refusal("cursor_alone", cursor=self.cursor, name=",".join(sorted(values)))

    def _clock(self, sent: Mapping[str, Any]) -> str:
        if self.date_types and "date_type" in sent:
            value = _read("date_type", Check(integer), sent["date_type"])
            if value not in self.date_types:
                raise Refusal("value_wrong", name="date_type")
            return self.date_types[value]
        if self.date_fields and "date_field" in sent:
            if sent["date_field"] not in self.date_fields:
                raise Refusal("value_wrong", name="date_field")
            return self.date_fields[sent["date_field"]]
        return "modified"


def _read(name: str, check: Check, value: Any) -> Any:
    try:
        found = check.read(value)
    except ValueError:
        raise Refusal("value_wrong", name=name) from None
    if check.most and len(found) > check.most:
        raise Refusal("too_many_values", name=name, most=check.most)
    return found


def integer(value: Any) -> int:
    """Read a whole number, also from a text."""
    if isinstance(value, bool) or not isinstance(value, (int, str)) or not INTEGER.fullmatch(str(value)):
        raise ValueError(value)
    return int(value)


def text(value: Any) -> str:
    """Read a text; a number counts as one."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError(value)  # noqa: TRY004 - wrong values of any type are refused the same way
    return str(value)


def flag(value: Any) -> bool:
    """Read true or false, also as a text or as 0 and 1."""
    found = {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower())
    if found is None:
        raise ValueError(value)
    return found


def integers(value: Any) -> list[int]:
    """Read a JSON array of whole numbers."""
    return [integer(item) for item in _array(value)]


def texts(value: Any) -> list[str]:
    """Read a JSON array of texts."""
    return [text(item) for item in _array(value)]


def comma_texts(value: Any) -> list[str]:
    """Read a comma-joined text, which some endpoints want where others want an array (contract 9.3)."""
    return [item.strip() for item in text(value).split(",") if item.strip()]


def comma_integers(value: Any) -> list[int]:
    """Read a comma-joined text of whole numbers."""
    return [integer(item) for item in comma_texts(value)]


def texts_or_comma(value: Any) -> list[str]:
    """Read an array, or the comma-joined text that a service in production sends in its place."""
    return comma_texts(value) if isinstance(value, str) else texts(value)


def moment(value: Any) -> int:
    """Read ``yyyy-MM-dd HH:mm:ss`` of Shanghai as unix seconds."""
    if not isinstance(value, str) or not TIME.fullmatch(value):
        raise ValueError(value)
    return int(datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CST).timestamp())


def _array(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST_VALUES:
        raise ValueError(value)
    return value
