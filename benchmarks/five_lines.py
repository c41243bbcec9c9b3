"""Documents of exactly five lines, of the shape that the stated bar was set with: 15 fields a head, 8 a line, 1.2 KB.

They are real ones of the sandbox, cut down to the fields that the mapping reads and what any flow wants besides. How
the processes do on whole documents, with 60 fields a head and 28 a line, is what the sandbox's own rows show.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import requests

from benchmarks import canned_wangdiantong as canned
from benchmarks.flow import Period
from benchmarks.measure import BenchError
from benchmarks.servers import stand_in
from benchmarks.stock.mapping import read_codes
from benchmarks.stock.signing import signed_form

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from benchmarks.flow import Flow
    from benchmarks.servers import Credentials, Server

WANTED = 50
PAGE = 100
MOST_PAGES = 100
_SPAN = timedelta(days=10)


@dataclass(frozen=True)
class FiveLines:
    """Five-line documents to be served: their templates and how many."""

    templates: Path
    documents: int

    def served(self, home: Path) -> AbstractContextManager[Server]:
        """Serve them in the vendor's shape."""
        return stand_in(home, "canned_wangdiantong", str(self.templates), str(self.documents))

    @staticmethod
    def flow(flow: Flow) -> Flow:
        """Return the flow that reads them."""
        return replace(flow, dialect="openapi", period=Period(canned.FIRST, canned.FIRST + canned.WHOLE))


def write_templates(flow: Flow, credentials: Credentials) -> Path:
    """Write documents as the vendor sends them: completed, no wholesale, with a known customer, cut to five lines."""
    customers = read_codes(flow.codes, "customer")
    chosen: list[dict[str, Any]] = []
    for number in range(MOST_PAGES):
        rows = _page(flow, credentials, number)
        for row in rows:
            usable = str(row["status"]) == "110" and str(row["trade_type"]) == "1" and row["nick_name"] in customers
            if usable and len(row["details_list"]) >= canned.LINES:
                chosen.append(canned.cut(row))
        if len(chosen) >= WANTED or len(rows) < PAGE:
            break
    if not chosen:
        raise BenchError("no document of the seeded days has five lines; take more --days.")
    path = flow.home / "five_line_templates.json"
    path.write_text(json.dumps(chosen[:WANTED], ensure_ascii=False), encoding="utf-8")
    return path


def _page(flow: Flow, credentials: Credentials, number: int) -> list[dict[str, Any]]:
    account = credentials["wangdiantong"]["openapi"]
    start, end = (f"{moment:%Y-%m-%d %H:%M:%S}" for moment in (flow.period.end - _SPAN, flow.period.end))
    form = signed_form(account, {"start_time": start, "end_time": end, "page_no": str(number), "page_size": str(PAGE)})
    answer = requests.post(f"{account['base_url']}stockout_order_query_trade.php", data=form, timeout=60).json()
    if str(answer.get("code")) != "0":
        raise BenchError(f"the sandbox refused a page of stock-outs: {answer.get('message')}")
    rows: list[dict[str, Any]] = answer["stockout_list"]
    return rows
