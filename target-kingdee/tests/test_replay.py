"""Dead letters replayed through the mapping of today: `tap-ledger | mapper-kd | target-kingdee`."""

from __future__ import annotations

import io
import json
import logging
import signal
import sqlite3
import time
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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
        config = {"flows": str(self.home / "mappings"), "codes": str(self.home / "codes"), **settings}
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


def test_what_is_mended_goes_through_and_what_is_not_stays_with_one_attempt_more(flow, kingdee):
    flow.deliver(*(flow.order(index, buyer) for index, buyer in enumerate(("ann", "bob", "cid"), start=1)))
    flow.customers(ann="KH00001", bob="KH00002")

    outcome = flow.replay()

    assert outcome.exit_code == 0, outcome.stderr
    assert kingdee.statuses() == {"1": "C", "2": "C"}
    [left] = flow.letters()
    assert (left["record"]["buyer"], left["attempts"], left["state"]) == ("cid", 2, "open")
    assert (outcome.summary["read"], outcome.summary["delivered"]) == (2, 1)
    assert [one["state"] for one in flow.letters("--all")] == ["delivered", "open"]


def test_a_document_that_kingdee_refused_is_mapped_anew(flow, kingdee):
    flow.deliver(flow.order(1, sku="NO-SUCH-MATERIAL"))
    flow.mapping(OUTSTOCK.replace("=line.sku", flow.sku))

    flow.replay()

    assert kingdee.statuses() == {"1": "C"}
    assert flow.letters() == []


def test_the_records_are_those_of_the_source_to_the_byte(flow):
    spelled = json.dumps(flow.order(1, "bob")["record"], ensure_ascii=False).replace("10.5", "12345678901234567.8900")
    flow.target.run(
        flow.mapped(f'{json.dumps(ORDERS)}\n{{"type":"RECORD","stream":"orders","record":{spelled}}}\n'.encode())
    )

    schema, record = flow.tap().splitlines()

    assert spelled.encode() in record
    assert json.loads(schema) == ORDERS


def test_replaying_again_and_again_sends_only_what_is_open(flow, kingdee):
    flow.deliver(flow.order(1, "bob"), flow.order(2, "cid"))
    flow.customers(bob="KH00001", cid="KH00002")
    flow.replay()
    saves = kingdee.calls("BatchSave")

    again = flow.tap()
    outcome = flow.replay()

    assert again == b""
    assert (outcome.exit_code, kingdee.calls("BatchSave")) == (0, saves)
    assert kingdee.statuses() == {"1": "C", "2": "C"}


@pytest.mark.parametrize("on_existing", ["skip", "update"])
def test_the_form_that_went_through_is_not_touched_when_the_other_one_is_replayed(flow, kingdee, on_existing):
    flow.mapping(CUSTOMER, "customers")
    flow.deliver(flow.order(1, "bob"), on_existing=on_existing)
    [letter] = flow.letters()
    flow.customers(bob="KH00001")
    saves = kingdee.calls("BatchSave")

    outcome = flow.replay(target={"on_existing": on_existing})

    assert letter["form"] == "SAL_OUTSTOCK"
    assert (outcome.summary["delivered"], outcome.summary["unchanged"]) == (1, 1)
    assert kingdee.calls("BatchSave") == saves + 1
    assert kingdee.statuses() == {"1": "C"}
    assert flow.letters() == []


def test_a_record_that_two_forms_refused_is_sent_once(flow, kingdee):
    flow.mapping(CUSTOMER.replace("=buyer", '=code("customer", buyer)'), "customers")
    flow.deliver(flow.order(1, "bob"))
    assert [one["form"] for one in flow.letters()] == ["BD_Customer", "SAL_OUTSTOCK"]
    assert len(flow.replayed()) == 1
    flow.customers(bob="KH00001")

    outcome = flow.replay()

    assert outcome.summary["delivered"] == 2
    assert flow.letters() == []
    assert kingdee.statuses() == {"1": "C"}


def test_the_newest_record_is_the_one_that_is_sent(flow):
    flow.deliver(flow.order(1, "bob"))
    flow.mapping(CUSTOMER.replace("=buyer", '=code("customer", buyer)'), "customers")
    flow.mapping(OUTSTOCK.replace("orders", "others", 1))
    flow.deliver(flow.order(1, "bob", extra="new"))

    assert len(flow.letters()) == 2
    assert [one["extra"] for one in flow.replayed()] == ["new"]


def test_a_record_that_the_mapping_now_leaves_out_stays_open_until_it_is_discarded(flow, kingdee):
    flow.deliver(flow.order(1, "bob"))
    flow.customers(bob="KH00001")
    flow.mapping(OUTSTOCK.replace('"shipped"', '"never"'))

    flow.replay()

    [letter] = flow.letters()
    assert letter["attempts"] == 1
    flow.target.tell("dead-letters", "discard", str(letter["dead_letter_id"]), "--note", "not wanted any more")
    assert flow.replayed() == []
    assert kingdee.statuses() == {}


def test_filters_choose_what_is_replayed(flow, kingdee):
    flow.deliver(flow.order(1, "bob"), flow.order(2, sku="NO-SUCH-MATERIAL"), flow.order(3, "cid"))

    def sent(**settings: Any) -> list[int]:
        return sorted(record["order_id"] for record in flow.replayed(**settings))

    assert sent() == [1, 2, 3]
    assert sent(reason="code_missing") == [1, 3]
    assert sent(number=kingdee.number(2)) == [2]
    assert sent(form="AR_receivable") == []
    assert sent(since="2099-01-01") == []
    assert sent(until="2099-01-01") == [1, 2, 3]
    assert sent(account="other@kingdee.example.com") == []


def test_letters_of_several_accounts_are_not_replayed_into_one(flow):
    flow.deliver(flow.order(1, "bob"))
    host = flow.target.credentials["base_url"].split("/")[2]
    flow.deliver(flow.order(2, "bob"), base_url=f"http://localhost:{host.split(':')[1]}/k3cloud/")

    assert flow.tap() == b""
    assert (flow.exit_code, "set account to the one" in flow.warnings[-1]) == (2, True)
    chosen = f"{flow.target.credentials['acct_id']}@{host}"
    assert [record["order_id"] for record in flow.replayed(account=chosen)] == [1]


def test_encrypted_letters_are_replayed_whole_with_the_key_and_not_without(flow, kingdee):
    key = flow.target.command("dead-letters", "new-key").stdout.strip()
    flow.deliver(flow.order(1, "bob"), personal_data="encrypt", personal_data_key=key)
    flow.customers(bob="KH00001")

    assert flow.tap().count(b"RECORD") == 0
    assert (flow.exit_code, "set personal_data_key" in flow.warnings[-1]) == (2, True)
    other = flow.target.command("dead-letters", "new-key").stdout.strip()
    assert flow.replayed(personal_data_key=other) == []
    assert "1 dead letters of orders are not replayed: personal_data_key does not open them" in flow.warnings[-1]
    assert flow.replayed(personal_data_key=f"{other},{key}") == [flow.order(1, "bob")["record"]]
    flow.replay(personal_data_key=key)

    assert flow.letters() == []
    assert kingdee.held()[kingdee.number(1)]["FLinkPhone"] == "13900000001"


def test_letters_without_their_personal_data_are_never_delivered_with_holes(flow, kingdee):
    flow.deliver(flow.order(1, "bob"), flow.order(2, "bob"), personal_data="omit")
    flow.customers(bob="KH00001")

    outcome = flow.replay()

    assert outcome.exit_code == 0
    [warning] = flow.warnings
    assert "2 dead letters of orders are not replayed" in warning
    assert "read their period from the source again" in warning
    assert kingdee.statuses() == {}
    assert len(flow.letters()) == 2
    flow.deliver(flow.order(1, "bob"), flow.order(2, "bob"))
    assert flow.letters() == []


@pytest.mark.parametrize("source", ["key", "none"])
def test_letters_without_source_record_are_not_taken_for_source_records(flow, source):
    flow.deliver(flow.order(1, sku="NO-SUCH-MATERIAL"), mapper={"source": source})

    sent = flow.replayed()

    if source == "key":  # the model is all there is
        assert (sent, "kept without a source record" in flow.warnings[-1]) == ([], True)
    else:  # the form's own stream is the source
        assert [record["FBillNo"] for record in sent] == [flow.kingdee.number(1)]


def test_a_letter_of_a_record_that_came_without_a_mapper_is_replayed_as_it_is(flow, kingdee, document, schema):
    message = document(1, FCustomerID={"FNumber": "KH00003"})
    del message["source"]
    customer = {"form": "BD_Customer", "numbers": ["KH00003"]}
    kingdee.person("forbid", **customer)
    flow.target.run([schema, message])
    kingdee.person("enable", **customer)

    assert flow.replayed() == [message["record"]]
    flow.target.run(flow.tap().decode().splitlines())

    assert kingdee.statuses() == {"1": "C"}
    assert flow.letters() == []


def test_a_stream_whose_schema_is_not_kept_is_replayed_as_a_stream_of_any_records(flow, kingdee):
    flow.deliver(flow.order(1, "bob"))
    with sqlite3.connect(flow.target.ledger) as ledger:
        ledger.execute("DELETE FROM source_schemas")
    flow.customers(bob="KH00001")

    flow.replay()

    assert kingdee.statuses() == {"1": "C"}
    assert flow.letters() == []


def test_a_replay_without_a_ledger_or_open_letters_says_so(flow):
    flow.tap()
    assert (flow.exit_code, "there is no ledger at" in flow.warnings[-1]) == (2, True)

    flow.deliver(flow.order(1))

    assert flow.tap() == b""
    assert flow.exit_code == 0


def test_a_hundred_letters_converge_in_one_replay(flow, kingdee):
    flow.deliver(*(flow.order(index, "bob") for index in range(1, 101)), max_consecutive_errors=0)
    flow.customers(bob="KH00001")
    kingdee.fault("timeout_after", nth=2, seconds=0.1)

    outcome = flow.replay(target={"request_timeout": 1, "batch_size": 20})

    assert outcome.exit_code == 0, outcome.stderr
    assert flow.letters() == []
    assert list(kingdee.statuses().values()) == ["C"] * 100


def test_a_replay_is_refused_while_another_run_writes_the_form(flow, kingdee):
    flow.deliver(flow.order(1, "bob"))
    before = flow.letters()
    flow.customers(bob="KH00001")
    writer = flow.target.start(None)
    writer.stdin.write(f"{flow.mapped(json.dumps(ORDERS).encode())[1]}\n".encode())
    writer.stdin.flush()
    try:
        wait_for_holder(flow.target.ledger)
        second = flow.replay()
    finally:
        writer.stdin.close()
        writer.wait(timeout=30)
        writer.stdout.close()
        writer.stderr.close()

    assert second.exit_code == 1
    assert "SAL_OUTSTOCK" in second.sentence
    assert flow.letters() == before
    assert flow.replay().exit_code == 0
    assert kingdee.statuses() == {"1": "C"}


def test_what_is_refused_again_while_the_ledger_is_read_does_not_come_round(flow):
    """More letters than one page holds, so that the ledger is read while the target writes the first of them."""
    flow.deliver(*(flow.order(index, "bob") for index in range(1, 1101)), max_consecutive_errors=0)
    pages = iter(flow.reading())
    first = [next(pages) for _ in range(600)]
    flow.replay(target={"max_consecutive_errors": 0})

    rest = list(pages)

    assert len(first) + len(rest) <= 1100
    assert {letter["attempts"] for letter in flow.letters()} == {2}


def test_letters_in_postgres_are_replayed_as_those_in_a_file(flow, kingdee, postgres_database):
    url = {"ledger_url": postgres_database.url}
    flow.deliver(flow.order(1, "bob"), flow.order(2, "cid"), **url)
    flow.customers(bob="KH00001")

    outcome = flow.replay(target=url, **url)

    assert outcome.exit_code == 0, outcome.stderr
    assert kingdee.statuses() == {"1": "C"}
    left = postgres_database.rows("SELECT state, attempts FROM dead_letters ORDER BY state")
    assert left == [("delivered", 1), ("open", 2)]


def wait_for_holder(ledger: Path) -> None:
    for _ in range(200):
        with closing(sqlite3.connect(ledger)) as connection:
            if connection.execute("SELECT 1 FROM books WHERE holder IS NOT NULL").fetchone():
                return
        time.sleep(0.05)
    raise AssertionError("the writer did not take the form")


def test_ten_thousand_letters_are_chosen_by_their_index_whatever_the_forms(flow):
    flow.mapping(CUSTOMER.replace("=buyer", '=code("customer", buyer)'), "customers")
    flow.deliver(flow.order(1, "bob"))
    with closing(sqlite3.connect(flow.target.ledger)) as ledger, ledger:
        columns = (
            "book_id, source_stream, mapping, reason, message, fix, record, attempts, first_at, last_at, updated_at"
        )
        ledger.execute(
            f"""WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
            INSERT INTO dead_letters ({columns}, run_id, source_key)
            SELECT {columns}, run_id, printf('{{"order_id":%d}}', i) FROM dead_letters, n"""
        )
    began = time.process_time()

    sent = flow.replayed()

    assert len(sent) == 5000
    assert time.process_time() - began < 15  # without the index it is minutes
