"""The base streams of every tap: pages that lose nothing, typed rows, fast messages, state at window ends.

A tap's ``client.py`` says how its vendor is asked and how an answer is opened (see `erp_sdk.calls`); its ``streams.py``
declares streams as class attributes. The rest is here.

Reading and writing overlap: windows are walked in threads (`erp_sdk.prefetch`), rows are written by the main thread in
the windows' order, and a window's end becomes the bookmark when its last row has been written.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from functools import cached_property, partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast

import msgspec
from singer_sdk import Stream
from singer_sdk.exceptions import FatalAPIError, SkippableAPIError
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from erp_sdk.calls import CallingStream, PageRequest
from erp_sdk.command import SetupError
from erp_sdk.messages import MessageWriter, RecordLine, encode_lines
from erp_sdk.paging import IncompleteList, Page, RepeatedPage, Seen, TooManyRows, Walk
from erp_sdk.prefetch import Instead, ReadAhead
from erp_sdk.schemas import Row, Rows, WrongValueError
from erp_sdk.times import now, parse_time, rfc3339
from erp_sdk.windows import Window, cut, reading_range

if TYPE_CHECKING:
    from singer_sdk.helpers import types
    from singer_sdk.singerlib import Catalog

    from erp_sdk.tap import ErpTap

Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WindowRead:
    """Comes after a window's last row."""

    window: Window


@dataclass(frozen=True, slots=True)
class PointRead:
    """Comes after the last row before a point that is no window's end; see `erp_sdk.cursors`."""

    point: Any


Batch = list[Any] | WindowRead | PointRead


class ErpStream(CallingStream):
    """What full-table and windowed streams share.

    Attributes:
        first_page: The number of the vendor's first page.
        largest_page: The most rows a call may ask for; the default page size.
        version_key: The property that tells which of two copies of a row is newer.
        confirm_empty: Whether an empty list is asked for once more before it is believed.
        short_page_ends: Whether a short page ends a list without a total.
        may_ignore_pages: Whether the vendor may give the whole list whatever page is asked for.
        filter_times: Properties that tell whether a row lies in the window asked for; `Row.times` holds them.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # `Rows` makes clean records; schema tests hold it to that
    first_page = 0
    largest_page = 100
    version_key: str | None = "modified"
    confirm_empty = False
    short_page_ends = False
    may_ignore_pages = False
    filter_times: Sequence[str] = ()

    def __init__(self, tap: ErpTap, **kwargs: Any) -> None:
        super().__init__(tap=tap, **kwargs)
        self._keys = tuple(self.primary_keys)  # as declared: a catalog may drop them, paging needs them
        self._told: set[str] = set()

    # What streams.py declares.

    def calls(self, window: Window | None) -> Sequence[Params]:
        """Return the parameter sets that read a window (or the whole table) together; one walk each, in this order."""
        del window
        return ({},)

    # Rows.

    @cached_property
    def rows(self) -> Rows:
        """Decoder of this stream's rows, for the properties that the catalog selects."""
        offered = self.effective_schema.get("properties", {})
        return Rows(
            self.schema,
            keys=self._keys,
            version=self.version_key,
            times=self.filter_times,
            selected=lambda crumb: self.mask[crumb] and crumb[1] in offered,
        )

    @property
    def page_size(self) -> int:
        """Rows a call."""
        return int(self.config.get("page_size") or self.largest_page)

    def _walk(self, params: Params, seen: Seen[Any], *, what: str, limit: int | None) -> Iterator[list[Any]]:
        walk = Walk(
            fetch=lambda number, *, with_total: self._page(PageRequest(params, number, with_total)),
            seen=seen,
            on_incomplete=partial(self._incomplete, what),
            pause=self._pause,
            first=self.first_page,
            size=self.page_size,
            limit=limit,
            confirm_empty=self.confirm_empty,
            short_page_ends=self.short_page_ends,
        )
        try:
            yield from (rows for rows in walk if rows)
        except RepeatedPage:
            if not self.may_ignore_pages:
                raise self._repeated(what) from None

    def _pause(self, attempt: int) -> None:
        time.sleep(float(self.config["retry_wait"]) * attempt)

    def _incomplete(self, what: str, found: IncompleteList) -> None:
        sentence = (
            f"{self.name}, {what}: {self.vendor} counts {found.total} rows and shows {found.seen} of them, again "
            "and again; run again later, or set incomplete_pages to warn if this account may not see all rows."
        )
        if self.config["incomplete_pages"] != "warn":
            raise FatalAPIError(sentence)
        self.logger.warning("%s", sentence)

    def _repeated(self, what: str) -> FatalAPIError:
        return FatalAPIError(
            f"{self.name}, {what}: {self.vendor} gives the same page again and again instead of the next one; nothing "
            "after it can be read. Set page_size larger or window_minutes smaller, so that one page holds all."
        )

    def _page(self, request: PageRequest) -> Page[Any]:
        try:
            listing = self.ask(request)
        except SkippableAPIError as error:
            self.logger.warning("%s", error)
            return Page([], 0)
        if listing.rows is None:
            return Page([], listing.total, listing.cursor, listing.more)
        try:
            rows = self.rows.decode(listing.rows)
        except WrongValueError as error:
            raise FatalAPIError(
                f"{self.name}: {error}; deselect that property in the catalog to read the rest, and report it."
            ) from None
        self._tell_unknown()
        return Page(rows, listing.total, listing.cursor, listing.more)

    def _tell_unknown(self) -> None:
        unknown = [name for name in self.rows.unknown_fields if name not in self._told]
        if unknown:
            self._told.update(unknown)
            self.logger.info("%s also sends %s: not in the schema, left out", self.vendor, ", ".join(unknown))

    def _seen(self) -> Seen[Any]:
        return Seen(attrgetter("key"), attrgetter("version"))

    # Records.

    def sources(self, context: types.Context | None) -> Iterable[Callable[[], Iterator[Batch]]]:
        """Return what can be read independently, oldest first; each is called in a thread of its own."""
        raise NotImplementedError

    def window_read(self, window: Window, context: types.Context | None) -> None:
        """Note that all rows of a window have been written."""

    def point_read(self, point: Any, context: types.Context | None) -> None:
        """Note that all rows before a point have been written."""

    def get_records(self, context: types.Context | None) -> Iterator[dict[str, Any]]:
        """Yield records as dictionaries."""
        for batch in self._batches(context):
            yield from (self.rows.dictionary(row) if row.__class__ is Row else row for row in batch)

    def _batches(self, context: types.Context | None) -> Iterator[list[Any]]:
        """Yield rows as they are read, and note each window whose rows have all been taken."""
        self.tap.make_shared()
        ahead = ReadAhead(self.sources(context), workers=self.tap.workers, check=self.tap.check_stop)
        with self.get_http_request_counter() as counter:
            try:
                for batch in ahead:
                    if isinstance(batch, WindowRead):
                        self.window_read(batch.window, context)
                    elif isinstance(batch, PointRead):
                        self.point_read(batch.point, context)
                    elif batch:
                        yield batch
            finally:
                counter.increment(self.calls_made)

    # Messages. Overridden private names of singer-sdk are pinned by tests/test_singer_sdk_names.py.

    def _sync_records(
        self, context: types.Context | None = None, *, write_messages: bool = True
    ) -> Generator[dict[str, Any], Any, Any]:
        if not write_messages or not self._writes_rows(context):
            yield from super()._sync_records(context, write_messages=write_messages)
            return
        with self.get_record_counter() as counter, self.get_sync_timer():
            for rows in self._batches(context):
                self._write_rows(rows)
                counter.increment(len(rows))
        self.state_manager.finalize_state(self.stream_state)
        self._write_state_message()

    def _writes_rows(self, context: types.Context | None) -> bool:
        """Tell whether pages can be written as they are: nothing has to look at single records."""
        maps = self.stream_maps
        return (
            self.ABORT_AT_RECORD_COUNT is None
            and context is None
            and not self.partitions
            and len(maps) == 1
            and type(maps[0]) is SameRecordTransform
            and not maps[0].flattening_enabled
            and not self.child_streams
            and type(self).post_process is Stream.post_process
            and isinstance(self.tap.message_writer, MessageWriter)
        )

    def _write_rows(self, rows: list[Any]) -> None:
        """Write a page in one go: each write hands the interpreter to the other threads, which take their time."""
        version = msgspec.UNSET if self._stream_version is None else self._stream_version
        now_utc = datetime.now(timezone.utc).isoformat()
        records = [row.record if row.__class__ is Row else row for row in rows]
        lines = encode_lines([RecordLine(self.name, record, version, now_utc) for record in records])
        cast("MessageWriter", self.tap.message_writer).write_line(lines[:-1])
        self.state_manager.is_flushed = False

    def _increment_stream_state(self, latest_record: Any, *, context: types.Context | None = None) -> None:
        """Do nothing: a row says nothing about the rows before it; `window_read` moves the bookmark."""

    def get_batch_config(self, config: Mapping[str, Any]) -> None:
        """No BATCH files: state is written at window ends and would run ahead of a file that is not written yet."""
        del config

    def log_sync_costs(self) -> None:
        """Say at the end of a run what reading has cost."""
        if self.calls_made:
            self.log("%d calls; all streams waited %.1f s for the call budget", self.calls_made, self.tap.budget.waited)


class FullTableStream(ErpStream):
    """Reads everything each time: base data such as shops and warehouses."""

    def sources(self, context: types.Context | None) -> Iterable[Callable[[], Iterator[Batch]]]:
        """Return the whole table as one source."""
        del context
        return (self._read_all,)

    def _read_all(self) -> Iterator[Batch]:
        seen = self._seen()
        for params in self.calls(None):
            yield from self._walk(params, seen, what="the whole table", limit=None)


class WindowedStream(ErpStream):
    """Reads what has changed, window by window; see `erp_sdk.windows`.

    Attributes:
        longest_window: What the vendor allows for one query.
    """

    longest_window: timedelta

    def get_starting_timestamp(self, context: types.Context | None) -> datetime | None:
        """Return the later of bookmark and start_date; None when there is neither."""
        moments = (self._bookmark(context), self.tap.moment("start_date"))
        return max((moment for moment in moments if moment is not None), default=None)

    def get_replication_key_signpost(self, context: types.Context | None = None) -> None:
        """No signpost: the bookmark is a window's end, which never lies in the future."""

    @property
    def lookback(self) -> timedelta:
        """How far before the bookmark is read again."""
        return timedelta(minutes=float(self.config["lookback_minutes"]))

    def reading_range(self, context: types.Context | None) -> Window | None:
        """Return the seconds this run has to read, or None when there are none yet.

        Raises:
            SetupError: There is neither bookmark nor start_date, or one is no date and time.
        """
        if self.get_starting_timestamp(context) is None:
            raise SetupError(f"{self.name} has no bookmark yet: set start_date, the moment to read from (起始时间).")
        return reading_range(
            bookmark=self._bookmark(context),
            start=self.tap.moment("start_date"),
            end=self.tap.moment("end_date", end_of_day=True),
            now=now(),
            lookback=self.lookback,
            settle=timedelta(minutes=float(self.config["settle_minutes"])),
        )

    def sources(self, context: types.Context | None) -> Iterable[Callable[[], Iterator[Batch]]]:
        """Yield one source a window."""
        whole = self.reading_range(context)
        if whole is None:
            self.log("Nothing to read yet")
            return
        yield from self.windows_of(whole)

    def windows_of(self, whole: Window) -> Iterator[Callable[[], Iterator[Batch]]]:
        """Yield one source a window of a period."""
        asked = self.config.get("window_minutes")
        span = self.longest_window if asked is None else min(self.longest_window, timedelta(minutes=float(asked)))
        self.log("Reading %s in windows of %g minutes", whole, span.total_seconds() / 60)
        for window in cut(whole.start, whole.end, span):
            yield partial(self._read_window, window, self._seen())

    def read_window(self, window: Window, seen: Seen[Any], limit: int | None) -> Iterator[list[Any]]:
        """Yield a window's rows, page by page; `seen` is shared by all its walks.

        Raises:
            TooManyRows: A list has more than `limit` rows.
        """
        for params in self.calls(window):
            for rows in self._walk(params, seen, what=str(window), limit=limit):
                yield self.kept(rows, params, window)

    def kept(self, rows: list[Any], params: Params, window: Window) -> list[Any]:
        """Return those of a page's rows that are to be written; all of them unless a stream knows better."""
        del params, window
        return rows

    def _read_window(self, window: Window, seen: Seen[Any]) -> Iterator[Any]:
        limit = int(self.config["window_rows"]) if window.seconds > 1 else None
        try:
            yield from self.read_window(window, seen, limit)
        except TooManyRows as many:
            count = max(2, math.ceil(many.total / (limit or many.total)))
            self.log("%d rows from %s: cutting into %d", many.total, window, count, level=logging.DEBUG)
            parts = window.split(count)
        else:
            yield WindowRead(window)
            return
        yield Instead(tuple(partial(self._read_part, part, seen) for part in parts))

    def _read_part(self, window: Window, whole: Seen[Any]) -> Iterator[Any]:
        # What was handed on before the long list was met is remembered, in a copy: memory stays bounded.
        return self._read_window(window, replace(whole, versions=dict(whole.versions)))

    def window_read(self, window: Window, context: types.Context | None) -> None:
        """Move the bookmark to the window's end, never back, and write STATE if it moved."""
        if self.replication_method != REPLICATION_INCREMENTAL:
            return
        bookmark = self._bookmark(context)
        if bookmark is None or window.end > bookmark:
            state = self.get_context_state(context)
            state["replication_key"] = self.replication_key
            state["replication_key_value"] = rfc3339(window.end)
            self.tap.state_writer.write_state(self.tap_state)

    def _bookmark(self, context: types.Context | None) -> datetime | None:
        """Return the state's bookmark if it is one of this stream's replication key."""
        state = self.get_context_state(context)
        value = state.get("replication_key_value")
        if self.replication_method != REPLICATION_INCREMENTAL or state.get("replication_key") != self.replication_key:
            return None
        return self.bookmark_moment(value)

    def bookmark_moment(self, value: Any) -> datetime | None:
        """Read a bookmark that is a time.

        Raises:
            SetupError: It is none.
        """
        try:
            return parse_time(value)
        except (ValueError, AttributeError):
            raise SetupError(
                f"the state of {self.name} holds {value!r}, which is no date and time; mend or clear it "
                "(meltano state list, meltano state clear)."
            ) from None

    def apply_catalog(self, catalog: Catalog) -> None:
        """Take the catalog's selection and method; the key that the bookmark is about follows the settings."""
        declared = self.replication_key
        super().apply_catalog(catalog)
        if self.replication_key:
            self.replication_key = declared

    def _write_starting_replication_value(self, context: types.Context | None) -> None:
        """Do nothing: `reading_range` reads bookmark and start_date itself, and state holds nothing but bookmarks."""
