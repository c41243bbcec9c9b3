"""The open-platform gateway 开放平台网关 in front of the site: HTTP 519, another JSON shape (vendor contract 5.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sandbox.kingdee.sessions import client_signed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from erp_sandbox.kingdee.datacentre import DataCentre

STATUS = 519
NO_APP_ID = 4002
BAD_SIGNATURE = 4005
STALE = 4006
NO_API = 5001
MILLISECONDS_FROM = 10_000_000_000
TEXTS = {
    NO_APP_ID: ("Unauthorized, APP_ID is empty[GW]", "未授权，APP_ID为空"),
    BAD_SIGNATURE: ("Unauthorized, signature is invalid[GW]", "未授权，签名无效"),
    STALE: ("X-Api-TimeStamp invalid or expired[GW]", "X-Api-TimeStamp无效或已过期"),
    NO_API: ("API not found[GW]", "API不存在"),
}


def gateway_refusal(centre: DataCentre, headers: Mapping[str, str], path: str, *, known: bool) -> dict[str, Any] | None:
    """Return the body of the gateway's refusal, or None when it lets the call through to the site."""
    if not known:
        return _refusal(NO_API)
    if not headers.get("x-api-clientid"):
        return _refusal(NO_APP_ID)
    if not _fresh(centre, headers.get("x-api-timestamp", "")):
        return _refusal(STALE)
    return None if client_signed(headers, path) else _refusal(BAD_SIGNATURE)


def stale() -> dict[str, Any]:
    """Return the body of the refusal of a time stamp that is too far off."""
    return _refusal(STALE)


def _fresh(centre: DataCentre, timestamp: str) -> bool:
    """Whether a timestamp (seconds, or milliseconds as the Java SDK sends) is near the server's clock."""
    if not timestamp.isdecimal():
        return False
    seconds = int(timestamp)
    if seconds > MILLISECONDS_FROM:
        seconds //= 1000
    return abs(centre.now().timestamp() - seconds) <= centre.settings.gateway_clock_minutes * 60


def _refusal(code: int) -> dict[str, Any]:
    description, chinese = TEXTS[code]
    return {"errcode": code, "description": description, "description_cn": chinese}
