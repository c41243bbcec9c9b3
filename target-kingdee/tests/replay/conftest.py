"""A source, a mapping, a ledger, and what replays the dead letters in it: `tap-ledger | mapper-kd | target-kingdee`."""

from __future__ import annotations

import io
import json
import logging
import signal
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from erp_sdk.command import run
from mapper_kd.mapper import MapperKd
from tap_ledger.tap import TapLedger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORDERS = {
    "type": "SCHEMA",
    "stream": "orders",
    "key_properties": ["order_id"],
    "schema": {
        "type": "object",
        "properties": {
            "order_id": {"type": "integer"},
            "number": {"type": "string"},
            "buyer": {"type": ["string", "null"]},
            "mobile": {"type": ["string", "null"]},
            "status": {"type": ["string", "null"]},
            "lines": {
                "type": ["array", "null"],
                "items": {
                    "type": "object",
                    "properties": {"sku": {"type": ["string", "null"]}, "price": {"type": ["number", "null"]}},
                },
            },
            "extra": {"type": ["string", "null"]},
        },
    },
}
OUTSTOCK = """
stream: orders
form: SAL_OUTSTOCK
number: FBillNo
where: =status == "shipped"
head:
  FBillTypeID.FNumber: XSCKD01_SYS
  FBillNo: =number
  FDate: "2026-03-31"
  FStockOrgId.FNumber: "100"
  FSaleOrgId.FNumber: "101"
  FCustomerID.FNumber: =code("customer", buyer)
  FLinkPhone: =mobile
  SubHeadEntity.FSettleCurrID.FNumber: PRE001
lines:
  FEntity:
    each: =lines
    fields:
      FMaterialID.FNumber: =line.sku
      FRealQty: 2
      FTaxPrice: =line.price
      FStockID.FNumber: CK01
      FStockStatusID.FNumber: KCZT01_SYS
"""
CUSTOMER = """
stream: orders
form: BD_Customer
number: FNumber
head:
  FNumber: =number
  FName: =buyer
  FCreateOrgId.FNumber: "100"
  FUseOrgId.FNumber: "100"
"""


@dataclass
class Flow:
    """A tap's records, a mapping and its code table, a ledger, and what replays them."""

    ORDERS: ClassVar[dict[str, Any]] = ORDERS
    OUTSTOCK: ClassVar[str] = OUTSTOCK
    CUSTOMER: ClassVar[str] = CUSTOMER

    kingdee: Any
    target: Any
    sku: str
    log: pytest.LogCaptureFixture
    warnings: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.target.home

    def mapping(self, text: str, name: str = "orders") -> None:
        path = self.home / "mappings" / f"{name}.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def customers(self, **codes: str) -> None:
        """Write the code table: buyer to customer."""
        path = self.home / "codes" / "customer.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in ("buyer,customer", *map(",".join, codes.items()))))

    def order(self, index: int, buyer: str = "ann", sku: str | None = None, **changed: Any) -> dict[str, Any]:
        record = {
            "order_id": index,
            "number": self.kingdee.number(index),
            "buyer": buyer,
            "mobile": f"1390000{index:04d}",
            "status": "shipped",
            "lines": [{"sku": sku or self.sku, "price": 10.5}],
            "extra": "字",
            **changed,
        }
        return {"type": "RECORD", "stream": "orders", "record": record}

    def mapped(self, messages: bytes, **settings: Any) -> list[str]:
        """Send messages through the mapper."""
        out = io.TextIOWrapper(io.BytesIO())
        book = f"sqlite:///{self.home}/merge-book.sqlite"
        named = {"flows": str(self.home / "mappings"), "codes": str(self.home / "codes"), "merge_book": book}
        config = {**named, **settings}
        with redirect_stdout(out):
            MapperKd(config=config).listen(io.BytesIO(messages))
        return out.buffer.getvalue().decode().splitlines()

    def deliver(self, *orders: dict[str, Any], mapper: dict[str, Any] | None = None, **settings: Any) -> Any:
        """Run the whole flow once from its source."""
        lines = "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in (ORDERS, *orders))
        return self.target.run(self.mapped(lines.encode(), **(mapper or {})), **settings)

    def tap(self, *args: str, **settings: Any) -> bytes:
        """Run tap-ledger; what it warns of is kept."""
        config = self.home / "tap-ledger.json"
        config.write_text(json.dumps({"ledger_path": str(self.target.ledger), "replay": True, **settings}))
        out, err = io.TextIOWrapper(io.BytesIO()), io.StringIO()
        self.log.clear()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                run(TapLedger.get_singer_command(), name="tap-ledger", args=["--config", str(config), *args])
            except SystemExit as leaving:
                self.exit_code = leaving.code or 0
        warned = [record.getMessage() for record in self.log.records if record.levelno == logging.WARNING]
        self.warnings = warned + [line for line in err.getvalue().splitlines() if line.startswith("tap-ledger: ")]
        out.flush()
        return out.buffer.getvalue()

    def replay(
        self, mapper: dict[str, Any] | None = None, target: dict[str, Any] | None = None, **settings: Any
    ) -> Any:
        """Run the flow once from the ledger."""
        return self.target.run(self.mapped(self.tap(**settings), **(mapper or {})), **(target or {}))

    def reading(self, **settings: Any) -> Iterator[dict[str, Any]]:
        """Read letters as a replay does, at the pace of whoever asks for them."""
        tap = TapLedger(config={"ledger_path": str(self.target.ledger), "replay": True, **settings})
        for stream in tap.streams.values():
            yield from stream.get_records(None)

    def replayed(self, **settings: Any) -> list[dict[str, Any]]:
        """Return the source records that a replay would send."""
        messages = [json.loads(line) for line in self.tap(**settings).splitlines()]
        return [one["record"] for one in messages if one["type"] == "RECORD"]

    def letters(self, *options: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.target.tell("dead-letters", "export", *options).stdout.splitlines()]


@pytest.fixture(autouse=True)
def _give_the_signals_back():
    """singer-sdk takes the process's signals for each plugin that it makes."""
    signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in signals.items():
        signal.signal(number, handler)


@pytest.fixture
def flow(kingdee, target, materials, caplog) -> Flow:
    made = Flow(kingdee, target, materials[0], caplog)
    made.mapping(OUTSTOCK)
    made.customers(ann="KH00001")
    return made
