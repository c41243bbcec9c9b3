"""Five-line stock-outs in the vendor's shape: ``python -m benchmarks.canned_wangdiantong TEMPLATES COUNT``.

Answers ``stockout_order_query_trade.php`` (contract 8.E1) for COUNT documents spread over thirty days from `FIRST`, and
nothing else. It is cheap on purpose, so that what a tap takes against it is the tap's own: no signature is checked and
no limit kept. TEMPLATES holds documents as the sandbox serves them, cut to five lines (`cut`).
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
    "stockout_id", "order_no", "src_trade_no", "status", "trade_type", "consign_time", "modified", "shop_no",
    "warehouse_no", "nick_name", "fenxiao_nick", "remark", "logistics_no", "receivable", "goods_count",
)  # fmt: skip
LINE = ("rec_id", "goods_no", "spec_no", "goods_name", "goods_count", "sell_price", "share_amount", "src_tid")
_TIMES = ("consign_time", "trade_time", "pay_time", "created", "stock_check_time", "modified")
_NUMBERS = {
    "order_no": "CK9", "stockout_no": "CK9", "src_order_no": "JY9", "trade_no": "JY9", "src_trade_no": "T9",
    "src_tids": "T9", "src_tid": "T9", "logistics_no": "SF9",
}  # fmt: skip


def cut(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document as the sandbox serves it, with five lines and the fields that a flow wants."""
    lines = [{name: line[name] for name in LINE} for line in document["details_list"][:LINES]]
    return {**{name: document[name] for name in HEAD}, "details_list": lines}


def as_template(document: dict[str, Any]) -> str:
    """Return the document's JSON with ``%(id)d``, ``%(time)s`` … where documents differ from each other."""
    changed = _marked(document)
    changed["details_list"] = [
        {**_marked(line), "rec_id": f"@id@{position}", "src_oid": f"T9@id@-{position}"}
        for position, line in enumerate(document["details_list"], start=1)
    ]
    text = json.dumps(changed, ensure_ascii=True, separators=(",", ":")).replace("%", "%%")
    if isinstance(document["stockout_id"], int):
        text = text.replace('"stockout_id":"@id@"', '"stockout_id":@id@')
    return text.replace("@id@", "%(id)d").replace("@time@", "%(time)s")


def _marked(fields: dict[str, Any]) -> dict[str, Any]:
    marked = {**fields, "stockout_id": "@id@"}
    marked |= {name: f"{prefix}@id@" for name, prefix in _NUMBERS.items() if name in fields}
    return marked | {name: "@time@" for name in _TIMES if fields.get(name)}


class Canned:
    """The server's documents: number *i* was changed *i* steps after `FIRST`."""

    def __init__(self, documents: list[dict[str, Any]], count: int) -> None:
        self._templates = [as_template(document) for document in documents]
        self._count = count
        self._step = DAYS * 86400 // max(count, 1)

    def answer(self, _path: str, body: bytes) -> bytes:
        """Answer one page of one window."""
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8")).items()}
        low, high = self._index(form["start_time"], up=True), self._index(form["end_time"], up=False) + 1
        if "110" not in form.get("status", "110").split(","):
            high = low
        page, size = int(form.get("page_no", 0)), int(form.get("page_size", 40))
        chosen = range(low + page * size, min(high, low + (page + 1) * size))
        rows = ",".join([self._document(index) for index in chosen])
        total = f'"total_count":{max(high - low, 0)},' if page == 0 else ""
        return f'{{"code":0,"message":"",{total}"stockout_list":[{rows}]}}'.encode("ascii")

    def _index(self, text: str, *, up: bool) -> int:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CST)
        seconds = int((moment - FIRST).total_seconds())
        index = -(-seconds // self._step) if up else seconds // self._step
        return min(max(index, 0 if up else -1), self._count if up else self._count - 1)

    def _document(self, index: int) -> str:
        moment = FIRST + timedelta(seconds=index * self._step)
        values = {"id": FIRST_ID + index, "time": f"{moment:%Y-%m-%d %H:%M:%S}"}
        return self._templates[index % len(self._templates)] % values


if __name__ == "__main__":
    serve(Canned(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), int(sys.argv[2])).answer)
