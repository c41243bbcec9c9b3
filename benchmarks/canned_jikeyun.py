"""Five-line transfers in 吉客云's shape: ``python -m benchmarks.canned_jikeyun TEMPLATES COUNT``.

Answers ``erp.allocate.get`` (contract 8.1) for COUNT documents created over thirty days from `FIRST`, and nothing else.
It is cheap on purpose, so that what a tap takes against it is the tap's own: no signature is checked and no limit kept.
TEMPLATES holds documents as the sandbox serves them, cut to five lines (`cut`).
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from benchmarks.loopback import serve

CST = timezone(timedelta(hours=8))
FIRST = datetime(2026, 1, 1, tzinfo=CST)
DAYS = 30
WHOLE = timedelta(days=DAYS)
FIRST_ID = 5_000_000
LINES = 5
HEAD = (
    "allocateId", "allocateNo", "outWarehouseCode", "outWarehouseName", "intWarehouseCode", "intWarehouseName",
    "status", "outStatus", "inStatus", "gmtCreate", "gmtModified", "totalAmount", "skuCount", "memo", "reason",
)  # fmt: skip
LINE = ("goodsNo", "goodsName", "skuBarcode", "unitName", "skuCount", "outCount", "skuPrice", "totalAmount")


def cut(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document as the sandbox serves it, with five lines and the fields that a flow wants."""
    lines = [{name: line[name] for name in LINE} for line in document["stockAllocateDetailViews"][:LINES]]
    return {**{name: document[name] for name in HEAD}, "stockAllocateDetailViews": lines}


def as_template(document: dict[str, Any]) -> str:
    """Return the document's JSON with ``%(id)d``, ``%(time)s`` … where documents differ from each other."""
    changed = {
        **document,
        "allocateId": "@id@",
        "allocateNo": "DB9@id@",
        "gmtCreate": "@milliseconds@",
        "gmtModified": "@time@",
    }
    text = json.dumps(changed, ensure_ascii=True, separators=(",", ":")).replace("%", "%%")
    text = text.replace('"@milliseconds@"', "%(milliseconds)d")
    return text.replace("@id@", "%(id)d").replace("@time@", "%(time)s")


class Canned:
    """The server's documents: number *i* was created, and last changed, *i* steps after `FIRST`."""

    def __init__(self, documents: list[dict[str, Any]], count: int) -> None:
        self._templates = [as_template(document) for document in documents]
        self._count = count
        self._step = DAYS * 86400 // max(count, 1)

    def answer(self, _path: str, body: bytes) -> bytes:
        """Answer one page of one window."""
        asked = json.loads(parse_qs(body.decode("utf-8"))["bizcontent"][0])
        low, high = self._index(asked["startCreateTime"], up=True), self._index(asked["endCreateTime"], up=False) + 1
        page, size = asked["pageIndex"], asked["pageSize"]
        chosen = range(low + page * size, min(high, low + (page + 1) * size))
        rows = ",".join([self._document(index) for index in chosen])
        data = f'{{"totalCount":{max(high - low, 0)},"stockAllocate":[{rows}]}}'
        return f'{{"code":200,"msg":"","subCode":"","result":{{"contextId":"c","data":{data}}}}}'.encode("ascii")

    def _index(self, text: str, *, up: bool) -> int:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CST)
        seconds = int((moment - FIRST).total_seconds())
        index = -(-seconds // self._step) if up else seconds // self._step
        return min(max(index, 0 if up else -1), self._count if up else self._count - 1)

    def _document(self, index: int) -> str:
        moment = FIRST + timedelta(seconds=index * self._step)
        milliseconds = int(moment.timestamp()) * 1000
        values = {"id": FIRST_ID + index, "time": f"{moment:%Y-%m-%d %H:%M:%S}", "milliseconds": milliseconds}
        return self._templates[index % len(self._templates)] % values


if __name__ == "__main__":
    serve(Canned(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), int(sys.argv[2])).answer)
