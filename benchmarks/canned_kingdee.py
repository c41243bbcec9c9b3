"""Five-line documents of a form in Kingdee's shape: ``python -m benchmarks.canned_kingdee TEMPLATES COUNT``.

Answers ExecuteBillQuery (contract 8.1) for COUNT documents changed at even steps over thirty days from `FIRST`, for the
filters that a keyset walk sends, and nothing else. It is cheap on purpose, so that what a tap takes against it is the
tap's own: no signature is checked and no limit kept. TEMPLATES holds documents as BillQuery serves them: each a list of
its lines, each line an object of field keys and cells.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

from benchmarks.loopback import serve

CST = timezone(timedelta(hours=8))
FIRST = datetime(2026, 1, 1, tzinfo=CST)
DAYS = 30
FIRST_ID = 5_000_000
LINES = 5
LINE_IDS = 100  # FEntryID is the document's FID times this, and the line's number
_KEY, _ENTRY_KEY, _CHANGED = "FID", "_FEntryID", "FModifyDate"
_TIMES = (_CHANGED, "FCreateDate", "FApproveDate")
_BEHIND = re.compile(r"\bFID>(\d+)")
_WITHIN = re.compile(r"\bFID=(\d+) and \w+>=(\d+)")
_FROM = re.compile(r"\bFModifyDate>='([^']+)'")
_BEFORE = re.compile(r"\bFModifyDate<'([^']+)'")


class Canned:
    """The server's documents: number *i* was changed *i* steps after `FIRST`."""

    def __init__(self, documents: list[list[dict[str, Any]]], count: int) -> None:
        self._documents = documents
        self._count = count
        self._step = DAYS * 86400 / max(count, 1)

    def answer(self, _path: str, body: bytes) -> bytes:
        """Answer one query."""
        asked = json.loads(body)["data"]
        keys, condition, limit = asked["FieldKeys"], asked.get("FilterString") or "", int(asked["Limit"])
        if within := _WITHIN.search(condition):
            rows = self._rows(int(within[1]) - FIRST_ID, keys)[int(within[2]) % LINE_IDS - 1 :]
            return f"[{','.join(rows[:limit])}]".encode("ascii")
        low, high = self._range(condition)
        if asked["OrderString"].endswith("DESC"):
            low, limit = max(low, high - 1), 1
        chosen: list[str] = []
        for index in range(low, high):
            chosen += self._rows(index, keys)
            if len(chosen) >= limit:
                break
        return f"[{','.join(chosen[:limit])}]".encode("ascii")

    def _range(self, condition: str) -> tuple[int, int]:
        low, high = 0, self._count
        if behind := _BEHIND.search(condition):
            low = max(low, int(behind[1]) - FIRST_ID + 1)
        if since := _FROM.search(condition):
            low = max(low, self._index(since[1]))
        if before := _BEFORE.search(condition):
            high = min(high, self._index(before[1]))
        return low, high

    def _index(self, text: str) -> int:
        """Return the number of the first document changed at this moment or later."""
        moment = datetime.fromisoformat(text).replace(tzinfo=CST)
        index = max(0, int((moment - FIRST).total_seconds() / self._step) - 1)
        while index < self._count and self._changed(index) < moment:
            index += 1
        return index

    def _changed(self, index: int) -> datetime:
        return FIRST + timedelta(seconds=int(index * self._step))

    def _rows(self, index: int, keys: str) -> list[str]:
        templates = self._templates(keys)
        values = {"id": FIRST_ID + index, "time": f"{self._changed(index):%Y-%m-%dT%H:%M:%S}"}
        return [row % values for row in templates[index % len(templates)]]

    @lru_cache(64)  # noqa: B019 - there is one server a process
    def _templates(self, keys: str) -> list[list[str]]:
        """Return each document's rows for a list of field keys, with ``%(id)d`` and ``%(time)s`` where they differ."""
        wanted = keys.split(",")
        several = len(wanted) > 1
        return [
            [
                _as_template(line, wanted, number)
                for number, line in enumerate(document[: None if several else 1], start=1)
            ]
            for document in self._documents
        ]


def _as_template(line: dict[str, Any], keys: list[str], number: int) -> str:
    cells = []
    for key in keys:
        if key == _KEY:
            cells.append("%(id)d")
        elif key.endswith(_ENTRY_KEY):
            cells.append(f"%(id)d{number:02d}")
        elif key in _TIMES:
            cells.append('"%(time)s"')
        elif key == "FBillNo":
            cells.append('"CK%(id)d"')
        else:
            cells.append(json.dumps(line.get(key)).replace("%", "%%"))
    return f"[{','.join(cells)}]"


if __name__ == "__main__":
    serve(Canned(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), int(sys.argv[2])).answer)
