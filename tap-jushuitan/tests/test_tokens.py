"""授权: tokens got, kept, refreshed in time, by one process at a time."""

import json
import stat
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from erp_sdk.command import SetupError, explain
from singer_sdk.exceptions import FatalAPIError, SingerSDKError
from tap_jushuitan.tap import TapJushuitan
from tap_jushuitan.token_file import TokenFile
from tap_jushuitan.tokens import Tokens

SHOPS = {"streams": ("shops",)}
DAY = 86_400
MARCH = {"start_date": "2026-03-30", "end_date": "2026-04-02", "window_minutes": 360}


@pytest.fixture
def token_calls(own):
    """The token calls since the test began, by interface."""

    def counted():
        return {
            path.rpartition("/")[2]: sum(outcomes.values())
            for path, outcomes in own.calls().items()
            if path.startswith("/openWeb/")
        }

    before = counted()
    return lambda: {name: n - before.get(name, 0) for name, n in counted().items() if n > before.get(name, 0)}


def path_of(reader, app="merchant"):
    return reader.folder / f"{app}-token.json"


def kept(reader, app="merchant"):
    return json.loads(path_of(reader, app).read_text())


def age(reader, **changes):
    """Change what the token's file says."""
    path_of(reader).write_text(json.dumps({**kept(reader), **changes}))


def test_an_app_gets_its_token_by_itself_once_and_keeps_it_to_itself(own, token_calls):
    first = own.read(**SHOPS).records("shops")
    second = own.read(**SHOPS).records("shops")

    assert len(first) == len(second) > 0
    assert token_calls() == {"getInitToken": 1}
    assert stat.S_IMODE(path_of(own).stat().st_mode) == 0o600
    assert kept(own)["expires"] - time.time() == pytest.approx(30 * DAY, abs=120)


def test_a_token_from_the_settings_needs_no_token_call_until_it_is_refused(own, token_calls):
    given = own.sandbox.credentials["jushuitan"]["merchant"]
    settings = {name: given[name] for name in ("access_token", "refresh_token")}

    own.read(**SHOPS, **settings)
    assert token_calls() == {}

    own.sandbox.post("jushuitan/settings", {"token_values": "new"})
    own.sandbox.post("jushuitan/expire-tokens", {})
    own.read(**SHOPS, **settings)
    own.read(**SHOPS, **settings)

    assert token_calls() == {"refreshToken": 1, "getInitToken": 1}
    assert kept(own)["access_token"] != given["access_token"]


@pytest.mark.parametrize("values", ["same", "new"])
def test_a_token_is_refreshed_before_it_ends(own, token_calls, values):
    own.read(**SHOPS)
    own.sandbox.post("jushuitan/settings", {"token_values": values})
    before = kept(own)
    age(own, obtained=time.time() - 29 * DAY, expires=time.time() + DAY / 2)

    own.read(**SHOPS)
    own.read(**SHOPS)

    assert token_calls() == {"getInitToken": 1, "refreshToken": 1}
    assert (kept(own)["access_token"] == before["access_token"]) == (values == "same")
    assert kept(own)["expires"] > time.time() + 29 * DAY


def test_after_it_has_ended_a_new_one_is_asked_for(own, token_calls):
    own.read(**SHOPS)
    own.sandbox.post("jushuitan/expire-tokens", {})
    age(own, obtained=time.time() - 31 * DAY, expires=time.time() - DAY)

    assert own.read(**SHOPS).records("shops")
    assert token_calls() == {"getInitToken": 2}


def test_a_token_that_ends_in_the_middle_is_renewed_once_and_nothing_is_lost(own, token_calls):
    own.read(**SHOPS)
    own.sandbox.post("faults", [{"vendor": "jushuitan", "call": "/open/orders/*", "kind": "token_lost", "nth": 3}])

    output = own.read(streams=("orders",), **MARCH, concurrency=4)

    found = {record["o_id"] for record in output.records("orders")}
    assert found == {document["id"] for document in own.sandbox.show("jushuitan", "orders")}
    assert token_calls() == {"getInitToken": 2, "refreshToken": 1}  # what has ended cannot be refreshed


def test_a_second_refusal_in_a_row_ends_the_run(own):
    own.sandbox.post("faults", [{"vendor": "jushuitan", "call": "/open/*", "kind": "token_lost", "every": 1}])

    with pytest.raises(SingerSDKError) as refused:
        own.read(**SHOPS)

    sentence, code = explain(refused.value)
    assert code == 1
    assert "access_token" in sentence
    assert own.calls()["/open/shops/query"]


class Granting(BaseHTTPRequestHandler):
    """Answers token calls with what a test chose."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append(self.path)
        status, answer = self.server.answer
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Tests look at answers, not at access logs."""


@pytest.fixture
def granting(tmp_path):
    """Tokens of a vendor that answers what the test says."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Granting)
    server.calls, server.answer = [], (200, {"code": 0, "data": {"access_token": "token-4711"}})
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    config = {"app_key": "k", "app_secret": "s", "app_type": "merchant", "request_timeout": 5}
    file = TokenFile(str(tmp_path / "token.json"), "account")
    address = f"http://127.0.0.1:{server.server_port}"
    server.tokens = Tokens(config, base_url=address, file=file, take_place=lambda: None)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_token_whose_end_nobody_tells_is_good_until_it_is_refused(granting):
    assert granting.tokens.take() is granting.tokens.take()
    assert granting.calls == ["/openWeb/auth/getInitToken"]


def test_a_token_that_several_calls_find_refused_at_once_is_renewed_and_none_of_them_ends_the_run(granting):
    kept_too_long = granting.tokens.take()

    assert granting.tokens.refused(kept_too_long)
    assert granting.tokens.refused(kept_too_long)
    renewed = granting.tokens.take()
    assert granting.tokens.refused(kept_too_long)
    assert not granting.tokens.refused(renewed)
    assert len(granting.calls) == 2


def test_a_token_call_is_not_sent_on_to_another_address(granting):
    granting.answer = (307, {})

    with pytest.raises(FatalAPIError, match="base_url"):
        granting.tokens.take()
    assert granting.calls == ["/openWeb/auth/getInitToken"]


def test_merchants_of_one_isv_app_have_files_of_their_own():
    app = {"app_key": "k", "app_secret": "s", "app_type": "isv"}

    files = {TapJushuitan(config={**app, "auth_code": code}).tokens._file.path for code in ("code-a", "code-b")}

    assert len(files) == 2


def test_of_several_processes_one_refreshes_and_none_puts_a_token_out(own, token_calls):
    own.read(**SHOPS)
    own.sandbox.post("jushuitan/settings", {"token_values": "new", "latency_ms": 300})
    age(own, obtained=time.time() - 29 * DAY, expires=time.time() + DAY / 2)

    started = [own.start(own.settings(), streams=("shops",), name=f"run{number}") for number in range(2)]
    outputs = [own.ended(process) for process in started]

    assert [output.code for output in outputs] == [0, 0]
    assert len({len(output.records("shops")) for output in outputs}) == 1
    assert token_calls() == {"getInitToken": 1, "refreshToken": 1}
    for secret in (kept(own)["access_token"], kept(own)["refresh_token"], own.settings()["app_secret"]):
        assert not [output for output in outputs if secret in output.stderr + output.stdout]
    assert not list(own.folder.glob(".merchant*"))


def test_a_token_that_other_settings_gave_is_not_used(own, token_calls):
    own.read(**SHOPS)
    given = own.sandbox.credentials["jushuitan"]["merchant"]["access_token"]
    age(own, access_token="of-another-life-4711")

    own.read(**SHOPS, access_token=given)

    assert token_calls() == {"getInitToken": 1}


def test_an_isv_changes_the_merchants_code_once_and_cannot_refresh(own, token_calls):
    own.read("isv", **SHOPS)
    own.read("isv", **SHOPS)
    assert token_calls() == {"accessToken": 1}

    own.sandbox.post("jushuitan/expire-tokens", {})
    with pytest.raises(SingerSDKError) as refused:
        own.read("isv", **SHOPS)

    sentence, code = explain(refused.value)
    assert code == 1
    assert "authorise the app again" in sentence
    assert token_calls() == {"accessToken": 1}


@pytest.mark.parametrize("changes", [{"auth_code": "wrong"}, {"auth_code": None, "access_token": "wrong"}])
def test_an_isv_with_a_wrong_code_or_token_is_told_so(own, changes):
    with pytest.raises(SingerSDKError) as refused:
        own.read("isv", **SHOPS, **changes)

    sentence, code = explain(refused.value)
    assert code == 1
    assert "authoris" in sentence


def test_a_file_that_holds_no_token_is_named(own):
    path_of(own).write_text("{}")

    with pytest.raises(SetupError) as refused:
        own.read(**SHOPS)

    assert str(path_of(own)) in str(refused.value)
    assert "token_path" in str(refused.value)


def test_a_file_that_cannot_be_written_does_not_stop_the_run(own, caplog):
    (own.folder / "file").write_text("")

    output = own.read(**SHOPS, token_path=str(own.folder / "file" / "token.json"))

    assert output.records("shops")
    assert "token_path" in caplog.text
