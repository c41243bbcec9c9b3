"""The flow that is measured, 旺店通 stock-outs into 金蝶 SAL_OUTSTOCK: both pipes' commands and settings."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any

from benchmarks.measure import ROOT, Command
from benchmarks.servers import BIN, run
from benchmarks.stock import mapping as stock_mapping

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.servers import Credentials

CST = timezone(timedelta(hours=8))
UNTIL = date(2026, 3, 31)
"""The last trading day of the benchmark's data: fixed, so that every day measures the same documents."""
MAPPING = "transforms/mappings/wangdiantong/sales_stockouts.yml"
CODE_TABLES = {
    "customer_seller": ("BD_Customer", "customer=FNumber", "seller=FSELLER.FNumber"),
    "sale_order_entry": (
        "SAL_SaleOrder",
        "bill_no=FBillNo", "material=FMaterialId.FNumber", "fid=FID", "entry_id=FSaleOrderEntry_FEntryID",
    ),
}  # fmt: skip
SAVE_OPTIONS = {"IsVerifyBaseDataField": True, "IsAutoSubmitAndAudit": True}
"""What both targets ask of BatchSave."""


@dataclass(frozen=True)
class Period:
    """What a tap reads: the times between two moments, +08:00."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Flow:
    """Both pipes over one home folder.

    Attributes:
        home: Where settings, ledger and logs go.
        dialect: The vendor's dialect that the taps speak.
        batch_size: Documents a BatchSave.
        period: The days that are read.
    """

    home: Path
    dialect: str
    batch_size: int
    period: Period

    @property
    def codes(self) -> Path:
        """The code tables of both mappers."""
        return self.home / "codes"

    @property
    def nothing(self) -> Period:
        """A period without documents: what a process takes to read it is its start-up."""
        return Period(self.period.end + timedelta(days=10), self.period.end + timedelta(days=10, hours=1))

    def read_code_tables(self, credentials: Credentials) -> None:
        """Write the code tables: the seller's own, and those that are read from Kingdee."""
        run(self.home, ["erp-sandbox", "codes", "--output", str(self.codes)])
        config = self.write("query", self.target_settings(credentials))
        for name, question in CODE_TABLES.items():
            table = run(self.home, ["target-kingdee", "--config", str(config), "query", *question, "--csv"])
            (self.codes / f"{name}.csv").write_text(table, encoding="utf-8")

    def forget_ledger(self) -> None:
        """Remove what target-kingdee remembers, so that a run writes its ledger from nothing."""
        for path in self.home.glob("ledger.sqlite*"):
            path.unlink()

    def target_settings(self, credentials: Credentials) -> dict[str, Any]:
        """Return target-kingdee's settings."""
        return {
            **credentials["kingdee"]["galaxy"],
            "auth": "app_secret",
            "ledger_path": str(self.home / "ledger.sqlite"),
            "batch_size": self.batch_size,
        }

    def tap_settings(self, credentials: Credentials, period: Period) -> dict[str, Any]:
        """Return tap-wangdiantong's settings."""
        return {
            **credentials["wangdiantong"][self.dialect],
            "dialect": self.dialect,
            "start_date": period.start.isoformat(),
            "end_date": period.end.isoformat(),
            "calls_per_minute": 0,
            "budget_path": str(self.home / "budget"),
        }

    def ours(self, credentials: Credentials, period: Period | None = None) -> list[Command]:
        """Return our pipe: tap-wangdiantong, mapper-kd, target-kingdee."""
        tap = self.write("tap", self.tap_settings(credentials, period or self.period))
        mapper = self.write("mapper", {"mapping": str(ROOT / MAPPING), "codes": [str(self.codes)]})
        target = self.write("target", self.target_settings(credentials))
        catalog = self.write("catalog", self._selected())
        return [
            Command("tap", [str(BIN / "tap-wangdiantong"), "--config", str(tap), "--catalog", str(catalog)]),
            Command("mapper", [str(BIN / "mapper-kd"), "--config", str(mapper)]),
            Command("target", [str(BIN / "target-kingdee"), "--config", str(target)]),
        ]

    def plain_target(self, credentials: Credentials) -> Command:
        """Return the target without delivery and ledger, with the settings of ours."""
        target = self.write("target", self.target_settings(credentials))
        return Command("plain target", [sys.executable, "-m", "benchmarks.plain_target", "--config", str(target)])

    def stock(self, credentials: Credentials, period: Period | None = None) -> list[Command]:
        """Return the stock pipe: a plain singer-sdk tap, meltano-map-transform, a plain singer-sdk target."""
        chosen = period or self.period
        tap = self.write("stock-tap", {
            **credentials["wangdiantong"][self.dialect],
            "dialect": self.dialect,
            "start_date": f"{chosen.start:%Y-%m-%d %H:%M:%S}",
            "end_date": f"{chosen.end:%Y-%m-%d %H:%M:%S}",
        })  # fmt: skip
        mapper = self.write("stock-mapper", stock_mapping.settings(self.codes))
        galaxy = credentials["kingdee"]["galaxy"]
        target = self.write("stock-target", {
            **{name: galaxy[name] for name in ("base_url", "acct_id", "username", "app_id", "app_secret", "lcid")},
            "codes": str(self.codes),
            "batch_size_rows": self.batch_size,
            "save_options": SAVE_OPTIONS,
        })  # fmt: skip
        return [
            Command("stock tap", [sys.executable, "-m", "benchmarks.stock.tap", "--config", str(tap)]),
            Command("stock mapper", [str(BIN / "meltano-map-transform"), "--config", str(mapper)]),
            Command("stock target", [sys.executable, "-m", "benchmarks.stock.target", "--config", str(target)]),
        ]

    def _selected(self) -> dict[str, Any]:
        """Return the tap's catalog with the stream of this flow alone selected."""
        path = self.home / "discovered.json"
        if not path.exists():
            path.write_text(run(self.home, ["tap-wangdiantong", "--config", str(self.home / "tap.json"), "--discover"]))
        catalog: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        catalog["streams"] = [stream for stream in catalog["streams"] if stream["stream"] == "sales_stockouts"]
        return catalog

    def write(self, name: str, settings: dict[str, Any]) -> Path:
        """Write a process's settings; returns where."""
        path = self.home / f"{name}.json"
        path.write_text(json.dumps(settings, ensure_ascii=False), encoding="utf-8")
        return path


def last_days(days: int, until: date) -> Period:
    """Return the days ending with ``until``, with the hours after it in which its documents are still changed."""
    midnight = datetime.combine(until, time(), CST)
    return Period(midnight - timedelta(days=days), midnight + timedelta(days=2))
