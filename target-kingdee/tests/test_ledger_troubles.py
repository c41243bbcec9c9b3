"""A ledger whose disk is full or whose server is gone: one sentence, and nothing lost or doubled."""

from __future__ import annotations

import resource
import socket
import sys
import threading
import time
from contextlib import suppress

import pytest
from sqlalchemy.engine import make_url

CUT_BEFORE, CUT_AFTER = "before the server reads it", "after the server has done it"


class Wire:
    """A Postgres server's port that passes everything on, and cuts the connection at a commit it is told to."""

    def __init__(self, database) -> None:
        self.direct_url = database.url
        url = make_url(database.url)
        host, port = url.host or str(url.query["host"]), url.port or 5432
        self._to = (
            (socket.AF_UNIX, f"{host}/.s.PGSQL.{port}") if host.startswith("/") else (socket.AF_INET, (host, port))
        )
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = url.set(host="127.0.0.1", port=self.port, query={"sslmode": "disable"}).render_as_string(
            hide_password=False
        )
        self.cut: str | None = None
        self.is_mute = False
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(self._to[0])
                server.connect(self._to[1])
                for pair in ((client, server, True), (server, client, False)):
                    thread = threading.Thread(target=self._pump, args=pair)
                    self._threads.append(thread)
                    thread.start()

    def _pump(self, source: socket.socket, sink: socket.socket, is_up: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                is_commit = is_up and b"COMMIT" in data
                if is_commit and self.cut == CUT_BEFORE:
                    break
                if is_commit and self.cut == CUT_AFTER:
                    self.is_mute = True
                if is_up or not self.is_mute:
                    sink.sendall(data)
                if is_up and self.is_mute:
                    time.sleep(0.2)  # for the server to do it
                    break
        if is_up and self.cut:
            self.cut, self.is_mute = None, False
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=10)


@pytest.fixture
def wire(postgres_database):
    between = Wire(postgres_database)
    yield between
    between.close()


def feed(process, target, messages) -> None:
    process.stdin.write(target.messages(messages).read_bytes())
    process.stdin.flush()


def wait_for(condition) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_full_disk_ends_the_run_with_a_sentence_and_loses_nothing(target, kingdee, documents):
    messages = documents(120, every=20)
    process = target.start(None)
    feed(process, target, messages[:22])
    wait_for(lambda: len(kingdee.held()) == 20)
    room = sum(path.stat().st_size for path in target.home.glob("ledger.sqlite*")) // 8  # less than any file is
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

    out, err = process.communicate(target.messages(messages[22:]).read_bytes(), timeout=60)
    sentence = err.decode().strip().splitlines()[-1]
    acknowledged = out.decode().count("bookmarks")

    assert process.returncode == 1
    assert "Traceback" not in err.decode()
    assert "ledger" in sentence
    assert "Make room on its disk" in sentence
    assert acknowledged * 20 <= len(kingdee.held()) < 120
    assert target.run(messages).exit_code == 0
    assert set(kingdee.statuses().values()) == {"C"}
    assert len(kingdee.held()) == 120


def test_a_connection_that_broke_between_two_batches_is_made_anew(target, kingdee, documents, postgres_database):
    messages = documents(30, every=10)
    process = target.start(None, ledger_url=postgres_database.url)
    feed(process, target, messages[:12])
    feed(process, target, messages[12:23])
    wait_for(lambda: len(kingdee.held()) == 20)
    postgres_database.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid()"
    )

    out, err = process.communicate(target.messages(messages[23:]).read_bytes(), timeout=60)

    assert process.returncode == 0, err.decode()
    assert out.decode().strip().endswith("30}}")
    assert len(kingdee.held()) == 30


@pytest.mark.parametrize("cut", [CUT_BEFORE, CUT_AFTER])
def test_a_connection_that_breaks_in_a_commit_ends_the_run_and_the_next_one_looks(
    target, kingdee, documents, wire, cut
):
    messages = documents(40, every=20)
    process = target.start(None, ledger_url=wire.url)
    feed(process, target, messages[:22])
    wait_for(lambda: len(kingdee.held()) == 20)
    wire.cut = cut

    out, err = process.communicate(target.messages(messages[22:]).read_bytes(), timeout=60)
    sentence = err.decode().strip().splitlines()[-1]

    assert process.returncode == 1, err.decode()
    assert "Traceback" not in err.decode()
    assert "what became of that is not known" in sentence
    assert out.decode().count("bookmarks") <= 1
    again = target.run(messages, ledger_url=wire.direct_url)
    assert again.exit_code == 0, again.stderr
    assert len(kingdee.held()) == 40
    assert set(kingdee.statuses().values()) == {"C"}


def test_a_server_that_is_not_there_is_one_sentence_without_the_password(target, kingdee, documents):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    outcome = target.run(documents(1), ledger_url=f"postgresql://kd:geheim@127.0.0.1:{port}/ledger")

    assert outcome.exit_code == 1
    assert "Run again when the server is there" in outcome.sentence
    assert "geheim" not in outcome.stderr
    assert kingdee.held() == {}


def test_a_plain_postgres_url_gets_the_driver_that_is_installed(target, documents, postgres_database):
    plain = postgres_database.url.replace("postgresql+psycopg://", "postgresql://")

    assert target.run(documents(1), ledger_url=plain).exit_code == 0
    assert postgres_database.rows("SELECT status FROM deliveries") == [("delivered",)]


def test_a_missing_driver_names_the_extra_to_install(target, documents, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)

    outcome = target.run(documents(1), ledger_url="postgresql://kd@127.0.0.1/ledger")

    assert outcome.exit_code == 1
    assert "target-kingdee[postgres]" in outcome.sentence


def test_a_file_that_is_no_ledger_is_one_sentence(target, documents, tmp_path):
    letter = tmp_path / "letter.txt"
    letter.write_text("我不是数据库" * 100, encoding="utf-8")

    outcome = target.run(documents(1), ledger_path=str(letter))

    assert outcome.exit_code == 1
    assert "ledger_path" in outcome.sentence
