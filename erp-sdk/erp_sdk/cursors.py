"""Streams whose bookmark is a row version: a number that grows with every change of any row.

Some vendors let a list be read from a row version on (聚水潭: ``start_ts``). Such a list stands still under the reader:
a row that changes goes to the end, where it is still to be read, and nothing moves up into what has been read. So each
call asks for the rows from the highest version received on, page number one each time, until nothing higher comes.

The first run has no version to begin at, only ``start_date``, and versions are no times. It reads windows of time, like
any `WindowedStream`, and goes on by version where the windows end. The version to go on from (the anchor) is one that a
row is seen to have before the first window is read: whatever changes after that moment has a higher one, and what does
not change is in a window. No row falls between, whatever happens meanwhile.

What the bookmark does not run ahead of. A version is given when a transaction begins to write, and can be seen when it
is committed; a longer transaction's row shows up later than higher versions. So the bookmark stays behind the rows that
were changed within the last ``lookback_minutes``: they are written, and read once more by the next run. Against a
vendor that loses versions in other ways there is ``window_pass_hours``: so often, a run reads the windows since the
last such pass again.

State: ``replication_key_value`` is the version, ``windows_read_to`` and ``windows_end`` say how far the windows are
read and how far they go. A state that holds a time instead (of a run without versions, or set by hand to read from a
day on again) is taken as the moment that windows are to be read from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th
from singer_sdk.exceptions import FatalAPIError
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from erp_sdk.calls import PageRequest
from erp_sdk.paging import Seen
from erp_sdk.stream import Batch, Params, PointRead, WindowedStream
from erp_sdk.times import now, parse_time, rfc3339
from erp_sdk.windows import SECOND, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from singer_sdk.helpers import types

    from erp_sdk.tap import ErpTap

_FIRST_VERSION = 1
_POINT_EVERY_ROWS = 1_000
_READ_TO, _END, _CURSORS = "windows_read_to", "windows_end", "cursors"


def cursor_settings() -> list[th.Property[Any]]:
    """Return the settings of a tap that has such streams."""
    return [
        th.Property(
            "row_versions",
            th.BooleanType,
            default=True,
            description="Read by row version (ts 行版本) what the vendor offers it for; off: by time windows only. "
            "With end_date, windows are read in any case.",
        ),
        th.Property(
            "window_pass_hours",
            th.NumberType,
            default=0,
            description="For streams read by row version: read the windows of time since the last such pass once more "
            "when it is so many hours old, as a safety net; 0: never. Rows that have not changed come a second time. "
            "兜底窗口",
        ),
    ]


@dataclass(frozen=True, slots=True)
class Anchor:
    """A version to go on from after a pass over windows, and rows from it on that the pass is going to write."""

    version: int
    shown: AbstractSet[tuple[Any, int]]


@dataclass(frozen=True, slots=True)
class PassBegun:
    """Windows up to ``end`` are going to be read; ``anchor`` is the version to go on from, None when none was seen."""

    anchor: int | None
    end: datetime


@dataclass(frozen=True, slots=True)
class VersionRead:
    """All rows of a list below this version, and those of this version, have been written."""

    name: str
    version: int


class CursorStream(WindowedStream):
    """Reads what has changed by row version, and by windows where it cannot.

    Attributes:
        version_property: The row version.
        modified_property: When a row was changed, for the bookmark's distance from what is still moving.
        by_version: Whether the stream is read by version; a stream may decide from its settings.
        from_the_first_version: Whether a first run reads everything that there is, whatever its age: for lists of what
            is, not of what happened, such as stock.
        lists: Lists that are read one after the other, each with a bookmark of its own; one without a name usually.
    """

    version_property = "ts"
    modified_property = "modified"
    by_version = True
    from_the_first_version = False
    lists: tuple[str, ...] = ("",)

    def __init__(self, tap: ErpTap, **kwargs: Any) -> None:
        super().__init__(tap=tap, **kwargs)
        if not self.config["row_versions"] or self.config.get("end_date"):
            self.by_version = False
        self.replication_key = self.version_property if self.by_version else self.modified_property
        if self.by_version:
            self.version_key = self.version_property
            self.filter_times = (self.modified_property,)

    def version_call(self, name: str, version: int) -> Params:
        """Return the parameters that ask for a list's rows from a version on."""
        raise NotImplementedError

    # What is read.

    def sources(self, context: types.Context | None) -> Iterable[Callable[[], Iterator[Batch]]]:
        """Yield the windows that are still to be read, if any, and then what has changed since, by version."""
        if not self.by_version or self.replication_method != REPLICATION_INCREMENTAL:
            yield from super().sources(context)
            return
        versions = self._versions(context)
        shown: AbstractSet[Any] = frozenset()
        if self.from_the_first_version:
            versions = {name: versions.get(name, _FIRST_VERSION) for name in self.lists}
        else:
            whole = self.reading_range(context) if self._windows_are_due(context, versions) else None
            if whole is not None:
                anchor = None if versions else self._anchor(whole)
                if anchor is not None:
                    versions, shown = dict.fromkeys(self.lists, anchor.version), anchor.shown
                yield partial(iter, [PointRead(PassBegun(min(versions.values(), default=None), whole.end))])
                yield from self.windows_of(whole)
        for name, version in versions.items():
            yield partial(self._read_versions, name, version, shown)

    def reading_range(self, context: types.Context | None) -> Window | None:
        """Return the seconds that windows have to be read of; a pass that was begun ends where it was to end."""
        whole = super().reading_range(context)
        end = parse_time(self._own_state(context).get(_END)) if whole else None
        unfinished = end is not None and not self._pass_is_over(context)
        return replace(whole, end=min(end, whole.end)) if whole and end and unfinished else whole

    def _windows_are_due(self, context: types.Context | None, versions: Mapping[str, int]) -> bool:
        if not versions or not self._pass_is_over(context):
            return True
        hours = float(self.config["window_pass_hours"])
        read_to = parse_time(self._own_state(context).get(_READ_TO))
        return hours > 0 and (read_to is None or now() - read_to >= timedelta(hours=hours))

    def _pass_is_over(self, context: types.Context | None) -> bool:
        state = self._own_state(context)
        return str(state.get(_READ_TO) or "") >= str(state.get(_END) or "")  # one spelling: they compare as text

    def _anchor(self, whole: Window) -> Anchor | None:
        """Return a version that a row has now; None when there is no row, or rows have no versions."""
        end = whole.end
        for span in (timedelta(hours=1), timedelta(days=1)):
            found = self._newest_in(Window(max(whole.start, end - span), end))
            if found:
                return _anchor_at(found)
        while end >= whole.start:
            start = max(whole.start, end - self.longest_window + SECOND)
            found = self._newest_in(Window(start, end))
            if found:
                return _anchor_at(found)
            end = start - SECOND
        return None

    def _newest_in(self, window: Window) -> list[Any]:
        """Return a window's last page, or its first one if that is newer: the order is the vendor's."""
        for params in self.calls(window):
            page = self._page(PageRequest(params, self.first_page, with_total=True))
            if page.rows and page.total and page.total > len(page.rows):
                number = self.first_page + (page.total - 1) // len(page.rows)
                last = self._page(PageRequest(params, number, with_total=False))
                return max(list(page.rows), list(last.rows), key=_lowest_version)
            if page.rows:
                return list(page.rows)
        return []

    def _read_versions(self, name: str, version: int, shown: AbstractSet[Any]) -> Iterator[Batch]:
        begun = now()
        moving = rfc3339(begun - timedelta(minutes=float(self.config["lookback_minutes"])))
        reached, settled, unnoted = version, version, 0
        written: set[Any] = set()
        is_settled = True
        while True:
            rows = self._page(PageRequest(self.version_call(name, reached), self.first_page, with_total=False)).rows
            fresh = [row for row in rows if self._version_of(row, reached) > reached or row.key not in written]
            if new := [row for row in fresh if (row.key, row.version) not in shown]:
                yield new
            highest = max((row.version for row in rows), default=reached)
            for row in sorted(fresh, key=lambda row: row.version):
                is_settled = is_settled and _moment(row) <= moving
                if is_settled:
                    settled = row.version
            unnoted += len(fresh)
            is_over = highest <= reached or all(_moment(row) > rfc3339(begun) for row in rows)
            if is_over or unnoted >= _POINT_EVERY_ROWS:
                yield PointRead(VersionRead(name, settled))
                unnoted = 0
            if highest <= reached and len(rows) >= self.page_size:
                raise self._stands_still(reached)
            if is_over:
                return
            if [row.version for row in rows] != sorted(row.version for row in rows):
                raise self._is_unordered(reached)
            written = {row.key for row in rows if row.version == highest}
            reached = highest

    def _version_of(self, row: Any, reached: int) -> int:
        version = row.version
        if not isinstance(version, int):
            raise FatalAPIError(
                f"{self.name}: {self.vendor} shows row {row.key} without {self.version_property}; set row_versions to "
                "false to read by windows."
            )
        if version < reached:
            raise self._stands_still(reached)
        return version

    def _stands_still(self, reached: int) -> FatalAPIError:
        return FatalAPIError(
            f"{self.name}: asked for rows from {self.version_property} {reached} on, {self.vendor} does not get beyond "
            "it; set page_size larger, or row_versions to false to read by windows."
        )

    def _is_unordered(self, reached: int) -> FatalAPIError:
        return FatalAPIError(
            f"{self.name}: asked for rows from {self.version_property} {reached} on, {self.vendor} does not give them "
            "in that order, so the highest one would leave others behind; set row_versions to false to read by windows."
        )

    def _seen(self) -> Seen[Any]:
        if not self.by_version:
            return super()._seen()
        # Text, as `Seen` wants it: digits of one length compare like the numbers.
        return Seen(lambda row: row.key, lambda row: f"{row.version or 0:020d}{_moment(row)}")

    # State.

    def _own_state(self, context: types.Context | None) -> Mapping[str, Any]:
        """Return the bookmark if it is one by version; otherwise nothing."""
        state = self.get_context_state(context)
        ours = state.get("replication_key") == self.version_property
        return state if ours and isinstance(state.get("replication_key_value"), int) else {}

    def _versions(self, context: types.Context | None) -> dict[str, int]:
        state = self._own_state(context)
        if not state:
            return {}
        if self.lists == ("",):
            return {"": int(state["replication_key_value"])}
        known = state.get(_CURSORS, {})
        return {name: int(known[name]) for name in self.lists if name in known}

    def _bookmark(self, context: types.Context | None) -> datetime | None:
        state = self.get_context_state(context)
        both = (self.version_property, self.modified_property)
        keys = both if self.replication_key in both else (self.replication_key,)
        if self.replication_method != REPLICATION_INCREMENTAL or state.get("replication_key") not in keys:
            return None
        by_version = self._own_state(context)
        return self.bookmark_moment(by_version.get(_READ_TO) if by_version else state.get("replication_key_value"))

    def window_read(self, window: Window, context: types.Context | None) -> None:
        """Move the windows' bookmark to the window's end, never back, and write STATE if it moved."""
        own = self._own_state(context)
        if own or self.by_version:
            read_to = own.get(_READ_TO) if own else self._bookmark(context)
            moment = parse_time(read_to) if isinstance(read_to, str) else read_to
            if moment is None or window.end > moment:
                self._write(context, {_READ_TO: rfc3339(window.end)} if own else self._by_time(window))
            return
        super().window_read(window, context)

    def point_read(self, point: Any, context: types.Context | None) -> None:
        """Note where a pass begins, or up to which version everything has been written."""
        if isinstance(point, PassBegun):
            own = self._own_state(context)
            if own:
                self._write(context, {_END: rfc3339(point.end)}, says=False)
            elif point.anchor is not None:
                read_to = self._bookmark(context)
                begun = {} if read_to is None else {_READ_TO: rfc3339(read_to)}
                self._write(context, {**self._by_version(point.anchor), **begun, _END: rfc3339(point.end)}, says=False)
        elif isinstance(point, VersionRead):
            state = self._own_state(context)
            if self.lists == ("",):
                self._write(context, self._by_version(max(point.version, state.get("replication_key_value", 0))))
                return
            cursors = {**state.get(_CURSORS, {}), point.name: point.version}
            self._write(context, {**self._by_version(min(cursors.values())), _CURSORS: cursors})

    def _by_version(self, version: int) -> dict[str, Any]:
        return {"replication_key": self.version_property, "replication_key_value": version}

    def _by_time(self, window: Window) -> dict[str, Any]:
        return {"replication_key": self.modified_property, "replication_key_value": rfc3339(window.end)}

    def _write(self, context: types.Context | None, changes: Mapping[str, Any], *, says: bool = True) -> None:
        state = self.get_context_state(context)
        state.update(changes)
        if says:
            self.tap.state_writer.write_state(self.tap_state)


def _lowest_version(rows: list[Any]) -> int:
    """Return the lowest version of a page; 0 when there is no row or one has none.

    The lowest, since a row may be given a new version without a new time of change.
    """
    versions = [row.version for row in rows if isinstance(row.version, int)]
    return min(versions, default=0) if len(versions) == len(rows) else 0


def _anchor_at(rows: list[Any]) -> Anchor | None:
    lowest = _lowest_version(rows)
    return Anchor(lowest, {(row.key, row.version) for row in rows}) if lowest else None


def _moment(row: Any) -> str:
    """Return when a row was changed, as comparable text; "" when it does not say."""
    return row.times[0] or ""
