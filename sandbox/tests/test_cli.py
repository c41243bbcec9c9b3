"""The `erp-sandbox` command, run as a user runs it."""

import json
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from erp_sandbox.cli import cli

COMMAND = str(Path(sys.executable).with_name("erp-sandbox"))
"""The installed command, where a test is about the process; the other tests run the same command in this one."""
SEED = ["seed", "--days", "1", "--until", "2026-03-31"]


def run(*arguments, state=None):
    options = [] if state is None else ["--state", str(state)]
    return CliRunner().invoke(cli, [*options, *arguments])


@pytest.fixture(scope="module")
def seeded(tmp_path_factory):
    state = tmp_path_factory.mktemp("cli") / "made" / "erp.sqlite"
    assert run(*SEED, state=state).exit_code == 0
    return state


def refused(answer, code, *words):
    """One sentence on stderr, nothing else, and the exit code."""
    assert answer.exit_code == code, answer.output
    assert answer.stderr.count("\n") == 1, answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""
    for word in words:
        assert word in answer.stderr


def test_seeding_again_changes_nothing_and_other_data_need_a_reset(tmp_path):
    state = tmp_path / "erp.sqlite"
    assert "Seeded" in run(*SEED, state=state).stdout
    before = run("show", "wangdiantong", "sales_stockouts", state=state).stdout

    assert "Already seeded" in run(*SEED, state=state).stdout
    assert "Already seeded" in run("seed", "--days", "1", state=state).stdout  # whatever day it was
    refused(run("seed", "--days", "2", "--until", "2026-03-31", state=state), 2, "holds 1 days", "--reset")
    refused(run("seed", "--days", "1", "--until", "2026-04-01", state=state), 2, "--reset")
    assert run("show", "wangdiantong", "sales_stockouts", state=state).stdout == before

    assert run("seed", "--days", "1", "--until", "2026-04-01", "--reset", state=state).exit_code == 0
    assert run("seed", "--days", "1", "--until", "2026-03-31", "--reset", state=state).exit_code == 0
    assert run("show", "wangdiantong", "sales_stockouts", state=state).stdout == before


def test_the_state_is_in_the_working_folder_by_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert run(*SEED).exit_code == 0
    assert (tmp_path / ".sandbox" / "erp.sqlite").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["seed", "--days", "0"], ["--days", "365"]),
        (["seed", "--days", "400"], ["--days", "365"]),
        (["seed", "--until", "31.03.2026"], ["--until", "31.03.2026"]),
        (["seed", "--taobao-shops", "-1"], ["--taobao-shops"]),
        (["serve", "--port", "0"], ["seed"]),
        (["serve", "--port", "0", "--faults", "missing.yml"], ["missing.yml"]),
        (["show", "wangdiantong", "sales_stockouts"], ["no sandbox state", "seed"]),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(tmp_path, arguments, words):
    refused(run(*arguments, state=tmp_path / "erp.sqlite"), 2, *words)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ("- {kind: [}", ["plan.yml", "line 1"]),
        ("- {kind: explode}", ["Fault 1", "explode", "http_502"]),
        ("- {kind: slow, every: 0}", ["Fault 1", "every"]),
        ("kind: slow", ["list of faults"]),
    ],
)
def test_a_wrong_fault_plan_is_said_in_one_sentence(seeded, tmp_path, plan, words):
    path = tmp_path / "plan.yml"
    path.write_text(plan, encoding="utf-8")

    refused(run("serve", "--port", "0", "--faults", str(path), state=seeded), 2, *words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "wangdiantong", "orders"], ["'orders'", "sales_stockouts"]),
        (["show", "kingdee", "SAL_NONE"], ["'SAL_NONE'", "SAL_OUTSTOCK"]),
        (["show", "sap", "orders"], ["'sap'", "wangdiantong", "kingdee"]),
        (["show", "wangdiantong", "shops", "--where", "colour=red"], ["colour"]),
        (["show", "wangdiantong", "shops", "--where", "red"], ["NAME=VALUE"]),
        (["serve", "--port", "0", "--wdt", "colour=red"], ["'colour'", "page_size_over"]),
        (["serve", "--port", "0", "--wdt", "comma=no"], ["comma"]),
        (["serve", "--port", "0", "--wdt", "history_before=yesterday"], ["history_before"]),
    ],
)
def test_an_unknown_name_is_answered_with_the_known_ones(seeded, arguments, words):
    refused(run(*arguments, state=seeded), 2, *words)


def test_a_file_that_is_no_sandbox_state_is_left_alone(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("not a database, " * 100)
    foreign = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(foreign)) as db:
        db.executescript("CREATE TABLE mine (x); PRAGMA user_version = 1;")

    for path in (text, foreign):
        before = path.read_bytes()
        for arguments in (["show", "kingdee", "SAL_OUTSTOCK"], SEED, ["serve", "--port", "0"]):
            refused(run(*arguments, state=path), 2, "not a sandbox state")
        assert path.read_bytes() == before


def test_a_state_of_another_version_is_refused(tmp_path):
    state = tmp_path / "erp.sqlite"
    run(*SEED, state=state)
    with closing(sqlite3.connect(state)) as db:
        db.execute("PRAGMA user_version = 999")

    refused(run("show", "kingdee", "SAL_OUTSTOCK", state=state), 2, "another version")
    refused(run(*SEED, state=state), 2, "another version")


def test_a_state_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")

    refused(run(*SEED, state=tmp_path / "file" / "erp.sqlite"), 2, "cannot be written")


def test_a_port_in_use_is_said_and_the_run_failed(seeded):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        refused(run("serve", "--port", port, state=seeded), 1, port, "--port")


def test_a_state_in_use_is_refused_to_a_second_writer(serve_sandbox):
    served = serve_sandbox()

    refused(run("serve", "--port", "0", state=served.state), 1, "in use")
    refused(run("seed", "--reset", state=served.state), 1, "in use")
    assert run("show", "kingdee", "BD_STOCK", state=served.state).exit_code == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_serve_says_where_in_one_line_and_stops_when_told(seeded, number, code):
    process = subprocess.Popen(
        [COMMAND, "--state", str(seeded), "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    url = json.loads(process.stdout.readline())["url"]
    assert url.startswith("http://127.0.0.1:")
    with socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=5):
        pass

    process.send_signal(number)
    rest, errors = process.communicate(timeout=15)

    assert (process.returncode, rest, errors) == (code, "", "")


def test_credentials_are_the_same_everywhere_and_hold_every_dialect(erp_sandbox):
    printed = json.loads(run("credentials", "--json", "--url", f"{erp_sandbox.url}/").stdout)

    assert printed == erp_sandbox.credentials
    assert set(printed["wangdiantong"]) == {"openapi", "flagship", "qimen", "qimen_flagship"}
    assert printed["wangdiantong"]["openapi"]["base_url"] == f"{erp_sandbox.url}/openapi2/"
    assert printed["wangdiantong"]["flagship"]["appsecret"].count(":") == 1
    assert {"base_url", "acct_id", "username", "password", "app_id", "app_secret"} <= set(printed["kingdee"]["galaxy"])
    assert "appsecret" in run("credentials").stdout


def test_show_prints_whole_documents_one_a_line(seeded):
    lines = run("show", "wangdiantong", "sales_stockouts", "--json", state=seeded).stdout.splitlines()
    documents = [json.loads(line) for line in lines]

    assert len(documents) == 86
    one = run("show", "wangdiantong", "sales_stockouts", "--number", documents[5]["order_no"], state=seeded).stdout
    assert json.loads(one) == documents[5]
    by_line = run("show", "wangdiantong", "sales_stockouts", "--lines", state=seeded).stdout.splitlines()
    assert len(by_line) == sum(len(document["details"]) for document in documents)
    assert json.loads(by_line[0])["order_no"] == documents[0]["order_no"]


def test_the_summary_adds_up_what_show_prints(seeded):
    from decimal import ROUND_HALF_UP, Decimal

    lines = run("show", "wangdiantong", "sales_stockouts", state=seeded).stdout.splitlines()
    details = [detail for line in lines for detail in json.loads(line)["details"]]
    summary = json.loads(run("show", "wangdiantong", "sales_stockouts", "--summary", state=seeded).stdout)

    assert summary["documents"] == len(lines)
    assert summary["lines"] == len(details)
    assert Decimal(summary["quantity"]) == sum(Decimal(d["goods_count"]) for d in details)
    assert Decimal(summary["amount"]) == sum(
        (Decimal(d["goods_count"]) * Decimal(d["sell_price"])).quantize(Decimal("0.01"), ROUND_HALF_UP) for d in details
    )
    for name in ("documents", "lines"):
        assert sum(status[name] for status in summary["by_status"].values()) == summary[name]


def test_a_reader_that_stops_reading_is_no_error(seeded):
    shell = f"'{COMMAND}' --state '{seeded}' show kingdee BD_MATERIAL | head -n 1"
    answer = subprocess.run(shell, shell=True, capture_output=True, text=True, check=False, timeout=60)

    assert answer.stderr == ""
    assert answer.stdout.count("\n") == 1


def test_codes_are_written_as_csv_and_their_paths_printed(tmp_path):
    answer = run("codes", "--output", str(tmp_path / "codes"))

    assert [Path(line).stem for line in answer.stdout.split()] == [
        "sale_org", "warehouse", "customer", "shop_org", "jushuitan_warehouse", "jikeyun_warehouse",
    ]  # fmt: skip
    (tmp_path / "file").write_text("")
    refused(run("codes", "--output", str(tmp_path / "file" / "codes")), 1, "cannot be written")
