"""Five-line outbounds in the vendor's shape: ``python -m benchmarks.canned_jushuitan TEMPLATES COUNT``.

Answers the token calls and ``/open/orders/out/simple/query`` (contract 8.8), by window and by row version, for COUNT
documents spread over thirty days from `FIRST`, and nothing else. It is cheap on purpose, so that what a tap takes
against it is the tap's own: no signature is checked and no limit kept. TEMPLATES holds documents as the sandbox serves
them, cut to five lines (`cut`).
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
FIRST_ID = 5_000_000
FIRST_TS = 9_000_000_000
LINES = 5
MOST_ROWS = 50
HEAD = (
    "io_id", "o_id", "so_id", "status", "order_type", "io_date", "modified", "shop_id", "wms_co_id", "drp_co_id_from",
    "remark", "l_id", "pay_amount", "paid_amount", "ts",
)  # fmt: skip
LINE = ("ioi_id", "sku_id", "i_id", "name", "qty", "sale_price", "sale_amount", "oi_id")
TOKEN = (
    b'{"code":0,"msg":"","data":{"access_token":"canned","refresh_token":"canned","expires_in":2592000,"scope":"all"}}'
)


def cut(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document as the sandbox serves it, with five lines and the fields that a flow wants."""
    lines = [{name: line[name] for name in LINE if name in line} for line in document["items"][:LINES]]
    return {**{name: document[name] for name in HEAD if name in document}, "items": lines}


def as_template(document: dict[str, Any]) -> str:
    """Return the document's JSON with ``%(id)d``, ``%(ts)d`` and ``%(time)s`` where documents differ."""
    changed = {**document, "io_id": "@id@", "o_id": "@id@", "ts": "@ts@", "io_date": "@time@", "modified": "@time@"}
    changed["items"] = [{**line, "ioi_id": f"@id@{n}"} for n, line in enumerate(document["items"], start=1)]
    text = json.dumps(changed, ensure_ascii=True, separators=(",", ":")).replace("%", "%%")
    for name in ("id", "ts"):
        text = text.replace(f'"@{name}@"', f"%({name})d")
    return text.replace("@id@", "%(id)d").replace("@time@", "%(time)s")


class Canned:
    """The server's documents: number *i* was changed *i* steps after `FIRST`, and has the *i*-th row version."""

    def __init__(self, documents: list[dict[str, Any]], count: int) -> None:
        self._templates = [as_template(document) for document in documents]
        self._count = count
        self._step = DAYS * 86400 // max(count, 1)

    def answer(self, path: str, body: bytes) -> bytes:
        """Answer one call."""
        if "/openWeb/" in path:
            return TOKEN
        biz = json.loads(parse_qs(body.decode("utf-8"))["biz"][0])
        page, size = int(biz["page_index"]), min(int(biz["page_size"]), MOST_ROWS)
        low, high = self._chosen(biz)
        chosen = range(low + (page - 1) * size, min(high, low + page * size))
        rows = ",".join([self._document(index) for index in chosen])
        more = "true" if low + page * size < high else "false"
        total = max(high - low, 0)
        return (
            f'{{"code":0,"msg":"","data":{{"page_index":{page},"page_size":{size},"data_count":{total},'
            f'"page_count":{-(-total // size)},"has_next":{more},"datas":[{rows}]}}}}'
        ).encode("ascii")

    def _chosen(self, biz: dict[str, Any]) -> tuple[int, int]:
        if "start_ts" in biz:
            return max(int(biz["start_ts"]) - FIRST_TS, 0), self._count
        return self._index(biz["modified_begin"]), self._index(biz["modified_end"])

    def _index(self, text: str) -> int:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CST)
        return min(max(-(-int((moment - FIRST).total_seconds()) // max(self._step, 1)), 0), self._count)

    def _document(self, index: int) -> str:
        moment = FIRST + timedelta(seconds=index * self._step)
        values = {"id": FIRST_ID + index, "ts": FIRST_TS + index, "time": f"{moment:%Y-%m-%d %H:%M:%S}"}
        return self._templates[index % len(self._templates)] % values


if __name__ == "__main__":
    serve(Canned(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), int(sys.argv[2])).answer)
