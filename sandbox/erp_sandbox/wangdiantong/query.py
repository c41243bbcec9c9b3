from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from erp_sandbox.clock import CST
from erp_sandbox.wangdiantong.refusals import Refusal
from erp_sandbox.wangdiantong.settings import TIME

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable

    from erp_sandbox.wangdiantong.fields import Style
    from erp_sandbox.wangdiantong.settings import Settings

INTEGER = re.compile(r"-?\d{1,18}")
MAX_ARGUMENTS = 500
"""SQLite's own limit is larger; a comma list longer than this is no shop list."""


@dataclass(frozen=True)
class Query:
    """What a call asks for, checked.

    Attributes:
        values: the endpoint's own parameters that were sent, as checked values.
        window: first and last second (unix), both inside; None without times.
        page: 0 is the first.
        counted: whether the answer has the total.
        through_qimen: whether the call came through the Taobao gateway.
        history: whether the rows before the cut-off are asked for.
        range: which of the endpoint's ranges the window is.
        now: the sandbox's time, unix seconds.
    """

    values: dict[str, Any]
    window: tuple[int, int] | None
    page: int
    page_size: int
    counted: bool
    through_qimen: bool
    settings: Settings
    history: bool = False
    range: str = ""
    now: int = 0


@dataclass
class Selection:
    """Which rows, and in which order: SQL over one table, whose text holds no value of the caller.

    ``where`` are conditions joined by AND, ``order`` a list of columns.
    """

    table: str
    key: str
    order: str
    where: list[str] = field(default_factory=list)
    arguments: list[Any] = field(default_factory=list)

    def add(self, condition: str, *arguments: Any) -> None:
        """Add a condition with its bound values."""
        self.where.append(condition)
        self.arguments.extend(arguments)

    def add_in(self, column: str, values: Iterable[Any]) -> None:
        """Add the condition that a column has one of the values."""
        listed = list(values)
        self.add(f"{column} IN ({','.join('?' * len(listed))})", *listed)

    @property
    def condition(self) -> str:
        """The conditions as one."""
        return " AND ".join(self.where) or "1"


class Rows(Protocol):
    """A list that an interface reads."""

    def count(self, query: Query, db: sqlite3.Connection) -> int:
        """Count the rows of the whole list."""

    def page(self, query: Query, db: sqlite3.Connection, style: Style) -> str:
        """Return the rows of a page as JSON texts joined by commas."""

    def edit(self, query: Query, db: sqlite3.Connection, count: int, now: int) -> None:
        """Let other people edit the first so many rows of the list."""


@dataclass(frozen=True)
class TableRows:
    """A list that is one table of the vendor's.

    Attributes:
        select: turns a checked query into a selection.
        render: turns rows of the selection's table into JSON texts.
        editable: whether other people edit its rows.
    """

    select: Callable[[Query, sqlite3.Connection], Selection]
    render: Callable[[sqlite3.Connection, Iterable[tuple[Any, ...]], Style], Iterable[str]]
    editable: bool = False

    def count(self, query: Query, db: sqlite3.Connection) -> int:
        """Count what is selected."""
        selection = self.select(query, db)
        counting = f"SELECT count(*) FROM {selection.table} WHERE {selection.condition}"  # noqa: S608 - our columns
        return int(db.execute(counting, selection.arguments).fetchone()[0])

    def page(self, query: Query, db: sqlite3.Connection, style: Style) -> str:
        """Read and write a page."""
        selection = self.select(query, db)
        rows = db.execute(
            f"SELECT * FROM {selection.table} WHERE {selection.condition} "  # noqa: S608 - our columns, values are bound
            f"ORDER BY {selection.order} LIMIT ? OFFSET ?",
            [*selection.arguments, query.page_size, query.page * query.page_size],
        )
        return ",".join(self.render(db, rows, style))

    def edit(self, query: Query, db: sqlite3.Connection, count: int, now: int) -> None:
        """Modify the first rows now, where the table's rows are edited at all."""
        if not self.editable:
            return
        selection = self.select(query, db)
        table, key = selection.table, selection.key
        with db:
            db.execute(
                f"UPDATE {table} SET modified = ? WHERE {key} IN (SELECT {key} FROM {table} "  # noqa: S608 - our columns
                f"WHERE {selection.condition} ORDER BY {selection.order} LIMIT ?)",
                [now, *selection.arguments, count],
            )


class Range(NamedTuple):
    """The parameters of a time window, and its name where an interface has several."""

    start: str = "start_time"
    end: str = "end_time"
    name: str = ""


class Check(NamedTuple):
    """How a parameter's value is read; ``read`` raises `ValueError` for a value that is none."""

    read: Callable[[Any], Any]
    refusal: str = "value_wrong"


@dataclass(frozen=True)
class Endpoint:
    """One interface: everything that tells it from the others.

    Attributes:
        name: the 企业版 file without ``.php``, or the 旗舰版 method.
        list_key: where the answer holds its rows.
        parameters: the business parameters it knows (times and paging apart).
        rows: the list.
        longest: the longest window in seconds; None: it takes no times.
        end_is_now: whether a missing end_time means now.
        defaults: values of parameters that are not sent.
        instead_of_times: parameters (document numbers) that make times unnecessary.
        times_needed: whether a call without times and without such a number is refused.
        page_size: what a call without page_size gets (企业版 only).
        counted: whether it has a total_count at all.
        history: whether it looks at the rows before the cut-off.
        qimen_name: its name on the Taobao gateway.
        ranges: the windows it takes; the first one that is sent counts.
        longest_with: the longest window when a parameter is sent.
        alone: parameters beside which every other one, times too, is ignored.
        required: parameters without which a call is refused.
        limit: the name of the switch that says how many rows a page has at most; empty: the dialect's.
        bare: whether 旗舰版 answers with a bare array and a total beside it.
        warehouse_hour: whether a warehouse without times means what changed during the last hour.
        at_night: whether it only works from 00:00 to 02:00.
    """

    name: str
    list_key: str
    parameters: dict[str, Check]
    rows: Rows
    qimen_name: str
    longest: int | None = None
    end_is_now: bool = False
    defaults: dict[str, Any] = field(default_factory=dict)
    instead_of_times: frozenset[str] = frozenset()
    times_needed: bool = True
    page_size: int = 40
    counted: bool = True
    history: bool = False
    ranges: tuple[Range, ...] = (Range(),)
    longest_with: dict[str, int] = field(default_factory=dict)
    alone: frozenset[str] = frozenset()
    required: tuple[str, ...] = ()
    limit: str = ""
    bare: bool = False
    warehouse_hour: bool = False
    at_night: bool = False

    def longest_for(self, values: dict[str, Any]) -> int:
        """Return the longest window of a call with these values, in seconds."""
        return next((span for name, span in self.longest_with.items() if name in values), self.longest or 0)

    def most(self, settings: Settings, dialect: int) -> int:
        """Return the most rows of a page, where the dialect's own most is ``dialect``."""
        return getattr(settings, self.limit) if self.limit else dialect


def values_of(endpoint: Endpoint, parameters: dict[str, Any]) -> dict[str, Any]:
    """Check the business parameters of a call.

    Raises:
        Refusal: a parameter is missing or wrong.
    """
    values = {**endpoint.defaults, **checked(parameters, endpoint.parameters)}
    for name in endpoint.required:
        if name not in values:
            raise Refusal("value_missing", name=name)
    alone = {name: values[name] for name in endpoint.alone if name in values}
    return alone or values


def read_text(value: Any) -> str:
    """Read a text; a number counts as one."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError(value)  # noqa: TRY004 - wrong values of any type are refused the same way
    return str(value)


def read_integer(value: Any) -> int:
    """Read a whole number, also from a text."""
    if isinstance(value, bool) or not INTEGER.fullmatch(str(value)):
        raise ValueError(value)
    return int(value)


def read_flag(value: Any) -> bool:
    """Read 0/1, which some pages call a boolean."""
    if isinstance(value, bool):
        return value
    if str(value) not in {"0", "1", "true", "false"}:
        raise ValueError(value)
    return str(value) in {"1", "true"}


def read_list(value: Any) -> list[str]:
    """Read a comma-joined list."""
    items = [item.strip() for item in read_text(value).split(",")]
    if not all(items) or len(items) > MAX_ARGUMENTS:
        raise ValueError(value)
    return items


def read_names(value: Any) -> list[str]:
    """Read a list of texts, as an array or comma-joined."""
    return [read_text(item) for item in value] if isinstance(value, list) and value else read_list(value)


def read_integers(value: Any) -> list[int]:
    """Read a comma-joined list of whole numbers."""
    return [read_integer(item) for item in read_list(value)]


TEXT = Check(read_text)
NUMBER = Check(read_integer)
FLAG = Check(read_flag)
LIST = Check(read_list)
NAMES = Check(read_names)
STATUSES = Check(read_integers, "status_wrong")


def checked(parameters: dict[str, Any], checks: dict[str, Check]) -> dict[str, Any]:
    """Check the values of the parameters that an endpoint knows; empty ones count as not sent.

    Raises:
        Refusal: a value is none.
    """
    values: dict[str, Any] = {}
    for name, check in checks.items():
        value = parameters.get(name)
        if value is None or value == "":
            continue
        try:
            values[name] = check.read(value)
        except ValueError:
            raise Refusal(check.refusal, name=name) from None
    return values


def moment(name: str, value: Any) -> int:
    """Read ``yyyy-MM-dd HH:mm:ss`` of Shanghai as unix seconds.

    Raises:
        Refusal: anything else; slashes are refused too (contract 2).
    """
    if not isinstance(value, str) or not TIME.fullmatch(value):
        raise Refusal("time_wrong", name=name, value=value)
    try:
        return int(datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CST).timestamp())
    except ValueError:
        raise Refusal("time_wrong", name=name, value=value) from None


def span_name(seconds: int) -> str:
    """Name a window length as the vendor does: 30天, 60分钟."""
    days = seconds // 86_400
    return f"{days}天" if days else f"{seconds // 60}分钟"


def check_window(start: int, end: int, longest: int, settings: Settings, *, equal: bool) -> None:
    """Refuse a window that is reversed, empty or too long.

    Args:
        start: first second.
        end: last second, inside the window.
        longest: seconds.
        settings: ``window_edge`` says whether the span may be exactly the longest.
        equal: whether start may equal end.
    """
    if end < start:
        raise Refusal("times_reversed")
    if end == start and not equal:
        raise Refusal("times_equal")
    if end - start + (settings.window_edge == "strict") > longest:
        raise Refusal("window_too_wide", span=span_name(longest))
