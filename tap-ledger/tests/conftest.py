"""A ledger as target-kingdee writes it, and what tap-ledger says of it."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from sqlalchemy import ColumnElement, Executable, Table, update
from tap_ledger.tap import TapLedger
from target_kingdee.case import Case, Fate
from target_kingdee.document import Document, canonical_key
from target_kingdee.ledger import Ledger
from target_kingdee.ledger_rows import DeadLetter
from target_kingdee.ledger_schema import dead_letters, deliveries
from target_kingdee.totals import Totals

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = "5f0a7c@kingdee.example.com"
OUTSTOCK = "SAL_OUTSTOCK"


@dataclass
class WrittenLedger:
    """A ledger in the hands of target-kingdee."""

    url: str
    path: Path | None = None
    account: str = ACCOUNT

    @property
    def settings(self) -> dict[str, Any]:
        return {"ledger_url": self.url} if self.path is None else {"ledger_path": str(self.path)}

    def deliver(
        self,
        *numbers: str,
        form: str = OUTSTOCK,
        fate: Fate = Fate.DELIVERED,
        at: str | None = None,
        returned: str | None = None,
    ) -> None:
        """Send documents and note how they ended; `at` is the time that their rows then carry."""
        cases = [Case(_document(number), None) for number in numbers]
        with closing(Ledger(self.url, self.account)) as ledger:
            ledger.begin_run()
            book = ledger.book(form)
            with ledger.transaction() as connection:
                ledger.intend(connection, book, cases, 100)
            for case in cases:
                case.fate, case.kingdee_id, case.status = fate, 140000 + int(case.number[2:]), "C"
                case.is_ours, case.held_hash = True, case.document.content_hash
                case.returned = returned.encode() if returned else None
            with ledger.transaction() as connection:
                ledger.settle(connection, book, cases, frozenset(numbers))
            ledger.end_run("done", 1.0, "{}")
        if at is not None:
            self.change(deliveries, deliveries.c.number.in_(numbers), updated_at=at)

    def bury(self, *keys: int, form: str = OUTSTOCK, reason: str = "code_missing", at: str | None = None) -> None:
        """Keep dead letters that the mapper made; `at` is the time that their rows then carry."""
        self.keep(*keys, form=form, reason=reason, occurred_at=at)
        if at is not None:
            kept = [canonical_key({"stockout_id": key}) for key in keys]
            self.change(dead_letters, dead_letters.c.source_key.in_(kept), updated_at=at)

    def keep(
        self, *keys: int, form: str = OUTSTOCK, reason: str = "code_missing", occurred_at: str | None = None
    ) -> None:
        """Keep now what the mapper could not map at some time."""
        letters = [
            DeadLetter(
                form=form,
                source_stream="sales_stockouts",
                source_key=canonical_key({"stockout_id": key}),
                reason=reason,
                message=f"会员{key:04d} is not in the table customer",
                fix="add it to transforms/codes/customer.csv",
                record=f'{{"stockout_id":{key},"receivable":12345678901234567.8900,"remark":"请放门口"}}',
                mapping="wangdiantong/sales_stockouts",
                field="FCustomerID.FNumber",
                occurred_at=occurred_at,
            )
            for key in keys
        ]
        with closing(Ledger(self.url, self.account)) as ledger:
            ledger.begin_run()
            ledger.store_letters(letters)
            ledger.end_run("done", 1.0, "{}")

    def change(self, table: Table, *which: ColumnElement[bool], **values: Any) -> None:
        """Change rows behind target-kingdee's back: times that lie in the past, content that nobody writes."""
        self.execute(update(table).where(*which).values(**values))

    def execute(self, statement: Executable) -> None:
        with closing(Ledger(self.url, self.account)) as ledger, ledger.transaction() as connection:
            connection.execute(statement)


def _document(number: str) -> Document:
    key = {"stockout_id": int(number[2:])}
    record = msgspec.Raw(json.dumps(key).encode())
    content_hash = sha256(number.encode()).digest()[:16]
    totals = Totals("2026-03-30", 2, "3.5", "36.75")
    return Document(number, record, content_hash, "sales_stockouts", canonical_key(key), "", record, totals=totals)


@dataclass
class Read:
    """What a run of the tap wrote."""

    lines: Sequence[bytes]
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for line in self.lines:
            message = json.loads(line)
            if message["type"] == "RECORD":
                self.records.setdefault(message["stream"], []).append(message["record"])
            elif message["type"] == "STATE":
                self.state = message["value"]

    def numbers(self) -> list[str]:
        return [record["number"] for record in self.records.get("deliveries", [])]

    def keys(self) -> list[int]:
        return [json.loads(record["source_key"])["stockout_id"] for record in self.records.get("dead_letters", [])]

    def bookmark(self, stream: str) -> str:
        return str(self.state["bookmarks"][stream]["replication_key_value"])


ReadLedger = Callable[..., Read]


@pytest.fixture(scope="session")
def _signals_of_the_test_run() -> dict[int, Any]:
    return {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}


@pytest.fixture(autouse=True)
def _give_the_signals_back(_signals_of_the_test_run: dict[int, Any]) -> Iterator[None]:
    """singer-sdk takes the process's signals for each tap that it makes."""
    yield
    for number, handler in _signals_of_the_test_run.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def write_ledger() -> Callable[[Path], WrittenLedger]:
    """Write a ledger into a file."""
    return lambda path: WrittenLedger(f"sqlite:///{path}", path)


@pytest.fixture
def ledger(tmp_path: Path, write_ledger: Callable[[Path], WrittenLedger]) -> WrittenLedger:
    return write_ledger(tmp_path / "ledger.sqlite")


@pytest.fixture
def read(ledger: WrittenLedger, capsysbinary: pytest.CaptureFixture[bytes]) -> ReadLedger:
    """Run the tap: `read(after=<an earlier Read>, **settings)`."""

    def run(after: Read | None = None, catalog: Mapping[str, Any] | None = None, **settings: Any) -> Read:
        capsysbinary.readouterr()
        TapLedger(
            config={**ledger.settings, **settings},
            state=after.state if after is not None else None,
            catalog=dict(catalog) if catalog is not None else None,
        ).sync_all()
        return Read(capsysbinary.readouterr().out.splitlines())

    return run


@pytest.fixture
def postgres_ledger(postgres_database: Any) -> WrittenLedger:
    """A ledger without rows on a server."""
    return WrittenLedger(postgres_database.url)
