"""授权: the access_token, got, kept, and renewed before it ends (vendor contract 3).

A merchant's own app (自研/商家自有) gets its token by itself and refreshes it. A service provider's app (服务商 ISV) is
authorised by the merchant in a browser: it is given a token, or a code to change into one, and may not refresh it.

Whoever renews holds the lock of the token's file, and looks into the file first: a token that another process has got
meanwhile is taken over. So of any number of processes and threads one asks the vendor.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import string
import threading
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
import requests
from erp_sdk.answers import RetryLaterError
from erp_sdk.redaction import protect
from singer_sdk.exceptions import FatalAPIError

from tap_jushuitan.answers import TOKEN_ANSWERS
from tap_jushuitan.signing import signed_form
from tap_jushuitan.token_file import Token, TokenFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

logger = logging.getLogger(__name__)

DAY_SECONDS = 86_400
_HOUR_SECONDS = 3_600
_EARLY_SHARE = 0.1  # of a token's life; a day at most
_CODE_LENGTH = 6
_MERCHANT = "merchant"


class _Answer(msgspec.Struct):
    """What the token calls answer; ``expires_in`` is seconds left, not a total."""

    code: int | str | None = None
    msg: str | None = None
    data: Any = None


class Tokens:
    """Gives calls their token.

    Args:
        config: The tap's settings.
        base_url: The vendor's address.
        file: Where the token is kept between runs.
        take_place: Called before each call: the account's budget.
    """

    def __init__(
        self, config: Mapping[str, Any], *, base_url: str, file: TokenFile, take_place: Callable[[], object]
    ) -> None:
        self._config = config
        self._base_url = base_url
        self._file = file
        self._take_place = take_place
        self._is_isv = config["app_type"] != _MERCHANT
        self._renewing = threading.Lock()
        self._held: Token | None = None
        self._refused: Token | None = None
        self._accepted: Token | None = None
        self._has_warned = False

    def take(self) -> Token:
        """Return a token that is good for a call now; get or refresh one if need be.

        Raises:
            FatalAPIError: The vendor grants none, or the merchant has to.
            RetryLaterError, requests.RequestException: It could not be asked.
        """
        held = self._held
        if held is not None and held is not self._refused and not self._is_ending(held):
            return held
        with self._renewing:
            if self._held is None or self._held is self._refused or self._is_ending(self._held):
                with self._file.locked(2.0 * self._config["request_timeout"]):
                    self._held = self._next(self._held)
            return self._held

    def accepted(self, token: Token) -> None:
        """Note that the vendor has answered a call with this token."""
        self._accepted = token

    def refused(self, token: Token) -> bool:
        """Note that the vendor has not; return whether there can be a better one."""
        if token is not self._held or token is self._refused:
            return True  # another thread has renewed it since, or is about to
        if self._refused is not None and self._accepted is not token:
            return False  # it came in the place of a refused one, and has never been good
        self._refused = token
        return True

    def _next(self, held: Token | None) -> Token:
        """Return the token that follows the one held; called with the lock."""
        kept = self._kept()
        if kept is not None and (held is None or _differ(kept, held)) and not self._is_ending(kept):
            return kept
        if self._is_isv:
            return self._of_isv(kept, is_refused=held is not None and held is self._refused)
        token = self._renewed(kept or held)
        self._file.write(token)
        return token

    def _kept(self) -> Token | None:
        """Return the token in the file, or the one in the settings if the file's does not descend from them."""
        found, given = self._file.read(), self._config.get("access_token")
        if found is not None:
            protect((found.access_token, found.refresh_token))
        if found is not None and found.account == self._account and (found.origin == self._origin or not self._origin):
            return found
        refresh_token = self._config.get("refresh_token") or ""
        return Token(given, refresh_token, account=self._account, origin=self._origin) if given else None

    @property
    def _account(self) -> str:
        return _digest(self._base_url, self._config["app_key"])

    @property
    def _origin(self) -> str:
        """Digest of what the settings give; "" when they give nothing."""
        given = [self._config.get(name) or "" for name in ("access_token", "auth_code")]
        return _digest(*given) if any(given) else ""

    def _is_ending(self, token: Token) -> bool:
        if not token.expires:
            return False  # from the settings: nobody knows until it is refused
        life = token.expires - token.obtained
        left = token.expires - time.time()
        if self._is_isv:
            self._warn(left)
            return left <= 0
        return left <= min(DAY_SECONDS, life * _EARLY_SHARE)

    def _warn(self, left: float) -> None:
        if left < 3 * DAY_SECONDS and not self._has_warned:
            self._has_warned = True
            logger.warning(
                "The merchant's authorisation ends in %.0f hours: have the app authorised again", left / _HOUR_SECONDS
            )

    def _renewed(self, known: Token | None) -> Token:
        """Refresh, or begin anew if that is refused."""
        if known is not None and known.refresh_token and (not known.expires or known.expires > time.time()):
            try:
                return self._ask(
                    "refreshToken", grant_type="refresh_token", refresh_token=known.refresh_token, scope="all"
                )
            except FatalAPIError as error:
                logger.info("%s Asking for a new one", error)
        code = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(_CODE_LENGTH))
        return self._ask("getInitToken", grant_type="authorization_code", code=code)

    def _of_isv(self, kept: Token | None, *, is_refused: bool) -> Token:
        code = self._config.get("auth_code")
        if code and kept is None:
            token = self._ask("accessToken", grant_type="authorization_code", code=code)
            self._file.write(token)
            return token
        if kept is not None and not is_refused:
            return kept
        raise FatalAPIError(
            "the merchant's authorisation has ended, and an ISV app (服务商应用) may not refresh it; have the merchant "
            "authorise the app again at openweb.jushuitan.com/auth, and set auth_code or access_token."
        )

    def _ask(self, call: str, **fields: str) -> Token:
        url = f"{self._base_url}/openWeb/auth/{call}"
        form = {"app_key": self._config["app_key"], "timestamp": int(time.time()), "charset": "utf-8", **fields}
        self._take_place()
        response = requests.post(
            url,
            data=signed_form(self._config["app_secret"], form),
            timeout=self._config["request_timeout"],
            allow_redirects=False,  # what it carries is for this address alone
        )
        if response.status_code != HTTPStatus.OK:
            raise _http_error(url, response)
        try:
            answer = msgspec.json.decode(response.content, type=_Answer)
        except msgspec.DecodeError:
            raise RetryLaterError(f"{url} answers no JSON; check base_url.") from None
        given = answer.data if isinstance(answer.data, dict) else {}
        if str(answer.code) != "0" or not given.get("access_token"):
            raise TOKEN_ANSWERS.error(answer.code, answer.msg, where=url, response=response)
        now, seconds = time.time(), float(given.get("expires_in") or 0)
        token = Token(
            access_token=str(given["access_token"]),
            refresh_token=str(given.get("refresh_token") or ""),
            obtained=now,
            expires=now + seconds if seconds > 0 else 0,  # nobody has said: it is good until it is refused
            account=self._account,
            origin=self._origin,
        )
        protect((token.access_token, token.refresh_token))
        logger.info("%s has given a token", call)
        return token


def _http_error(url: str, response: requests.Response) -> Exception:
    status = response.status_code
    said = f"{url}: HTTP {status} {response.reason or ''}".rstrip()
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return RetryLaterError(f"{said}; run again later.", response=response)
    return FatalAPIError(f"{said}; check base_url, and whether a proxy or firewall stands in between.")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _differ(one: Token, other: Token) -> bool:
    return (one.access_token, one.obtained) != (other.access_token, other.obtained)
