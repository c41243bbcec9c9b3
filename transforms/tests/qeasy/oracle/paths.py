"""Where a path leads: into the current rows, the record, or the run's variables (contract 4.4, 7)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta

from transforms.tests.qeasy.oracle.times import parse_time, seconds, zone_of

MISSING = object()


def segments(path):
    """Split a path; `items[0].sku` is `items.0.sku`, and a leading `source.` or `response.` says nothing."""
    parts = re.sub(r"\[(\d+)\]", r".\1", path.strip()).split(".")
    return parts[1:] if len(parts) > 1 and parts[0] in {"source", "response"} else parts


def walk(value, path, on_list=lambda: None):
    """Follow a path from a value; through a list it goes by index or by the first row. Returns MISSING if it ends."""
    for part in path:
        if isinstance(value, list) and part.isdigit():
            value = value[int(part)] if int(part) < len(value) else MISSING
            continue
        if isinstance(value, list):
            on_list()
            value = value[0] if value else MISSING
        value = value.get(part, MISSING) if isinstance(value, dict) else MISSING
        if value is MISSING:
            return MISSING
    return value


@dataclass(frozen=True)
class Run:
    """What holds for a whole run: its context as the contract's examples give it, and the warnings it collects."""

    context: dict
    page_size: int | None = None
    warnings: list = field(default_factory=list)

    @property
    def zone(self):
        return zone_of(self.context.get("timezone"))

    @property
    def now(self):
        return parse_time(self.context["now"], self.zone)

    def warn(self, code):
        self.warnings.append(code)

    def moment(self, name):
        """Return the time a built-in variable stands for, or None when the name is no such variable."""
        if name in {"CURRENT_TIME", "currentTime", "$now"}:
            return self.now
        if name in {"LAST_SYNC_TIME", "lastSyncTime", "$lastExecuteTime"}:
            return parse_time(self.context["last_sync_time"], self.zone)
        found = re.fullmatch(r"DAYS_AGO_(\d+)", name)
        return self.now - timedelta(days=int(found[1])) if found else None

    def built_in(self, name):
        """Return an upper-case variable: times are Unix seconds."""
        moment = self.moment(name) if name.isupper() else None
        if moment is not None:
            return seconds(moment)
        pages = {"PAGINATION_PAGE_SIZE": self.page_size, "PAGINATION_START_ROW": 0, "PAGINATION_START_PAGE": 1}
        return pages.get(name, MISSING)

    def variable(self, name):
        """Return an alias of a built-in variable, or a global parameter."""
        moment = self.moment(name)
        return seconds(moment) if moment is not None else self.context.get("vars", {}).get(name, MISSING)


@dataclass(frozen=True)
class Place:
    """Where a value is produced: a record, and the rows around it, the innermost last.

    `rows` are pairs of the list's path and the row.
    """

    run: Run
    record: dict
    rows: tuple = ()

    def inside(self, list_path, row):
        return replace(self, rows=(*self.rows, (list_path, row)))

    def get(self, path):
        """Return the value a path leads to; missing is None."""
        parts = segments(path)
        if len(parts) == 1:
            built_in = self.run.built_in(parts[0])
            if built_in is not MISSING:
                return built_in
        value = self._of_the_data(parts)
        if value is MISSING and len(parts) == 1:
            value = self.run.variable(parts[0])
        return None if value is MISSING else value

    def _of_the_data(self, parts):
        for list_path, row in reversed(self.rows):
            if parts[: len(list_path)] == list_path:
                return walk(row, parts[len(list_path) :], self._list_in_header)
        for _, row in reversed(self.rows):
            value = walk(row, parts, self._list_in_header)
            if value is not MISSING:
                return value
        return walk(self.record, parts, self._list_in_header)

    def _list_in_header(self):
        self.run.warn("LIST_IN_HEADER")

    def all_rows(self, path):
        """Return a column of all rows of the record's lists, whatever the current row (aggregates, contract 5.1)."""
        values = [self.record]
        for part in segments(path):
            rows = [row for value in values for row in (value if isinstance(value, list) else [value])]
            values = [row[part] for row in rows if isinstance(row, dict) and part in row]
        return [row for value in values for row in (value if isinstance(value, list) else [value])]
