"""What lies between the target and Kingdee: gateway, TLS, redirects, broken answers, the budget of calls."""

from __future__ import annotations

import socketserver
import threading
import time

import pytest


@pytest.fixture
def gateway(kingdee) -> str:
    """The address of the open gateway 开放平台网关 before the site."""
    kingdee.settings(gateway=True)
    return f"{kingdee.sandbox.url}/galaxyapi/"


def test_signed_calls_pass_the_gateway(kingdee, target, documents, gateway):
    outcome = target.run(documents(2), auth="signed", base_url=gateway)

    assert outcome.exit_code == 0, outcome.stderr
    assert set(kingdee.statuses().values()) == {"C"}


def test_a_clock_that_is_wrong_is_named_by_what_the_gateway_says(kingdee, target, documents, gateway, monkeypatch):
    real = time.time
    monkeypatch.setattr("target_kingdee.api.transport.time.time", lambda: real() - 3600)

    outcome = target.run(documents(1), auth="signed", base_url=gateway)

    assert outcome.exit_code == 1
    assert "clock" in outcome.sentence
    assert kingdee.held() == {}


def test_the_gateway_wants_signed_calls_and_the_sentence_says_so(target, documents, gateway):
    outcome = target.run(documents(1), auth="app_secret", base_url=gateway)

    assert outcome.exit_code == 1
    assert "auth=signed" in outcome.sentence


def test_a_clock_that_is_wrong_does_no_harm_without_a_gateway(kingdee, target, documents, monkeypatch):
    real = time.time
    monkeypatch.setattr("target_kingdee.api.transport.time.time", lambda: real() - 86400)

    assert target.run(documents(1), auth="signed").exit_code == 0
    assert kingdee.statuses() == {"1": "C"}


def test_a_certificate_that_is_not_trusted_stops_the_run(kingdee, target, documents):
    url = kingdee.sandbox.url.replace("http:", "https:")

    outcome = target.run(documents(1), base_url=f"{url}/k3cloud/")

    assert outcome.exit_code == 1
    assert "TLS" in outcome.sentence


@pytest.fixture
def answering():
    """Serve one fixed answer to whatever is sent: `answering(b"HTTP/1.1 …")` gives the base URL."""
    servers = []

    def serve(answer: bytes) -> str:
        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += self.rfile.readline()
                length = next(
                    int(line.split(b":")[1]) for line in head.splitlines() if line.lower().startswith(b"content-length")
                )
                self.rfile.read(length)
                self.wfile.write(answer)

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/k3cloud/"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n", "redirects"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"LoginRes', "broke off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "empty"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<html>IIS</html", "web page"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "LoginResultType"),
        (b"not http at all", "connection"),
    ],
)
def test_answers_that_are_none_end_in_one_sentence(target, documents, answering, answer, said):
    outcome = target.run(documents(1), base_url=answering(answer), max_retries=1)

    assert (outcome.exit_code, outcome.states) == (1, [])
    assert said in outcome.sentence
    assert "Traceback" not in outcome.stderr


def test_calls_take_their_places_from_the_budget_of_the_account(target, documents, tmp_path):
    outcome = target.run(documents(2), calls_per_minute=1000, budget_path=str(tmp_path / "budget"))

    assert outcome.exit_code == 0, outcome.stderr
    assert list((tmp_path / "budget").glob("*.sqlite"))
