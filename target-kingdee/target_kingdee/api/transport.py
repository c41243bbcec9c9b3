"""The wire: one keep-alive HTTP session, POST only, bytes out and bytes in. Never sends anything twice by itself."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import requests
import urllib3
from requests.utils import get_environ_proxies

from target_kingdee.api.answers import Failure, one_line, read_http_error

if TYPE_CHECKING:
    from collections.abc import Callable

SUFFIX = ".common.kdsvc"
DYNAMIC_FORM = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService"
USER_AGENT = "target-kingdee"
CONNECT_SECONDS = 10.0
CONNECT_AGAIN_SECONDS = 4.0  # short while Kingdee is away, so that its return is soon noticed
SESSION_HEADER = "kdservice-sessionid"
_OK = frozenset({200, 206})


class Transport:
    """One HTTP session with one Kingdee site.

    Requests of one session are serialised by the server (contract 3.5), so parallel work needs one transport each.

    Args:
        base_url: ``https://host/k3cloud/``; the slash is added when missing (contract 2.1).
        read_seconds: How long an answer may take.
        sign: Makes the headers of signed calls; None when a login makes the session.
        before_call: Told the service before each call; may wait.
    """

    def __init__(
        self,
        base_url: str,
        read_seconds: float,
        sign: Callable[[str, int], dict[str, str]] | None = None,
        before_call: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.base_url = base_url if base_url.endswith("/") else f"{base_url}/"
        self._read_seconds = read_seconds
        self._is_away = False
        self._sign = sign
        self._before_call = before_call
        self._prepared: dict[str, requests.PreparedRequest] = {}
        self._session = requests.Session()
        # Read once what requests would read from the environment for each call.
        self._session.trust_env = False
        self._session.proxies.update(get_environ_proxies(self.base_url))
        self._session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True

    def post(self, service: str, body: bytes) -> bytes | Failure:
        """Send one call; give the answer's body, or how it failed.

        Args:
            service: Full service name, without the suffix.
            body: JSON in encoding A (contract 2.2).
        """
        self._before_call(service)
        request = self._prepare(service, body)
        connect_seconds = min(CONNECT_AGAIN_SECONDS if self._is_away else CONNECT_SECONDS, self._read_seconds)
        try:
            answer = self._session.send(request, timeout=(connect_seconds, self._read_seconds), allow_redirects=False)
        except requests.RequestException as error:
            failure = _name_failure(error)
            self._is_away = failure.kind == "unreachable"
            return failure
        except (urllib3.exceptions.HTTPError, OSError) as error:
            return Failure("connection_lost", type(error).__name__)
        self._is_away = False
        if answer.status_code in _OK:
            return answer.content
        return read_http_error(answer.status_code, answer.content)

    @property
    def has_session(self) -> bool:
        """Whether the server has given this client a session id."""
        return SESSION_HEADER in self._session.cookies

    def use_session(self, session_id: str) -> None:
        """Carry a session id that came in a login's body."""
        if not self.has_session:
            self._session.cookies.set(SESSION_HEADER, session_id)

    def forget_session(self) -> None:
        """Start over as an unknown client."""
        self._session.cookies.clear()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _prepare(self, service: str, body: bytes) -> requests.PreparedRequest:
        # A prepared request is made once a service: parsing the same URL again would cost more than the signature.
        template = self._prepared.get(service)
        if template is None:
            headers = {
                "Content-Type": "application/json",
                "Accept-Charset": "utf-8",
                "Accept": "*/*",
                "Accept-Encoding": "gzip, deflate",
                "Connection": "keep-alive",
                "User-Agent": USER_AGENT,
            }
            url = f"{self.base_url}{service}{SUFFIX}"
            template = self._prepared[service] = requests.Request("POST", url, headers=headers).prepare()
        request = template.copy()
        request.body = body
        request.headers["Content-Length"] = str(len(body))
        request.prepare_cookies(self._session.cookies)
        if self._sign is not None:
            request.headers.update(self._sign(f"{self.base_url}{service}{SUFFIX}", int(time.time())))
        return request


_FAILURES: tuple[tuple[type[requests.RequestException], Failure], ...] = (
    (requests.exceptions.ConnectTimeout, Failure("unreachable", "no connection in time", sent=False)),
    (requests.exceptions.ProxyError, Failure("unreachable", "the proxy did not connect", sent=False)),
    (requests.exceptions.ReadTimeout, Failure("read_timeout", "no answer in time")),
    (requests.exceptions.ChunkedEncodingError, Failure("cut_answer", "the answer broke off")),
    (requests.exceptions.ContentDecodingError, Failure("cut_answer", "the answer could not be unpacked")),
    (requests.exceptions.ConnectionError, Failure("connection_lost", "the connection broke")),
)
"""The first that fits names it; what is not here may have been sent."""


def _name_failure(error: requests.RequestException) -> Failure:
    """Tell what was never sent from what may have been done."""
    if isinstance(error, requests.exceptions.SSLError):
        return Failure("tls", one_line(str(error).encode(), 160), sent=False)
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, urllib3.exceptions.NewConnectionError):
        return Failure("unreachable", _why_refused(reason), sent=False)
    fallback = Failure("connection_lost", type(error).__name__)
    return next((failure for kind, failure in _FAILURES if isinstance(error, kind)), fallback)


def _why_refused(error: urllib3.exceptions.NewConnectionError) -> str:
    if isinstance(error, urllib3.exceptions.NameResolutionError):
        return "its name is not known"
    return "the connection was refused" if "refused" in str(error).lower() else "no connection could be made"
