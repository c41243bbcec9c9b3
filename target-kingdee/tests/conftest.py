"""The target under test, run as its command line is, against the sandbox's Kingdee."""

from __future__ import annotations

import io
import json
import logging
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from erp_sdk.command import run
from target_kingdee.cli import build

FORM = "SAL_OUTSTOCK"
SCHEMA = {
    "type": "SCHEMA",
    "stream": FORM,
    "schema": {"type": "object", "properties": {"FBillNo": {"type": "string"}}},
    "key_properties": ["FBillNo"],
}
FAST = {"backoff_seconds": 0.01, "throttle_seconds": 0.01, "request_timeout": 20, "flush_seconds": 1000}
COMMAND = [str(Path(sys.executable).parent / "target-kingdee")]


def make_state(value: int) -> dict[str, Any]:
    return {"type": "STATE", "value": {"bookmarks": {"sales_stockouts": value}}}


@dataclass
class Outcome:
    """What a run of the command line left."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def states(self) -> list[int]:
        """The acknowledged bookmarks, in order."""
        return [json.loads(line)["bookmarks"]["sales_stockouts"] for line in self.stdout.splitlines() if line]

    @property
    def summary(self) -> dict[str, Any]:
        line = next(line for line in self.stderr.splitlines() if "RUN SUMMARY" in line)
        return json.loads(line.partition("RUN SUMMARY ")[2])

    @property
    def sentence(self) -> str:
        """The last line on stderr, which tells a user what went wrong."""
        return self.stderr.strip().splitlines()[-1]


@dataclass
class Kingdee:
    """The sandbox's Kingdee as people and tests see it; numbers of one test begin with its prefix."""

    sandbox: Any
    prefix: str
    materials: list[str] = field(default_factory=list)

    def held(self) -> dict[str, dict[str, Any]]:
        """Return this test's documents by number; a number that is there twice fails the test."""
        found: dict[str, dict[str, Any]] = {}
        for document in self.sandbox.show("kingdee", FORM):
            number = document.get("FBillNo") or ""  # a draft has none
            if number.startswith(self.prefix):
                assert number not in found, f"{number} is in Kingdee twice"
                found[number] = document
        return found

    def forget(self) -> None:
        """Delete this test's documents, so that those after it need not look through them."""
        numbers = {document.get("FBillNo") or "" for document in self.sandbox.show("kingdee", FORM)}
        if own := [number for number in numbers if number.startswith(self.prefix)]:
            self.person("delete-documents", form=FORM, numbers=own)

    def statuses(self) -> dict[str, str]:
        return {self.short(number): document["FDocumentStatus"] for number, document in self.held().items()}

    def amounts(self) -> dict[str, Decimal]:
        return {
            self.short(number): sum(Decimal(str(line["FAllAmount"])) for line in document["FEntity"])
            for number, document in self.held().items()
        }

    def short(self, number: str) -> str:
        return number.removeprefix(self.prefix)

    def number(self, index: int | str) -> str:
        return f"{self.prefix}{index}"

    def fault(self, kind: str, call: str = "BatchSave", **when: Any) -> None:
        self.sandbox.post("faults", [{"vendor": "kingdee", "call": call, "kind": kind, **when}])

    def faults(self, *entries: dict[str, Any]) -> None:
        self.sandbox.post("faults", [{"vendor": "kingdee", **entry} for entry in entries])

    def has_fault_fired(self) -> bool:
        """Whether the first fault that is set has met its call."""
        return bool(self.sandbox.get("faults")["faults"][0]["fired"])

    def settings(self, **changes: Any) -> None:
        self.sandbox.post("kingdee/settings", changes)

    def person(self, what: str, **body: Any) -> None:
        """Let a person do something in Kingdee's own client."""
        self.sandbox.post(f"kingdee/{what}", body)

    def calls(self, service: str) -> int:
        return sum(self.sandbox.get("calls").get("kingdee", {}).get(service, {}).values())


@dataclass
class Runner:
    """Runs the target's command line in this process."""

    home: Path
    credentials: dict[str, Any]

    @property
    def ledger(self) -> Path:
        return self.home / "ledger.sqlite"

    def config(self, **settings: Any) -> Path:
        path = self.home / f"config-{uuid.uuid4().hex[:6]}.json"
        merged = {**self.credentials, "ledger_path": str(self.ledger), **FAST, **settings}
        path.write_text(json.dumps({name: value for name, value in merged.items() if value is not None}))
        return path

    def messages(self, messages: Iterable[dict[str, Any] | str]) -> Path:
        path = self.home / f"messages-{uuid.uuid4().hex[:6]}.singer"
        lines = (one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in messages)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    def run(self, messages: Iterable[dict[str, Any] | str], **settings: Any) -> Outcome:
        """Deliver messages."""
        return self.command("--config", self.config(**settings), "--input", self.messages(messages))

    def tell(self, *args: str | Path, **settings: Any) -> Outcome:
        """Run one of the commands for people."""
        return self.command("--config", self.config(**settings), *args)

    def command(self, *args: str | Path) -> Outcome:
        out, err = io.StringIO(), io.StringIO()
        code = 0
        with process_left_as_it_was(), redirect_stdout(out), redirect_stderr(err):
            try:
                run(build(), name="target-kingdee", args=[str(arg) for arg in args])
            except SystemExit as leaving:
                code = int(leaving.code or 0)
        return Outcome(code, out.getvalue(), err.getvalue())

    def start(self, messages: Iterable[dict[str, Any] | str] | None, **settings: Any) -> subprocess.Popen[bytes]:
        """Start the target as a process of its own; without messages its standard input stays open."""
        command = [*COMMAND, "--config", str(self.config(**settings))]
        if messages is not None:
            command += ["--input", str(self.messages(messages))]
        stdin = subprocess.PIPE if messages is None else subprocess.DEVNULL
        return subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@contextmanager
def process_left_as_it_was() -> Iterator[None]:
    """Undo what a command line does to its process: handlers of signals and logs."""
    root, factory = logging.getLogger(), logging.getLogRecordFactory()
    handlers, level = list(root.handlers), root.level
    signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, level
        logging.setLogRecordFactory(factory)
        for number, handler in signals.items():
            signal.signal(number, handler)


@pytest.fixture
def kingdee(erp_sandbox) -> Iterator[Kingdee]:
    own = Kingdee(erp_sandbox, f"K{uuid.uuid4().hex[:10].upper()}-")
    yield own
    erp_sandbox.clear_faults()
    erp_sandbox.post("kingdee/reset-settings")
    own.forget()


@pytest.fixture
def target(tmp_path: Path, erp_sandbox) -> Runner:
    return Runner(tmp_path, {**erp_sandbox.galaxy, "auth": "app_secret"})


@pytest.fixture(scope="session")
def materials(erp_sandbox) -> list[str]:
    """A few materials that may be used."""
    found = []
    for material in erp_sandbox.show("kingdee", "BD_MATERIAL"):
        if material["FForbidStatus"] == "A":
            found.append(material["FNumber"])
        if len(found) == 20:
            break
    return found


@pytest.fixture
def schema() -> dict[str, Any]:
    """The SCHEMA message of the form the tests write."""
    return SCHEMA


@pytest.fixture
def state() -> Callable[[int], dict[str, Any]]:
    """Make a STATE: `state(7)`."""
    return make_state


Document = Callable[..., dict[str, Any]]


@pytest.fixture
def document(kingdee: Kingdee, materials: list[str]) -> Document:
    """Make a RECORD: `document(7, price="1.10", lines=3)`."""

    def make(index: int | str, price: str = "10.50", lines: int = 2, **head: Any) -> dict[str, Any]:
        number = kingdee.number(index)
        model = {
            "FBillTypeID": {"FNumber": "XSCKD01_SYS"},
            "FBillNo": number,
            "FDate": "2026-03-31",
            "FStockOrgId": {"FNumber": "100"},
            "FSaleOrgId": {"FNumber": "101"},
            "FCustomerID": {"FNumber": "KH00001"},
            "SubHeadEntity": {"FSettleCurrID": {"FNumber": "PRE001"}, "FIsIncludedTax": True},
            "FEntity": [
                {
                    "FMaterialID": {"FNumber": materials[line % len(materials)]},
                    "FRealQty": 2,
                    "FTaxPrice": float(price),
                    "FStockID": {"FNumber": "CK01"},
                    "FStockStatusID": {"FNumber": "KCZT01_SYS"},
                }
                for line in range(lines)
            ],
            **head,
        }
        source = {
            "stream": "sales_stockouts",
            "key": {"order_no": number},
            "mapping": "wangdiantong/sales_stockouts",
            "record": {"order_no": number, "nick_name": "会员0001", "receiver_mobile": "13800000000"},
        }
        return {"type": "RECORD", "stream": FORM, "record": model, "source": source}

    return make


@pytest.fixture
def documents(document: Document) -> Callable[..., list[dict[str, Any]]]:
    """Make the messages of a stream: SCHEMA, documents, and a STATE after every `every` of them."""

    def make(count: int, every: int = 5, **fields: Any) -> list[dict[str, Any]]:
        messages = [SCHEMA]
        for index in range(1, count + 1):
            messages.append(document(index, **fields))
            if index % every == 0 or index == count:
                messages.append(make_state(index))
        return messages

    return make
