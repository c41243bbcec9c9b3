"""What a call asks for: ``bizcontent``, read name by name. Other names are ignored (contract 6)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from erp_sandbox.clock import CST
from erp_sandbox.jikeyun.refusals import Refusal
from erp_sandbox.jikeyun.settings import TIME

if TYPE_CHECKING:
    from erp_sandbox.jikeyun.settings import Settings

DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 50, 200
MAX_VALUES = 1000
MAX_WHOLE = 2**62
LAST_PAGE = 10**9


class Page(NamedTuple):
    """Which rows of a result."""

    offset: int
    size: int


class Window(NamedTuple):
    """First and last second (unix), both inside; None: open."""

    start: int | None
    end: int | None

    def holds(self, moment: int) -> bool:
        """Whether a moment lies inside."""
        return (self.start is None or moment >= self.start) and (self.end is None or moment <= self.end)

    def moved(self, seconds: int) -> Window:
        """Return the same window so many seconds later."""
        return Window(*(None if edge is None else edge + seconds for edge in self))


class Asked:
    """The business parameters of one call.

    Args:
        given: the decoded ``bizcontent``.
        family: the row of `REFUSALS` that says what is wrong with a parameter.
        ignores_page: whether this method has the bug of ignoring pageIndex.
    """

    def __init__(self, given: dict[str, Any], family: str, settings: Settings, *, ignores_page: bool = False) -> None:
        self._given = given
        self._family = family
        self.settings = settings
        self._ignores_page = ignores_page

    def wrong(self, problem: str) -> Refusal:
        """Return the refusal of a wrong parameter."""
        return Refusal(self._family, problem=problem)

    def under(self, name: str) -> Asked:
        """Return what is asked inside of an object such as ``pageInfo``; nothing without one."""
        inner = self._given.get(name)
        given = inner if isinstance(inner, dict) else {}
        return Asked(given, self._family, self.settings, ignores_page=self._ignores_page)

    def text(self, name: str) -> str:
        """Read a text; a number counts as one, and null as none."""
        value = self._given.get(name)
        if value is None:
            return ""
        if isinstance(value, (dict, list)):
            raise self.wrong(f"{name}格式错误")
        if isinstance(value, bool):
            return "1" if value else "0"
        return str(value).strip()

    def has(self, name: str) -> bool:
        """Whether a name was sent at all, be it empty."""
        return self._given.get(name) is not None

    def whole(self, name: str) -> int | None:
        """Read a whole number, also from a text; None without one."""
        text = self.text(name)
        if not text:
            return None
        return self._whole(name, text)

    def flag(self, name: str) -> bool | None:
        """Read 0/1, "0"/"1" or a boolean; None without one."""
        text = self.text(name).lower()
        return None if not text else text in {"1", "true"}

    def texts(self, name: str) -> list[str]:
        """Read a list: an array, or a comma-joined text; empty without one."""
        value = self._given.get(name)
        items = [str(item) for item in value] if isinstance(value, list) else self.text(name).split(",")
        found = [item.strip() for item in items if item.strip()]
        if len(found) > MAX_VALUES:
            raise self.wrong(f"{name}不能超过{MAX_VALUES}个")
        return found

    def wholes(self, *names: str) -> list[int]:
        """Read a list of whole numbers from the first of the names that has one."""
        for name in names:
            texts = self.texts(name)
            if texts:
                return [self._whole(name, text) for text in texts]
        return []

    def window(self, start: str, end: str) -> Window | None:
        """Read a pair of times; None without either."""
        edges = Window(self._moment(start), self._moment(end))
        return None if edges == (None, None) else edges

    def page(
        self,
        index: str = "pageIndex",
        size: str = "pageSize",
        *,
        first: int = 0,
        most: int = MAX_PAGE_SIZE,
        default: int = DEFAULT_PAGE_SIZE,
    ) -> Page:
        """Read the paging; a page ahead of the first is empty."""
        rows = self.whole(size)
        rows = default if rows is None else rows
        if rows < 1:
            raise self.wrong(f"{size}必须大于0")
        if rows > most:
            if self.settings.page_size_over == "error":
                raise self.wrong(f"{size}不能大于{most}")
            rows = most
        given = self.whole(index)
        at = min((first if given is None else given) - first, LAST_PAGE)
        if self._ignores_page:
            at = 0
        return Page(at * rows, rows) if at >= 0 else Page(0, 0)

    def key(self, *without: str) -> str:
        """Return a text that is the same for calls that differ in these parameters only."""
        return json.dumps({name: value for name, value in self._given.items() if name not in without}, sort_keys=True)

    def _whole(self, name: str, text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = MAX_WHOLE
        if abs(number) >= MAX_WHOLE:
            raise self.wrong(f"{name}必须为整数")
        return number

    def _moment(self, name: str) -> int | None:
        text = self.text(name)
        if not text:
            return None
        if TIME.fullmatch(text):
            try:
                return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CST).timestamp())
            except ValueError:
                pass
        raise self.wrong(f"{name}时间格式错误")


def seconds_of(text: str) -> int:
    """Return the unix seconds of a checked time of Beijing."""
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CST).timestamp())
