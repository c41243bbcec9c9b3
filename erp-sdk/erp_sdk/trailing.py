"""Changes of documents that the vendor lists by creation time only: a trailing window is read again in each run.

A document that was created last week and received today does not come back in today's creation window. So each run
reads everything created since `trailing_days` before the moment up to which changes are known, and hands on what has
changed since then. A change is found if it happens within `trailing_days` of the document's creation, however long ago
the last run was.

The bookmark is a moment of change, not of creation: *all changes up to it have been handed on*. It is the moment before
which the run's first list was asked for (less the settle time), since a document may change right after its page has
been read; such a change is later than the bookmark, and the next run finds it. It moves when the whole creation range
has been read, never earlier: only then is it true. Until then the state says how far the range has been read, so that a
run that was stopped goes on from there::

    {"replication_key": "gmtModified", "replication_key_value": "2026-03-30T08:00:00+08:00",
     "reading": {"created_from": "…", "created_through": "…", "bookmark": "…"}}

``reading`` belongs to the range that begins at ``created_from``. When bookmark, start_date, lookback or trailing_days
are changed, that beginning is another one, and the range is read anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from erp_sdk.stream import WindowedStream
from erp_sdk.times import parse_time, rfc3339
from erp_sdk.windows import SECOND, Window

if TYPE_CHECKING:
    from singer_sdk.helpers import types

    from erp_sdk.stream import Params

_READING = "reading"


def trailing_settings(*, days: float = 30) -> list[th.Property[Any]]:
    """Return the settings of a tap that has such streams.

    Args:
        days: The default.
    """
    return [
        th.Property(
            "trailing_days",
            th.NumberType,
            default=days,
            description="For documents that can be listed by creation time only: re-read those created within so many "
            "days before the bookmark, and write the changed ones. A change that comes later after creation is not "
            "found. 回溯天数",
        )
    ]


class TrailingStream(WindowedStream):
    """Reads windows of creation time, and hands on what has changed since the bookmark less the lookback.

    ``version_key`` is the replication key: the time of the last change.
    """

    _changed_since = ""
    _created: Window
    _reading: dict[str, str]

    def reading_range(self, context: types.Context | None) -> Window | None:
        """Return the creation times this run has to read, or None when there are none yet."""
        changes = super().reading_range(context)
        if changes is None:
            return None
        self._changed_since = rfc3339(changes.start)
        first = changes.start - timedelta(days=float(self.config["trailing_days"]))
        self._reading = {"created_from": rfc3339(first), "bookmark": rfc3339(changes.end)}
        stopped = self._stopped_at(context)
        if stopped is not None and stopped[0] < changes.end:
            through, self._reading["bookmark"] = stopped
            first = through + SECOND
            self.log("Going on with a range that was read up to %s", rfc3339(through))
        self._created = Window(first, changes.end)
        return self._created

    def _stopped_at(self, context: types.Context | None) -> tuple[datetime, str] | None:
        """Return how far an earlier run has read this very range, and the bookmark that was to follow from it."""
        kept = self.get_context_state(context).get(_READING)
        if self.replication_method != REPLICATION_INCREMENTAL or not isinstance(kept, dict):
            return None
        try:
            through, bookmark = parse_time(kept["created_through"]), parse_time(kept["bookmark"])
        except (KeyError, ValueError, AttributeError):
            return None
        if kept.get("created_from") != self._reading["created_from"] or through is None or bookmark is None:
            return None
        return through, rfc3339(bookmark)

    def kept(self, rows: list[Any], params: Params, window: Window) -> list[Any]:
        """Return the rows that have changed since; one that does not say when it changed may have."""
        since = self._changed_since
        mine = super().kept(rows, params, window)
        return [row for row in mine if row.version.__class__ is not str or row.version >= since]

    def window_read(self, window: Window, context: types.Context | None) -> None:
        """Note how far the range has been read; when it is complete, move the bookmark."""
        if self.replication_method != REPLICATION_INCREMENTAL:
            return
        state = self.get_context_state(context)
        if window.end < self._created.end:
            state[_READING] = {**self._reading, "created_through": rfc3339(window.end)}
        else:
            state.pop(_READING, None)
            known, reached = self._bookmark(context), self._reading["bookmark"]
            state["replication_key"] = self.replication_key
            state["replication_key_value"] = reached if known is None else max(rfc3339(known), reached)
        self.tap.state_writer.write_state(self.tap_state)
