"""A project of its own for each test, and the mapper in it: Singer messages in, Singer messages out."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from erp_sdk.command import run
from erp_sdk.messages import encode
from mapper_kd.cli import commands
from mapper_kd.expression_checks import ExpressionError
from mapper_kd.expressions import compile_expression
from mapper_kd.kinds import row_of
from mapper_kd.mapper import MapperKd
from mapper_kd.runtime import GLOBALS
from mapper_kd.scope import RECORD, Code, Names, Scope
from mapper_kd.source_record import SourceObject, decoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

COMMAND = Path(sys.executable).parent / "mapper-kd"

TEXT = {"type": ["string", "null"]}
NUMBER = {"type": ["number", "null"]}
INTEGER = {"type": ["integer", "null"]}


def objects(**properties: Any) -> dict[str, Any]:
    return {"type": ["object", "null"], "properties": properties}


def list_of(item: Any) -> dict[str, Any]:
    return {"type": ["array", "null"], "items": item}


ORDER = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "number": TEXT,
        "status": INTEGER,
        "paid": NUMBER,
        "shop": TEXT,
        "buyer": TEXT,
        "warehouse": TEXT,
        "remark": TEXT,
        "time": {"type": ["string", "null"], "format": "date-time"},
        "open": {"type": ["boolean", "null"]},
        "anything": {},
        "tags": list_of(TEXT),
        "receiver": objects(name=TEXT, city=TEXT),
        "lines": list_of(objects(sku=TEXT, count=NUMBER, price=NUMBER, lots=list_of(objects(lot=TEXT, count=NUMBER)))),
    },
}


class _Exact(json.JSONEncoder):
    """Writes a Decimal with its digits, as the taps do."""

    def default(self, o: Any) -> Any:
        return f"@{o}@" if isinstance(o, Decimal) else super().default(o)


def wire(messages: Any) -> bytes:
    lines = [
        one if isinstance(one, bytes) else json.dumps(one, cls=_Exact, ensure_ascii=False).encode() for one in messages
    ]
    return b"\n".join(lines).replace(b'"@', b"").replace(b'@"', b"") + b"\n"


def parse(output: bytes) -> list[dict[str, Any]]:
    return [json.loads(line, parse_float=Decimal) for line in output.splitlines()]


@dataclass
class Project:
    """A folder with mappings and code tables, and what tests write into it."""

    folder: Path
    output: Any
    order = ORDER
    program = (str(COMMAND),)
    wire = staticmethod(wire)

    @staticmethod
    def schema(stream: str = "orders", key: tuple[str, ...] = ("id",), **properties: Any) -> dict[str, Any]:
        declared = {"type": "object", "properties": properties} if properties else ORDER
        return {"type": "SCHEMA", "stream": stream, "schema": declared, "key_properties": list(key)}

    @staticmethod
    def record(stream: str = "orders", **values: Any) -> dict[str, Any]:
        return {"type": "RECORD", "stream": stream, "record": {"id": 1, "number": "N1"} | values}

    @staticmethod
    def flow(body: str = "", head: str = "") -> str:
        """A mapping of `orders` with a number and whatever else."""
        return f"stream: orders\nform: SAL_OUTSTOCK\nnumber: FBillNo\n{head}\nhead:\n  FBillNo: =number\n{body}"

    def write(self, path: str, content: str) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
        return file

    def mapping(self, content: str, name: str = "orders") -> Path:
        return self.write(f"mappings/{name}.yml", content)

    def table(self, name: str, *rows: str) -> Path:
        return self.write(f"codes/{name}.csv", "\n".join(rows) + "\n")

    def run(self, *messages: Any, **settings: Any) -> list[dict[str, Any]]:
        """Send messages through the mapper in this process; return the messages it writes."""
        mapper = MapperKd(config={"flows": "mappings", "codes": "codes"} | settings)
        mapper.listen(io.BytesIO(wire(messages)))
        return parse(self.output.readouterr().out)

    def map(self, content: str, *values: dict[str, Any], **settings: Any) -> list[dict[str, Any]]:
        """Map records of `orders`; return the records that come out, dead letters among them."""
        self.mapping(content)
        messages = self.run(self.schema(), *(self.record(**one) for one in values), **settings)
        return [one["record"] for one in messages if one["type"] == "RECORD"]

    def listen(self, lines: Iterable[bytes], **settings: Any) -> list[dict[str, Any]]:
        """Send lines that are made one after the other, so that something can happen between them."""
        mapper = MapperKd(config={"flows": "mappings", "codes": "codes"} | settings)
        mapper.listen(lines)  # type: ignore[arg-type]  # the reader takes any lines
        return [one["record"] for one in parse(self.output.readouterr().out) if one["type"] == "RECORD"]

    def command(self, *arguments: str, messages: Any = ()) -> subprocess.CompletedProcess[bytes]:
        """Run `mapper-kd` as a user or Meltano runs it."""
        return subprocess.run(
            [*self.program, *arguments],
            input=wire(messages),
            cwd=self.folder,
            capture_output=True,
            timeout=60,
            check=False,
        )

    def ask(self, *arguments: str) -> Answer:
        """Run `mapper-kd check` or `preview` in this process: the same way in, without a second's start."""
        with pytest.raises(SystemExit) as leaving:
            run(commands, name="mapper-kd", args=arguments)
        said = self.output.readouterr()
        return Answer(leaving.value.code or 0, said.out.decode(), said.err.decode())


class Answer(NamedTuple):
    """What a command has answered."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def project(tmp_path, monkeypatch, capsysbinary):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MELTANO_PROJECT_ROOT", raising=False)
    (tmp_path / "mappings").mkdir()
    (tmp_path / "codes").mkdir()
    # The plugin takes over the signals of its process.
    before = [(one, signal.getsignal(one)) for one in (signal.SIGINT, signal.SIGTERM)]
    yield Project(tmp_path, capsysbinary)
    for one, handler in before:
        signal.signal(one, handler)


@pytest.fixture
def compile_text() -> Callable[..., Code]:
    """Compile an expression over a record of `orders`."""

    def compile_one(text: str, names: Names | None = None, fields: SourceObject | None = None) -> Code:
        def no_table(name: str) -> Any:
            raise ExpressionError(f"there is no table {name}")

        fields = fields or SourceObject(ORDER, "orders")
        scope = Scope(Code("record", row_of(fields, certain=True), RECORD, certain=True), fields)
        return compile_expression(text, scope, names or Names(no_table))

    return compile_one


@pytest.fixture
def evaluate(compile_text: Callable[..., Code]) -> Callable[..., Any]:
    """Compile an expression and give it a record."""

    def value(text: str, record: dict[str, Any]) -> Any:
        names, fields = Names(lambda name: pytest.fail(f"table {name}")), SourceObject(ORDER, "orders")
        code = compile_text(text, names, fields)
        namespace = GLOBALS | names.bound
        exec(f"def value(record): return {code.text}", namespace)
        return namespace["value"](decoder(fields.structure())(encode(record)))

    return value


@dataclass
class Clock:
    """The time by which tables are loaded again, in seconds."""

    now: float = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr("mapper_kd.tables.shelf.time", made)
    return made
