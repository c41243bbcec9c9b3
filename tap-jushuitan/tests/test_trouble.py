"""Calls that go wrong, servers with habits of their own, the account's calls, and what a user is told."""

import json
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

import pytest
from click.testing import CliRunner
from erp_sdk.command import UserError, explain
from singer_sdk.exceptions import SingerSDKError
from tap_jushuitan import client
from tap_jushuitan.streams import SalesOutbounds
from tap_jushuitan.tap import TapJushuitan

RETURNS = {"streams": ("refunds",), "start_date": "2026-03-30", "page_size": 10}
FROM_THE_FIRST_VERSION = {
    "bookmarks": {
        "refunds": {
            "replication_key": "ts",
            "replication_key_value": 1,
            "windows_read_to": "2026-03-30T00:00:00+08:00",
            "windows_end": "2026-03-30T00:00:00+08:00",
        }
    }
}
BY_VERSION = {**RETURNS, "state": FROM_THE_FIRST_VERSION}
BY_WINDOW = {**RETURNS, "end_date": "2026-04-02"}
WRONG = "wrong-4711-secret"


def refusal(reader, app="merchant", /, **changes):
    """Run in this process; return the sentence and the exit code that the command would give."""
    with pytest.raises((SingerSDKError, UserError)) as refused:
        reader.read(app, **{"streams": ("shops",), **changes})
    sentence, code = explain(refused.value)
    assert "Traceback" not in sentence
    return sentence, code


@pytest.fixture
def faults(own):
    def plan(*entries):
        own.sandbox.post("faults", [{"vendor": "jushuitan", "call": "/open/*", **entry} for entry in entries])

    yield plan
    assert all(fault["fired"] for fault in own.sandbox.get("faults")["faults"])


KINDS = ["throttle", "reset_after", "internal", "code_text"]


@pytest.mark.parametrize(("kind", "way"), list(zip(KINDS, [BY_VERSION, BY_WINDOW] * 2, strict=True)), ids=KINDS)
def test_a_call_that_fails_now_and_then_loses_nothing(own, faults, kind, way):
    faults({"kind": kind, "every": 3})
    truth = {document["id"] for document in own.sandbox.show("jushuitan", "refunds")}

    found = [record["as_id"] for record in own.read(**way).records("refunds")]

    assert sorted(found) == sorted(truth)


def test_when_the_minutes_calls_are_used_up_the_next_minute_is_waited_for(own, faults, monkeypatch):
    waits = []
    monkeypatch.setattr("time.sleep", waits.append)
    faults({"kind": "quota", "nth": 1})

    assert own.read(streams=("shops",)).records("shops")
    assert max(waits) >= 60


def test_a_call_that_is_never_answered_is_made_again(own, faults):
    faults({"kind": "timeout_before", "nth": 2, "seconds": 3})

    assert own.read(streams=("shops",), page_size=50, request_timeout=1).records("shops")


SWITCHES = [{"empty_list": "null", "code_as_text": True, "extras": True}, {"batches": False, "same_second": "yes"}]


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: next(iter(switch)))
def test_servers_with_other_habits_are_read_completely(own, switch):
    own.sandbox.post("jushuitan/settings", switch)
    truth = {document["id"] for document in own.sandbox.show("jushuitan", "refunds")}

    for way in (BY_VERSION, BY_WINDOW):
        assert {record["as_id"] for record in own.read(**way).records("refunds")} == truth


def test_other_movements_are_read_by_row_version_where_they_have_one(own):
    own.sandbox.post("jushuitan/settings", {"other_ts": True})
    truth = {document["id"] for document in own.sandbox.show("jushuitan", "other_inouts")}

    output = own.read(streams=("other_inouts",), start_date="2026-03-30", page_size=10)

    assert sorted(record["io_id"] for record in output.records("other_inouts")) == sorted(truth)
    assert output.bookmark("other_inouts")["replication_key"] == "ts"


def outcomes(reader):
    return sum((Counter(found) for found in reader.calls().values()), Counter())


def test_the_vendors_largest_page_is_not_exceeded(own):
    own.sandbox.post("jushuitan/settings", {"page_size_over": "error"})

    assert own.read(page_size=5000, start_date="2026-03-30", end_date="2026-04-02").records()


def test_two_runs_stay_within_the_accounts_calls_a_second(own, tmp_path):
    before = outcomes(own)
    own.sandbox.post("limits", {"limits": "real"})
    config = own.settings(calls_per_minute=100, calls_per_second=5, budget_path=str(tmp_path), page_size=5, max_tries=1)
    begin = time.monotonic()

    started = [own.start(config, streams=("distributors",), name=f"run{number}") for number in range(2)]
    outputs = [own.ended(process) for process in started]
    own.sandbox.post("limits", {"limits": "off"})

    made = outcomes(own) - before
    assert [output.code for output in outputs] == [0, 0]
    assert set(made) == {"ok"}
    assert made["ok"] > 20
    assert time.monotonic() - begin > 3


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"app_secret": WRONG}, "app_secret"),
        ({"app_key": "nobody"}, "app_key"),
        ({"base_url": "http://127.0.0.1:9"}, "cannot be reached"),
    ],
)
def test_a_wrong_account_is_named_and_its_secret_not_shown(tap, changes, says):
    sentence, code = refusal(tap, **changes)

    assert code == 1
    assert says in sentence
    assert WRONG not in sentence


def test_a_page_that_is_no_api_is_named(tap):
    sentence, code = refusal(tap, base_url=f"{tap.sandbox.url}/jushuitan/nowhere")

    assert code == 1
    assert "base_url" in sentence


@pytest.mark.parametrize(
    ("switch", "says"),
    [
        ({"address": "unlisted"}, "white list"),
        ({"not_granted": "/open/shops/query"}, "granted to the app"),
    ],
)
def test_what_the_operator_has_to_allow_is_named(own, switch, says):
    own.sandbox.post("jushuitan/settings", switch)

    sentence, code = refusal(own)

    assert code == 1
    assert says in sentence
    assert "shops" in sentence


def test_a_limit_that_does_not_end_says_what_to_lower(own, faults):
    faults({"kind": "throttle", "every": 1})

    sentence, code = refusal(own, max_tries=3)

    assert code == 1
    assert "calls_per_second" in sentence


def test_a_wrong_clock_is_named(own, monkeypatch):
    real = time.time
    own.read(streams=("shops",))
    monkeypatch.setattr(client.time, "time", lambda: real() - 7200)

    sentence, code = refusal(own)

    assert code == 1
    assert "clock" in sentence


def test_a_window_that_is_too_long_names_the_setting(tap, monkeypatch):
    monkeypatch.setattr(SalesOutbounds, "days", 20)

    sentence, code = refusal(tap, streams=("sales_outbounds",), start_date="2026-01-01", end_date="2026-03-31")

    assert code == 1
    assert "window_minutes" in sentence


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"app_key": None}, "'app_key' is a required property"),
        ({"app_type": "robot"}, "'robot' is not one of"),
        ({"app_type": "isv", "token_path": None}, "auth_code (授权码)"),
        ({"streams": ("refunds",), "start_date": None}, "set start_date"),
        ({"streams": ("refunds",), "start_date": "tomorrow"}, "start_date is 'tomorrow'"),
        ({"inventory_warehouses": ["main"]}, "'main' is not of type"),
    ],
)
def test_a_wrong_setting_says_what_is_expected(tap, changes, says):
    sentence, code = refusal(tap, **changes)

    assert code == 2
    assert says in sentence


def test_a_bookmark_that_is_no_time_names_the_stream(tap):
    state = {"bookmarks": {"refunds": {"replication_key": "ts", "replication_key_value": "soon"}}}

    sentence, code = refusal(tap, **RETURNS, state=state)

    assert code == 2
    assert "refunds" in sentence
    assert "soon" in sentence


def test_the_command_ends_with_the_sentence_and_its_code(tap):
    output = tap.command(tap.settings(app_secret=WRONG))

    assert output.code == 1
    assert output.stderr.strip().splitlines()[-1].startswith("tap-jushuitan: ")
    assert "Traceback" not in output.stderr
    assert WRONG not in output.stderr + output.stdout


def test_discovery_needs_no_account():
    discovered = CliRunner().invoke(TapJushuitan.cli, ["--discover"])

    assert discovered.exit_code == 0
    assert '"sales_outbounds"' in discovered.stdout


class Stubborn(BaseHTTPRequestHandler):
    """Grants a token, and answers every list with the rows that a test chose."""

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        biz = json.loads(form.get("biz", ["{}"])[0])
        data = {"access_token": "a-token", "refresh_token": "r-token", "expires_in": 1000}
        if "auth" not in self.path:
            rows = self.server.rows(biz)
            data = {"datas": rows, "data_count": len(rows), "page_index": biz["page_index"]}
        body = json.dumps({"code": 0, "msg": "执行成功", "data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Tests look at answers, not at access logs."""


@pytest.fixture
def stubborn():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stubborn)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def rows(first, last, **fields):
    return [{"as_id": n, "ts": n, "modified": "2026-01-02 10:00:00", **fields} for n in range(first, last + 1)]


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (lambda _: rows(1, 50), "does not get beyond"),  # start_ts is ignored
        (lambda biz: rows(1, 50, ts=7) if "start_ts" in biz else rows(7, 7), "does not get beyond"),
        (lambda biz: rows(8, 9, ts=None) if "start_ts" in biz else rows(7, 7), "without ts"),
        (lambda biz: rows(7, 56)[::-1] if "start_ts" in biz else rows(7, 7), "not give them in that order"),
        (lambda _: rows(7, 7), "page_size larger"),  # pages of one row never get beyond it
    ],
)
def test_a_list_that_does_not_move_on_by_row_version_stops_the_run(tap, stubborn, answers, says):
    stubborn.rows = answers
    base_url = f"http://127.0.0.1:{stubborn.server_port}"

    size = 1 if says == "page_size larger" else None
    sentence, code = refusal(tap, streams=("refunds",), base_url=base_url, start_date="2026-11-01", page_size=size)

    assert code == 1
    assert says in sentence
    assert "row_versions" in sentence
