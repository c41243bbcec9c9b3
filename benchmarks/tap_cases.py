"""What each tap is measured with: a stream of documents with lines, its vendor's stand-in, and its settings.

The documents are real ones of the sandbox, read from it by the tap's own stream and cut to five lines. All have the
shape that the stated bar was set with, 15 fields a head and 8 a line.
"""

from __future__ import annotations

import json
import signal
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from erp_sdk.calls import PageRequest
from erp_sdk.windows import cut as windows
from tap_jikeyun.tap import TapJikeyun
from tap_jushuitan.tap import TapJushuitan
from tap_kingdee.tap import TapKingdee
from tap_wangdiantong.tap import TapWangdiantong

from benchmarks import canned_jikeyun, canned_jushuitan, canned_kingdee, canned_wangdiantong
from benchmarks.measure import BenchError, Command
from benchmarks.servers import BIN, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from erp_sdk.tap import ErpTap

    from benchmarks.flow import Period
    from benchmarks.servers import Credentials

Document = dict[str, Any]
Documents = list[Any]
"""As the stand-in takes them: each as the vendor sends it; of Kingdee, each a list of its lines."""

WANTED = 50
CASES_DAYS = 7
"""Days of data in which every case finds documents with five lines."""
FIRST, LAST = canned_wangdiantong.FIRST, canned_wangdiantong.FIRST + canned_wangdiantong.WHOLE
"""When the documents of every stand-in were changed: from the one to the other."""
_DAY = timedelta(days=1)
_FREE = {"calls_per_minute": 0, "calls_per_second": 0}


@dataclass(frozen=True)
class TapCase:
    """One tap and what it reads.

    Attributes:
        title: What the table calls it.
        tap: The tap.
        stream: Its stream.
        account: Vendor and product of its credentials.
        address: Where the interface is behind a server's URL.
        stand_in: The module that serves canned documents.
        read: Gives documents with five lines that a stream of the tap finds in a period.
        line_fields: The parts of a line that the catalog has; all of them when none is named.
        settings: Settings besides credentials and period.
        state: A state to go on from, for a stream that is not read by a period.
    """

    title: str
    tap: type[ErpTap]
    stream: str
    account: tuple[str, str]
    address: str
    stand_in: str
    read: Callable[[Any, Period], Iterator[Documents]]
    line_fields: frozenset[str] = frozenset()
    settings: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """Its title for files."""
        return self.title.translate({ord(sign): "-" for sign in " ,"})

    def config(self, home: Path, credentials: Credentials, **settings: Any) -> dict[str, Any]:
        """Return the tap's settings without limits, with these besides."""
        vendor, product = self.account
        own = {"budget_path": str(home / "budget"), "token_path": str(home / "token.json")}
        every = {**credentials[vendor][product], **_FREE, **own, **self.settings, **settings}
        known = self.tap.config_jsonschema["properties"]
        return {name: value for name, value in every.items() if name in known}

    def command(self, home: Path, credentials: Credentials, url: str) -> Command:
        """Return the tap that reads all documents of the stand-in at ``url``, and nothing else."""
        end = {} if self.state else {"end_date": LAST.isoformat()}
        config = self.config(
            home, credentials, base_url=f"{url}{self.address}", start_date=FIRST.isoformat(), **end
        )  # fmt: skip
        catalog = catalog_of(home, self.tap.name, config, self.stream, self.line_fields)
        argv = [*tap_command(home, self.name, self.tap.name, config), "--catalog", str(catalog)]
        if self.state:
            state = home / f"state-{self.name}.json"
            state.write_text(json.dumps(self.state), encoding="utf-8")
            argv += ["--state", str(state)]
        return Command(self.name, argv)

    def write_templates(self, home: Path, credentials: Credentials, period: Period) -> Path:
        """Write documents of the sandbox that have five lines or more, cut to five.

        Raises:
            BenchError: There are none in this period.
        """
        config = self.config(home, credentials, start_date=period.start.isoformat())
        found: Documents = []
        with own_signals():
            for some in self.read(self.tap(config=config).streams[self.stream], period):
                found += some
                if len(found) >= WANTED:
                    break
        if not found:
            raise BenchError(f"no document for {self.title} has five lines in the seeded days.")
        path = home / f"templates-{self.name}.json"
        path.write_text(json.dumps(found[:WANTED], ensure_ascii=False), encoding="utf-8")
        return path


@contextmanager
def own_signals() -> Iterator[None]:
    """Keep this process's signals its own: a tap takes them for itself."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def tap_command(home: Path, name: str, tap: str, config: Mapping[str, Any]) -> list[str]:
    """Write a tap's settings; returns how it is started."""
    path = home / f"{name}.json"
    path.write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
    return [str(BIN / tap), "--config", str(path)]


def catalog_of(
    home: Path, tap: str, config: Mapping[str, Any], stream: str, line_fields: frozenset[str] = frozenset()
) -> Path:
    """Write a catalog that has one stream, and of its lines these fields if any are named."""
    command = tap_command(home, f"discovery-{stream}", tap, config)
    catalog = json.loads(run(home, [tap, *command[1:], "--discover"]))
    catalog["streams"] = [one for one in catalog["streams"] if one["stream"] == stream]
    for declared in catalog["streams"][0]["schema"]["properties"].values():
        if line_fields and "items" in declared:
            of_line = declared["items"]["properties"]
            declared["items"]["properties"] = {name: of_line[name] for name in of_line if name in line_fields}
    path = home / f"catalog-{stream}.json"
    path.write_text(json.dumps(catalog, ensure_ascii=False), encoding="utf-8")
    return path


def _listed(
    lines: str, cut: Callable[[Document], Document], fewest: int
) -> Callable[[Any, Period], Iterator[Documents]]:
    def read(stream: Any, period: Period) -> Iterator[Documents]:
        for window in windows(period.start, period.end, _DAY):
            for params in stream.calls(window):
                rows = stream.ask(PageRequest(params, stream.first_page, with_total=True)).rows
                documents = json.loads(bytes(rows or b"[]"))
                yield [cut(document) for document in documents if len(document.get(lines) or ()) >= fewest]

    return read


def _queried(stream: Any, _period: Period) -> Iterator[Documents]:
    keys, order = stream.layout.field_keys, f"FID ASC,{stream.layout.entry_key} ASC"
    documents: dict[int, Documents] = {}
    for row in json.loads(stream.query("", fields=keys, order=order, limit=stream.page_size)):
        documents.setdefault(row[0], []).append(dict(zip(keys.split(","), row, strict=True)))
    most = canned_kingdee.LINES
    yield [lines[:most] for lines in documents.values() if len(lines) >= most]


_JUSHUITAN = TapCase(
    "tap-jushuitan", TapJushuitan, "sales_outbounds", ("jushuitan", "merchant"), "/jushuitan", "canned_jushuitan",
    _listed("items", canned_jushuitan.cut, canned_jushuitan.LINES),
)  # fmt: skip
_KINGDEE = TapCase(
    "tap-kingdee", TapKingdee, "sale_orders", ("kingdee", "galaxy"), "/k3cloud/", "canned_kingdee", _queried,
    frozenset({"FEntryID", "FSeq", "FMaterialId", "FUnitID", "FQty", "FTaxPrice", "FAllAmount", "FDeliveryDate"}),
)  # fmt: skip
_READ_BY_WINDOWS = {"windows_read_to": LAST.isoformat(), "windows_end": LAST.isoformat()}
_FIRST_VERSION = {"replication_key": "ts", "replication_key_value": canned_jushuitan.FIRST_TS, **_READ_BY_WINDOWS}

CASES = (
    TapCase(
        "tap-wangdiantong", TapWangdiantong, "sales_stockouts", ("wangdiantong", "openapi"), "/openapi2/",
        "canned_wangdiantong", _listed("details_list", canned_wangdiantong.cut, canned_wangdiantong.LINES),
        settings={"dialect": "openapi"},
    ),
    _JUSHUITAN,
    replace(_JUSHUITAN, title="tap-jushuitan by row version", state={"bookmarks": {_JUSHUITAN.stream: _FIRST_VERSION}}),
    TapCase(
        "tap-jikeyun", TapJikeyun, "transfers", ("jikeyun", "openapi"), "/open/openapi/do", "canned_jikeyun",
        _listed("stockAllocateDetailViews", canned_jikeyun.cut, canned_jikeyun.LINES),
    ),
    _KINGDEE,
    replace(_KINGDEE, title="tap-kingdee, all 16 fields a line", line_fields=frozenset()),
)  # fmt: skip
"""Each tap with one stream of documents; two of them in two ways."""
