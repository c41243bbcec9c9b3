"""The smallest tap there can be, against a server on loopback that answers what a test tells it to."""

import io
import json
import signal
import socket
import threading
import time
from contextlib import redirect_stdout
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from erp_sdk.answers import Action, Answer, AnswerTable
from erp_sdk.calls import Listing
from erp_sdk.command import SetupError, explain
from erp_sdk.settings import reading_settings
from erp_sdk.stream import FullTableStream
from erp_sdk.tap import ErpTap
from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError, SingerSDKError
from singer_sdk.helpers.capabilities import PluginCapabilities
from singer_sdk.streams.rest import HTTPRequest

SHOPS = b'{"code":0,"shops":[{"id":1,"name":"a"},{"id":2,"name":"b"}]}'
ANSWERS = AnswerTable(
    (
        Answer(Action.REFRESH, "the token has run out.", codes=("401",)),
        Answer(Action.WAIT, "too fast.", codes=("429",), seconds=0.05),
        Answer(Action.SKIP, "there are no shops ({text}).", codes=("404",)),
        Answer(Action.FATAL, "the key is unknown ({text}); check key.", codes=("403",)),
    )
)


class Shops(FullTableStream):
    name = "shops"
    primary_keys = ("id",)
    version_key = None
    vendor = "Example"
    schema = th.PropertiesList(th.Property("id", th.IntegerType), th.Property("name", th.StringType)).to_dict()

    @property
    def url_base(self):
        return self.config["base_url"]

    def get_http_request(self, *, page):
        self.tap.requests += 1
        number = page.next_page_token.number
        return HTTPRequest(
            url=self.url_base, params={"page": number, "token": self.tap.token, "nth": self.tap.requests}
        )

    def open_answer(self, response):
        answer = self.decode_envelope(response)
        code = json.loads(bytes(answer["code"]))
        if code:
            raise ANSWERS.error(code, "said so", where=self.describe(response), response=response)
        return Listing(answer.get("shops"), total=2)

    def refresh_access(self):
        self.tap.token += 1


class Example(ErpTap):
    name = "tap-example"
    config_jsonschema = th.PropertiesList(
        th.Property("base_url", th.StringType), *reading_settings(calls_per_minute=0)
    ).to_dict()
    account = "example"
    token = 1
    requests = 0

    def discover_streams(self):
        return [Shops(tap=self)]


class Answering(BaseHTTPRequestHandler):
    def do_GET(self):
        served = self.server
        served.paths.append(self.path)
        status, headers, body = served.answers.pop(0) if len(served.answers) > 1 else served.answers[0]
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Tests look at answers, not at access logs."""


class Vendor(ThreadingHTTPServer):
    """Serves (status, headers, body) triples in order, the last one for ever; notes the paths that were asked for."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answering, bind_and_activate=False)
        self.paths, self.answers = [], []
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self.server_bind()

    def begin(self):
        self.server_activate()
        self.thread.start()

    def end(self):
        if self.thread.is_alive():
            self.shutdown()
            self.thread.join()
        self.server_close()


@pytest.fixture
def server():
    served = Vendor()
    served.begin()
    yield served
    served.end()


@pytest.fixture
def unreachable():
    """A vendor whose connections are refused until it begins."""
    served = Vendor()
    yield served
    served.end()


def run(server, *answers, state=None, **changes):
    server.answers[:] = answers
    config = {"base_url": f"http://127.0.0.1:{server.server_port}/shops", "retry_wait": 0.01, **changes}
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(out):
        Example(config=config, state=state).sync_all()
        out.flush()
    lines = [json.loads(line) for line in out.buffer.getvalue().splitlines()]
    return [line["record"] for line in lines if line["type"] == "RECORD"]


@pytest.fixture(autouse=True)
def _signals_as_before():
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def read(server):
    return partial(run, server)


def said(read, *answers, **changes):
    with pytest.raises(SingerSDKError) as refused:
        read(*answers, **changes)
    return explain(refused.value)[0]


def business(code):
    return (200, {}, json.dumps({"code": code}).encode())


GOOD = (200, {}, SHOPS)
BOTH = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]


def test_a_good_answer_becomes_records(read):
    assert read(GOOD) == BOTH


@pytest.mark.parametrize(
    "trouble",
    [
        (500, {}, b""),
        (502, {}, b"<html>Bad Gateway</html>"),
        (429, {"Retry-After": "0"}, b""),
        (429, {}, b""),
        (200, {}, b"<html>busy</html>"),
        (200, {"Content-Length": "999"}, b"cut off"),
        business(429),
    ],
)
def test_a_passing_trouble_is_waited_for(read, server, trouble):
    assert read(trouble, GOOD) == BOTH
    assert len(server.paths) == 2


def test_a_repeated_call_is_built_anew(read, server):
    read(business(429), GOOD)

    assert server.paths == ["/shops?page=0&token=1&nth=1", "/shops?page=0&token=1&nth=2"]


def test_a_token_that_has_run_out_is_replaced(read, server):
    assert read(business(401), GOOD) == BOTH
    assert "token=2" in server.paths[-1]


def test_a_call_that_may_be_left_out_is_left_out(read):
    assert read(business(404)) == []


def test_trouble_that_does_not_pass_ends_the_run_after_so_many_tries(read, server):
    sentence = said(read, (503, {}, b""), max_tries=4)

    assert "HTTP 503" in sentence
    assert len(server.paths) == 4


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((404, {}, b"not here"), "HTTP 404"),
        ((302, {"Location": "https://erp.example/new?x=1"}, b""), "https://erp.example/new; set base_url"),
        (business(403), "the key is unknown (said so); check key."),
        ((200, {}, b"<html>login</html>"), "'<html>login</html>'"),
    ],
)
def test_a_refusal_is_a_sentence_that_names_stream_and_address_and_no_parameters(read, answer, says):
    sentence = said(read, answer)

    assert sentence.startswith("shops at http://127.0.0.1:")
    assert says in sentence
    assert "token" not in sentence


def test_a_value_that_does_not_fit_its_type_names_the_row(read):
    sentence = said(read, (200, {}, b'{"code":0,"shops":[{"id":"one"}]}'))

    assert "id holds 'one', which is no whole number" in sentence
    assert "deselect" in sentence


def test_what_the_vendor_sends_beyond_the_schema_is_told_once(read, caplog):
    caplog.set_level("INFO")

    read((200, {}, b'{"code":0,"shops":[{"id":1,"mood":"good"},{"id":2}]}'))

    assert caplog.text.count("also sends mood") == 1


def test_batch_files_are_not_offered():
    assert PluginCapabilities.BATCH not in Example.capabilities
    assert "batch_config" not in Example.config_jsonschema["properties"]


KNOWN = {"bookmarks": {"orders": {"replication_key": "modified", "replication_key_value": "2026-01-05T09:30:51+08:00"}}}
"""The state of a run that had reached the vendor."""


def test_a_vendor_that_cannot_be_reached_is_waited_for_and_that_is_said_calmly(unreachable, monkeypatch, caplog):
    caplog.set_level("INFO")
    monkeypatch.setattr("erp_sdk.outages.ASK_EVERY_SECONDS", 0.3)
    later = threading.Timer(1.5, unreachable.begin)
    later.start()

    assert run(unreachable, GOOD, state=KNOWN, max_tries=2) == BOTH

    later.join()
    said = [record.getMessage() for record in caplog.records if record.name == "erp_sdk.outages"]
    assert len(said) == 2
    assert f"http://127.0.0.1:{unreachable.server_port}/shops cannot be reached" in said[0]
    assert "Waiting up to 60 min" in said[0]
    assert said[1].startswith("It is back after 1 s") or said[1].startswith("It is back after 2 s")


def test_a_long_outage_is_told_once_a_minute(unreachable, monkeypatch, caplog):
    monkeypatch.setattr("erp_sdk.outages.ASK_EVERY_SECONDS", 0.1)
    monkeypatch.setattr("erp_sdk.outages._SAY_EVERY_SECONDS", 0.5)
    later = threading.Timer(1.8, unreachable.begin)
    later.start()

    run(unreachable, GOOD, state=KNOWN)

    later.join()
    assert 2 <= caplog.text.count("Still waiting") <= 3


def test_an_outage_is_not_waited_for_without_end(unreachable, monkeypatch):
    monkeypatch.setattr("erp_sdk.outages.ASK_EVERY_SECONDS", 0.1)

    sentence = said(partial(run, unreachable), GOOD, state=KNOWN, max_outage_seconds=0.5)

    assert "cannot be reached" in sentence
    assert "max_outage_seconds" in sentence


def test_an_address_at_which_nothing_has_ever_answered_is_given_up_soon(unreachable):
    sentence = said(partial(run, unreachable), GOOD, state={"bookmarks": {"shops": {}}})

    assert "check base_url" in sentence


def test_first_calls_that_fail_side_by_side_are_one_trouble_and_not_the_proof_of_a_wrong_address(read, monkeypatch):
    together, asked = threading.Barrier(4, timeout=10), threading.local()
    request = Shops.get_http_request

    def all_at_once(self, *, page):
        if not hasattr(asked, "once"):
            asked.once = True
            together.wait()
        return request(self, page=page)

    monkeypatch.setattr(Shops, "get_http_request", all_at_once)
    monkeypatch.setattr(Shops, "sources", lambda self, _: [self._read_all] * 4)

    assert read(*[(200, {}, b"<html>maintenance</html>")] * 4, GOOD, concurrency=4, retry_wait=0.2) == BOTH * 4


def test_silence_is_asked_again_as_soon_as_a_refusal_is(unreachable, monkeypatch):
    monkeypatch.setattr("erp_sdk.calls.CONNECT_SECONDS", 0.3)
    monkeypatch.setattr("erp_sdk.outages.ASK_EVERY_SECONDS", 0.3)
    unreachable.socket.listen(0)
    callers = [socket.socket() for _ in range(4)]
    for caller in callers:  # the queue is full: further calls are dropped, as behind a router that has lost its line
        caller.setblocking(False)
        caller.connect_ex(unreachable.server_address)
    later = threading.Timer(1.5, lambda: [caller.close() for caller in callers] + [unreachable.begin()])
    later.start()
    begin = time.monotonic()

    assert run(unreachable, GOOD, state=KNOWN) == BOTH

    later.join()
    assert time.monotonic() - begin < 4


def test_numbers_are_read_out_of_the_environment(monkeypatch):
    for name, value in {"LOOKBACK_MINUTES": "7.5", "MAX_OUTAGE_SECONDS": "60", "PAGE_SIZE": "20"}.items():
        monkeypatch.setenv(f"TAP_EXAMPLE_{name}", value)

    config = Example(parse_env_config=True).config

    assert (config["lookback_minutes"], config["max_outage_seconds"], config["page_size"]) == (7.5, 60, 20)


@pytest.mark.parametrize("setting", ["lookback_minutes", "page_size"])
def test_a_number_in_the_environment_that_is_none_is_named(monkeypatch, setting):
    monkeypatch.setenv(f"TAP_EXAMPLE_{setting.upper()}", "ten")

    with pytest.raises((ConfigValidationError, SetupError)) as refused:
        Example(parse_env_config=True)

    sentence, code = explain(refused.value)
    assert code == 2
    assert setting in sentence
    assert "ten" in sentence
