"""Sessions of the Galaxy WebAPI: how long they live, and who may have one (vendor contract 3)."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from erp_sandbox.kingdee import account, signing
from erp_sandbox.kingdee.envelope import CONTEXT_LOST, SESSION_LOST_TEXT, Refused, ServerException

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from erp_sandbox.kingdee.datacentre import DataCentre

COOKIE = "kdservice-sessionid"
MOST_SESSIONS = 10_000
UNKNOWN_ACCOUNT_TEXT = "Fail to verify thirty passport"


@dataclass(slots=True)
class Session:
    """One server session. ``org`` is the current organisation's number."""

    id: str
    org: str
    used: datetime


class Sessions:
    """The sessions of one serving process; they end with it, as with the vendor's site."""

    def __init__(self, centre: DataCentre) -> None:
        self._centre = centre
        self._by_id: OrderedDict[str, Session] = OrderedDict()

    def create(self, org: str = account.ORG_NUM) -> Session:
        """Make a session in an organisation; ``0`` is the default one."""
        number = self._centre.account.head_org if org in ("", account.ORG_NUM) else org
        session = Session(str(uuid.uuid4()), number, self._centre.now())
        self._by_id[session.id] = session
        self._forget_old()
        return session

    def find(self, session_id: str) -> Session | None:
        """Return a session that is alive, and keep it so for as long again (idle expiry)."""
        session = self._by_id.get(session_id)
        if session is None:
            return None
        now = self._centre.now()
        if now - session.used > timedelta(minutes=self._centre.settings.session_minutes):
            del self._by_id[session_id]
            return None
        session.used = now
        self._by_id.move_to_end(session_id)
        return session

    def end(self, session_id: str) -> None:
        """End one session, if it is there."""
        self._by_id.pop(session_id, None)

    def end_all(self) -> int:
        """End every session and return how many there were."""
        count = len(self._by_id)
        self._by_id.clear()
        return count

    def authenticate(self, headers: Mapping[str, str], session_id: str, path: str) -> tuple[Session, bool]:
        """Return the call's session, and whether it was made just now (contract 3.6).

        A session that is alive passes whatever else is sent; without one the signed headers are verified.

        Raises:
            Refused: MsgCode 1, no session and no good signature.
            ServerException: HTTP 500 for an unknown account.
        """
        session = self.find(session_id) if session_id else None
        if session is not None:
            return session, False
        identity = signing.AppData.from_header(headers.get("x-kd-appdata", ""))
        if identity is None or "x-kd-signature" not in headers:
            raise Refused(CONTEXT_LOST, SESSION_LOST_TEXT)
        if identity.acct_id != self._centre.account.id:
            raise ServerException(UNKNOWN_ACCOUNT_TEXT)
        if not _identified(headers, identity):
            raise Refused(CONTEXT_LOST, SESSION_LOST_TEXT)
        if self._centre.settings.strict_signature and not client_signed(headers, path):
            raise Refused(CONTEXT_LOST, SESSION_LOST_TEXT)
        return self.create(identity.org), True

    def _forget_old(self) -> None:
        limit = self._centre.now() - timedelta(minutes=self._centre.settings.session_minutes)
        while self._by_id:
            oldest = next(iter(self._by_id.values()))
            if oldest.used >= limit and len(self._by_id) <= MOST_SESSIONS:
                return
            del self._by_id[oldest.id]


def _identified(headers: Mapping[str, str], identity: signing.AppData) -> bool:
    """Verify X-Kd-*: AppID, user, language and signature; any organisation is accepted."""
    app_id = headers.get("x-kd-appkey", "")
    expected = signing.sign(account.APP_SECRET, f"{app_id}{identity}")
    return (
        app_id == account.APP_ID
        and identity.user == account.USER_NAME
        and identity.lcid in account.LCIDS
        and signing.same(headers.get("x-kd-signature", ""), expected)
    )


def client_signed(headers: Mapping[str, str], path: str) -> bool:
    """Verify X-Api-Signature over path, nonce and timestamp."""
    client_id, secret = signing.unmask(account.APP_ID)
    text = signing.api_text(path, headers.get("x-api-nonce", ""), headers.get("x-api-timestamp", ""))
    given = headers.get("x-api-signature", "")
    return headers.get("x-api-clientid", "") == client_id and signing.same(given, signing.sign(secret, text))
