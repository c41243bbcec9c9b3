"""One server session 会话 with 金蝶云星空, shared by all streams of a run (vendor contract, section 3).

A login opens a session that ends after twenty idle minutes; a signed call opens one by the way and needs no login.
Either way the session id travels in the header ``kdservice-sessionid``, and an answer with MsgCode 1 says that it is
gone. On a session that never gave a good answer MsgCode 1 means something else: these credentials are not accepted.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from erp_sdk.answers import RetryLaterError
from erp_sdk.messages import decode
from erp_sdk.outages import CONNECT_SECONDS
from singer_sdk.exceptions import FatalAPIError

from tap_kingdee.signing import Identity, signed_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

logger = logging.getLogger(__name__)

SESSION_HEADER = "kdservice-sessionid"
AUTH_SERVICE = "Kingdee.BOS.WebApi.ServicesStub.AuthService"
_SERVER_ERROR = 500
_SIGNED_IN = frozenset({1, -2, -5})
"""LoginResultType: 1 signed in, -2 the password should be changed soon, -5 a notice waits; the session works."""


def service_url(base_url: str, service: str) -> str:
    """Return the address of a service; ``base_url`` may lack its last slash (contract 2.1)."""
    return f"{base_url.rstrip('/')}/{service}.common.kdsvc"


@dataclass(slots=True)
class GalaxySession:
    """Keeps the session id and gets a new one when it is needed; safe for several threads.

    Attributes:
        config: The tap's settings.
        http: The connection pool, with the site's cookies.
        timeout: Seconds to wait for the login.
    """

    config: Mapping[str, Any]
    http: requests.Session
    timeout: float = 120
    _id: str | None = None
    _proven: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def headers(self, url: str) -> dict[str, str]:
        """Return the headers for one call to ``url``; signs in first if that is needed.

        Raises:
            FatalAPIError: The login was refused.
            RetryLaterError: The site could not deal with the login now.
            requests.RequestException: The site was not reached.
        """
        with self._lock:
            if self.config["auth"] == "signed":
                headers = signed_headers(url, self._identity(), timestamp=int(time.time()), nonce=uuid.uuid4().hex)
            else:
                headers = {}
                self._id = self._id or self._sign_in()
            if self._id is not None:
                headers[SESSION_HEADER] = self._id
            return headers

    def answered(self, response: requests.Response) -> None:
        """Note that a call went well, and the session id if the site opened one for it."""
        with self._lock:
            self._id = response.cookies.get(SESSION_HEADER) or self._id
            self._proven = True

    def lost(self, used: str | None) -> bool:
        """Forget a session that the site does not know any more; tell whether asking again makes sense.

        Args:
            used: The session id that the refused call carried.
        """
        with self._lock:
            if used != self._id:
                return True  # another thread has got a new one meanwhile
            worth_it, self._id, self._proven = self._proven, None, False
            self.http.cookies.clear()
            return worth_it

    def _identity(self) -> Identity:
        get = self.config.get
        return Identity(
            acct_id=self.config["acct_id"],
            username=self.config["username"],
            app_id=get("app_id", ""),
            app_secret=get("app_secret", ""),
            lcid=int(get("lcid", 2052)),
            org_num=str(get("org_num", "0")),
        )

    def _sign_in(self) -> str:
        by_password = self.config["auth"] == "password"
        who = self._identity()
        secrets = [self.config.get("password", "")] if by_password else [who.app_id, who.app_secret]
        service = f"{AUTH_SERVICE}.{'ValidateUser' if by_password else 'LoginByAppSecret'}"
        self.http.cookies.clear()
        response = self.http.post(
            service_url(self.config["base_url"], service),
            json={"parameters": [who.acct_id, who.username, *secrets, who.lcid]},
            timeout=(CONNECT_SECONDS, self.timeout),
            allow_redirects=False,
        )
        return _session_id(response, self.config)


def _session_id(response: requests.Response, config: Mapping[str, Any]) -> str:
    """Return the session id out of a login's answer (contract 3.4)."""
    user, site = config["username"], config["base_url"]
    if "Fail to verify thirty passport" in response.text:
        raise FatalAPIError(f"{site} does not know the data centre 账套 {config['acct_id']}; check acct_id.")
    if response.status_code >= _SERVER_ERROR:
        raise RetryLaterError(f"the login at {site} failed with HTTP {response.status_code}.", response=response)
    try:
        answer = decode(response.content)
        result = int(answer["LoginResultType"])
    except (ValueError, TypeError, KeyError):
        raise FatalAPIError(
            f"{site} answered the login with HTTP {response.status_code} and no login result; "
            "base_url must be the address that ends in /k3cloud/."
        ) from None
    if result not in _SIGNED_IN or not answer.get("KDSVCSessionId"):
        said = answer.get("Message") or "no reason given"
        what = "username and password" if config["auth"] == "password" else "username, app_id and app_secret"
        raise FatalAPIError(
            f"{site} refuses the login 登录 of {user}: {said} (LoginResultType {result}); check {what}, acct_id, "
            "and that the address of this machine is on the site's white list."
        )
    if result != 1:
        logger.warning(
            "%s signs %s in with a notice: %s (LoginResultType %d)", site, user, answer.get("Message"), result
        )
    return str(answer["KDSVCSessionId"])
