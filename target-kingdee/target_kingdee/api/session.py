"""Signing in: password, app secret, LoginBySign, or no login at all with signed calls (vendor contract 3)."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Literal, TypeVar

import msgspec
from erp_sdk.command import UserError

from target_kingdee.api.answers import Answer, Failure, read_json
from target_kingdee.api.signing import Identity, login_signature, signed_headers

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from target_kingdee.api.transport import Transport

Verdict = TypeVar("Verdict")

AUTH_SERVICE = "Kingdee.BOS.WebApi.ServicesStub.AuthService"
SESSION_LOST_CODE = 1
# Other texts by which sites tell a lost session (contract 3.5); MsgCode decides where there is one.
_SESSION_LOST_TEXT = re.compile(r"会话信息已丢失|ctx == null|未登录|会话超时|登录已失效")

Auth = Literal["password", "app_secret", "sign", "signed"]

# LoginResultType (contract 3.4): what it means and what to do. The types 1, -2 and -5 give a usable session.
LOGIN_USABLE = frozenset({1, -2, -5})
LOGIN_REFUSALS: dict[int, str] = {
    0: "user name or password is wrong 用户或密码错误; check the credentials",
    -1: "the login failed; check acct_id, the credentials and the IP white list 白名单",
    -3: "the password must be changed first 必须修改密码; sign in once in the browser",
    -4: "Kingdee answered with a warning; sign in once in the browser and confirm it",
    -6: "the cloud passport 云通行证 is not bound to this user; bind it in the browser",
    -7: "the user must be activated first 需要激活; sign in once in the browser",
}


class SignInError(UserError):
    """Kingdee does not let us in; repeating it would change nothing."""


class Session:
    """A signed-in client: makes a session when there is none, and once more when it was lost.

    Args:
        transport: The HTTP session this login belongs to.
        identity: Who signs in.
        auth: How.
        password: For ``password``.

    Attributes:
        user_id: Our user in Kingdee, as the login tells it; None without a login.
    """

    def __init__(self, transport: Transport, identity: Identity, auth: Auth, password: str = "") -> None:
        self._transport = transport
        self._identity = identity
        self._auth = auth
        self._password = password
        self.user_id: int | None = None
        self._signed_in = auth == "signed"  # each signed call makes its own session when it needs one

    def call(self, service: str, body: bytes, read: Callable[[bytes], Verdict]) -> Verdict | Failure:
        """Send one call inside a session.

        A lost session (MsgCode 1: the call was not executed) is made once more and the call repeated; a second loss
        means that the credentials are refused (contract 3.5, 3.6).

        Raises:
            SignInError: Kingdee refuses the credentials.
        """
        for attempt in (1, 2):
            if not self._signed_in:
                refused = self._sign_in()
                if refused is not None:
                    return refused
            was_warm = self._transport.has_session
            result = self._transport.post(service, body)
            answer = result if isinstance(result, Failure) else read(result)
            if not _is_lost(answer):
                return answer
            self._lose()
            if attempt == 2 or (self._auth == "signed" and not was_warm):  # noqa: PLR2004 - the second attempt
                break
        raise SignInError(self._refusal("会话信息已丢失 even with a new session"))

    def _lose(self) -> None:
        self._transport.forget_session()
        self._signed_in = self._auth == "signed"

    def _sign_in(self) -> Failure | None:
        service, arguments = self._login()
        result = self._transport.post(f"{AUTH_SERVICE}.{service}", msgspec.json.encode(arguments))
        answer = result if isinstance(result, Failure) else read_json(result)
        if isinstance(answer, Failure):
            return Failure(answer.kind, answer.detail, sent=False)
        if not isinstance(answer, dict) or "LoginResultType" not in answer:
            return Failure("unexpected_answer", "the login was not answered with a LoginResultType", sent=False)
        self._accept(answer)
        return None

    def _accept(self, answer: dict[str, Any]) -> None:
        kind = int(answer["LoginResultType"])
        if kind not in LOGIN_USABLE:
            said = answer.get("Message") or "no reason given"
            hint = LOGIN_REFUSALS.get(kind, "check the credentials")
            raise SignInError(self._refusal(f"LoginResultType {kind}: {said}", hint))
        context = answer.get("Context") or {}
        session_id = answer.get("KDSVCSessionId") or context.get("SessionId")
        self.user_id = context.get("UserId") or None
        if session_id:
            self._transport.use_session(str(session_id))
        self._signed_in = True

    def _login(self) -> tuple[str, dict[str, Any]]:
        who = self._identity
        if self._auth == "password":
            named = {"acctID": who.acct_id, "username": who.username, "password": self._password, "lcid": who.lcid}
            return "ValidateUser", named
        if self._auth == "app_secret":
            named = {"acctId": who.acct_id, "username": who.username, "appId": who.app_id}
            return "LoginByAppSecret", {**named, "appSecret": who.app_secret, "lcid": who.lcid}
        now = int(time.time())
        # Positional arguments (contract 3.3): the names of this service's arguments are not on record.
        positional = [who.acct_id, who.username, who.app_id, now, login_signature(who, now), who.lcid]
        return "LoginBySign", {"parameters": positional}

    def _refusal(self, said: str, hint: str = "") -> str:
        hint = hint or "check acct_id, username, app_id and app_secret, and that the app is enabled"
        return (
            f"Kingdee at {self._transport.base_url} refused to sign in {self._identity.username!r} "
            f"to the data centre 账套 {self._identity.acct_id!r} with auth={self._auth} ({said}): {hint}."
        )


def signer(identity: Identity) -> Callable[[str, int], dict[str, str]]:
    """Return what signs each call of this identity."""

    def sign(url: str, timestamp: int) -> dict[str, str]:
        return signed_headers(identity, url, timestamp)

    return sign


def _is_lost(answer: Any) -> bool:
    if not isinstance(answer, Answer) or answer.is_success:
        return False
    if answer.msg_code == SESSION_LOST_CODE:
        return True
    return answer.msg_code == 0 and not answer.entities and bool(_SESSION_LOST_TEXT.search(answer.text))
