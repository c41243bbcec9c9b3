"""The sandbox off the network for a while, and its clock off the right time."""

import socket
import time
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest
import requests

DFS = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService."


def connects(url):
    """Whether anybody listens: the bare TCP question."""
    try:
        socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def drain(connection):
    while connection.recv(1000):
        pass


def wait_until_open(url):
    deadline = time.monotonic() + 10
    while not connects(url):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def clock(erp_sandbox):
    """Put the sandbox's clock so many seconds ahead, for one test: `clock(600)`."""
    yield lambda skew: erp_sandbox.post("clock", {"skew": skew})
    erp_sandbox.post("clock", {"skew": 0})


def test_an_outage_is_answered_and_then_nobody_connects_until_it_is_over(erp_sandbox):
    started = time.monotonic()
    assert erp_sandbox.post("outage", {"seconds": 0.5}) == {"seconds": 0.5}

    assert not connects(erp_sandbox.url)
    wait_until_open(erp_sandbox.url)
    assert 0.5 <= time.monotonic() - started < 5
    assert erp_sandbox.get("health")["ok"] is True


def test_an_outage_resets_the_connections_there_are(erp_sandbox):
    place = urlsplit(erp_sandbox.url)
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        connection.sendall(b"GET /_sandbox/health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        erp_sandbox.post("outage", {"seconds": 0.2})
        with pytest.raises(ConnectionResetError):
            drain(connection)
    wait_until_open(erp_sandbox.url)


def test_a_call_that_meets_refused_is_cut_and_the_next_ones_find_the_port_closed(wdt, faults, erp_sandbox):
    faults({"vendor": "wangdiantong", "call": "shop", "kind": "refused", "seconds": 0.4, "times": 1})

    with pytest.raises(requests.ConnectionError) as cut:
        wdt.enterprise.send("shop")
    assert "reset" in str(cut.value)
    assert not connects(erp_sandbox.url)
    with pytest.raises(requests.ConnectionError, match="refused"):
        wdt.enterprise.send("shop")
    wait_until_open(erp_sandbox.url)
    assert wdt.enterprise("shop")["code"] == 0


@pytest.mark.parametrize("body", [{}, {"seconds": 0}, {"seconds": "long"}, {"seconds": True}, [1]])
def test_an_outage_says_how_long(erp_sandbox, body):
    answer = requests.post(f"{erp_sandbox.url}/_sandbox/outage", json=body, timeout=30)

    assert answer.status_code == 400
    assert "seconds" in answer.json()["error"]


def test_a_clock_that_is_wrong_is_wrong_everywhere(erp_sandbox, clock):
    shown = clock(3600)

    right = datetime.now(timezone(timedelta(hours=8)))
    assert shown["skew"] == 3600
    assert timedelta(minutes=59) < datetime.fromisoformat(shown["now"]) - right < timedelta(minutes=61)
    deadline = time.monotonic() + 5
    while parsedate_to_datetime(requests.get(f"{erp_sandbox.url}/_sandbox/clock", timeout=30).headers["date"]) < right:
        assert time.monotonic() < deadline


@pytest.mark.parametrize(("skew", "refused"), [(0, ""), (200, "f"), (-200, "f"), (400, "ef"), (900, "efq")])
def test_each_dialect_refuses_a_skew_beyond_its_own_tolerance(wdt, clock, skew, refused):
    clock(skew)

    assert wdt.enterprise("shop")["code"] == (2100 if "e" in refused else 0)
    assert wdt.flagship("setting.Shop.queryShop")["status"] == (7 if "f" in refused else 0)
    assert wdt.qimen("wdt.shop.query")["response"].get("code") == ("31" if "q" in refused else None)


def test_faults_and_clock_may_be_wrong_from_the_start_and_a_stop_ends_an_outage(serve_sandbox, erp_sandbox, faults):  # noqa: ARG001 - for its clean-up
    """One start for all: it is what takes time."""
    served = serve_sandbox("--fault-seed", "17", "--fault-intensity", "0.3", "--gateway", "--clock-skew", "-1000")
    drawn = erp_sandbox.post("faults", {"seed": 17, "intensity": 0.3})
    assert served.get("faults") == drawn
    served.clear_faults()

    headers = {"X-Api-ClientID": "200001", "x-api-timestamp": str(int(time.time()))}
    url = f"{served.url}/galaxyapi/{DFS}Save.common.kdsvc"
    answer = requests.post(url, json={}, headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["errcode"]) == (519, 4006)
    in_step = {**headers, "x-api-timestamp": str(int(time.time()) - 1000)}
    assert requests.post(url, json={}, headers=in_step, timeout=30).json()["errcode"] == 4005  # past the clock's check

    served.post("outage", {"seconds": 300})
    served.process.terminate()
    assert served.process.wait(timeout=10) == 143


@pytest.mark.parametrize("body", [{}, {"skew": "1"}, {"skew": True}])
def test_a_skew_is_a_number(erp_sandbox, body):
    answer = requests.post(f"{erp_sandbox.url}/_sandbox/clock", json=body, timeout=30)

    assert answer.status_code == 400
    assert "skew" in answer.json()["error"]
