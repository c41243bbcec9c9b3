"""Calls that go wrong, budgets, and servers with habits of their own."""

import time

import pytest

DAY = {"start_date": "2026-03-30", "end_date": "2026-03-30"}
TRANSPORT = ["http_500", "http_502", "garbage", "html", "reset_before", "reset_after"]
ANSWERED = ["throttle", "busy", "empty_page"]


def ids(output):
    return {record["stockout_id"] for record in output.records()}


@pytest.fixture
def everything(tap):
    documents = tap.sandbox.show("wangdiantong", "sales_stockouts")
    return {d["stockout_id"] for d in documents if d["status"] != 55 and d["modified"].startswith("2026-03-30")}


@pytest.fixture
def faults(tap):
    def plan(*entries):
        tap.sandbox.post("faults", [{"vendor": "wangdiantong", "call": "*", **entry} for entry in entries])

    yield plan
    fired = [fault["fired"] for fault in tap.sandbox.get("faults")["faults"]]
    tap.sandbox.clear_faults()
    assert all(fired)


@pytest.mark.parametrize(
    ("dialect", "kind"),
    [("openapi", kind) for kind in TRANSPORT]
    + [(dialect, kind) for dialect in ("openapi", "flagship", "qimen", "qimen_flagship") for kind in ANSWERED],
)
def test_a_call_that_fails_now_and_then_loses_nothing(tap, faults, everything, dialect, kind):
    faults({"kind": kind, "every": 4})

    # One window at a time: otherwise the fourth call may be the second look at a window whose first was empty.
    one_by_one = {"window_minutes": 240, "page_size": 30, "confirm_empty": True, "concurrency": 1}
    assert ids(tap.read(dialect, **one_by_one, **DAY)) == everything


@pytest.mark.parametrize("dialect", ["qimen", "qimen_flagship"])
def test_a_gateway_that_pretends_there_is_nothing_is_doubted(tap, faults, everything, dialect):
    faults({"kind": "empty_page", "every": 3})

    assert ids(tap.read(dialect, window_minutes=240, **DAY)) == everything


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after"])
def test_a_call_that_is_never_answered_is_made_again(tap, faults, everything, kind):
    faults({"kind": kind, "nth": 2, "seconds": 3})

    assert ids(tap.read(request_timeout=1, **DAY)) == everything


def test_a_gateway_that_limits_the_app_is_asked_again(tap, faults, everything):
    faults({"kind": "app_limited", "nth": 2})

    assert ids(tap.read("qimen", **DAY)) == everything


def test_a_first_call_that_fails_is_not_the_end(tap, faults, everything):
    faults({"kind": "reset_before", "first": 2})

    assert ids(tap.read(**DAY)) == everything


SWITCHES = [
    ("openapi", {"total_as_text": True}),
    ("openapi", {"max_page_size": 30}),
    ("openapi", {"status_list": "refuse"}),
    ("flagship", {"max_page_size_flagship": 7}),
    ("qimen_flagship", {"qimen_page_zero": "empty"}),
]


@pytest.mark.parametrize(("dialect", "switch"), SWITCHES)
def test_servers_with_other_habits_are_read_completely(tap, everything, dialect, switch):
    tap.sandbox.post("wangdiantong/settings", switch)
    try:
        assert ids(tap.read(dialect, **DAY)) == everything
    finally:
        usual = {"total_as_text": False, "max_page_size": 100, "status_list": "accept"}
        tap.sandbox.post("wangdiantong/settings", {**usual, "max_page_size_flagship": 200, "qimen_page_zero": "error"})


def test_taobao_documents_come_through_qimen_and_only_there(tap, serve_sandbox):
    own = tap.at(serve_sandbox("--limits", "off", "--taobao-shops", "20", days=2))
    truth = own.sandbox.show("wangdiantong", "sales_stockouts")
    taobao = {d["stockout_id"] for d in truth if d["platform_id"] == 1 and d["status"] != 55}

    direct, qimen = own.read("openapi", **DAY), own.read("qimen", **DAY)

    assert taobao
    assert not ids(direct) & taobao
    assert taobao & ids(qimen)
    assert {r["nick_name"] for r in qimen.records() if r["stockout_id"] in taobao} <= {"", None}


def test_two_runs_stay_within_the_accounts_calls_a_minute(tap, serve_sandbox, tmp_path):
    own = tap.at(serve_sandbox("--limits", "real"))
    own.sandbox.post("wangdiantong/settings", {"per_minute": 4})
    run = {"streams": ("warehouses", "shops"), "calls_per_minute": 3, "budget_path": str(tmp_path), "max_tries": 1}
    begin = time.monotonic()

    for dialect in ("flagship", "flagship"):
        own.read(dialect, page_size=200, **run)

    throttled = {name: count for name, count in outcomes(own).items() if "ok" not in name}
    assert throttled == {}
    assert time.monotonic() - begin > 40


def outcomes(reader):
    """The outcomes of all calls to the vendor, counted."""
    counted: dict[str, int] = {}
    for call in reader.sandbox.get("calls")["wangdiantong"].values():
        for outcome, count in call.items():
            counted[outcome] = counted.get(outcome, 0) + count
    return counted
