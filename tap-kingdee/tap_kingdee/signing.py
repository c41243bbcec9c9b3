"""The nine headers of a signed call 签名调用: pure functions of URL, identity and time (vendor contract, section 4).

Two signatures, both ``base64(hex(HMAC-SHA256))``: one over path, time and nonce with the client secret hidden in the
application id (the gateway looks at it), one over application id and identity with the application secret (every site
looks at it). The body is not signed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from urllib.parse import quote

_MASK = b"0054f397c6234378b09ca7d3e5debce7"
"""What hides the client secret inside every application id; the same for all customers (contract 4.1)."""

_MASKED = re.compile(r"[A-Za-z0-9+/]{32}")
_SHORTEST_ORIGIN = 10
"""The path starts at the first slash at or behind this index: behind ``https://host`` (contract 4.2)."""


@dataclass(frozen=True)
class Identity:
    """Who calls, as 第三方系统登录授权 shows it.

    Attributes:
        acct_id: 账套 ID.
        username: 集成用户, may be Chinese.
        app_id: 应用 ID, ``{6 digits}_{32 characters}``.
        app_secret: 应用密钥.
        lcid: 语言, 2052 is simplified Chinese.
        org_num: 组织编码, ``"0"`` is the user's default organisation.
    """

    acct_id: str
    username: str
    app_id: str
    app_secret: str
    lcid: int = 2052
    org_num: str = "0"


def signed_headers(url: str, identity: Identity, *, timestamp: int, nonce: str) -> dict[str, str]:
    """Return the headers that authenticate one call without a login.

    Args:
        url: The full address of the service.
        identity: Who calls.
        timestamp: Unix seconds; the gateway refuses one that is minutes old.
        nonce: Any text; the vendor's Python client sends the timestamp.
    """
    client_id, client_secret = unmask(identity.app_id)
    route = f"POST\n{_signed_path(url)}\n\nx-api-nonce:{nonce}\nx-api-timestamp:{timestamp}\n"
    caller = f"{identity.acct_id},{identity.username},{identity.lcid},{identity.org_num}"
    return {
        "X-Api-ClientID": client_id,
        "X-Api-Auth-Version": "2.0",
        "x-api-timestamp": str(timestamp),
        "x-api-nonce": nonce,
        "x-api-signheaders": "x-api-timestamp,x-api-nonce",
        "X-Api-Signature": _signature(client_secret, route),
        "X-Kd-Appkey": identity.app_id,
        "X-Kd-Appdata": base64.b64encode(caller.encode("utf-8")).decode("ascii"),
        "X-Kd-Signature": _signature(identity.app_secret, identity.app_id + caller),
    }


def unmask(app_id: str) -> tuple[str, str]:
    """Return the client id and the client secret that an application id carries.

    An id of another shape gives empty text, as the vendor's client does: the call then goes out and the site decides.
    """
    parts = app_id.split("_")
    if len(parts) != 2:  # noqa: PLR2004 - client id and masked secret
        return "", ""
    client_id, masked = parts
    if not _MASKED.fullmatch(masked):
        return client_id, ""
    secret = bytes(byte ^ mask for byte, mask in zip(base64.b64decode(masked), _MASK, strict=False))
    return client_id, binascii.b2a_base64(secret, newline=False).decode("ascii")


def _signed_path(url: str) -> str:
    start = url.find("/", _SHORTEST_ORIGIN)
    return quote(url[start:] if start >= 0 else "", safe="")


def _signature(key: str, text: str) -> str:
    digest = hmac.new(key.encode("utf-8"), text.encode("utf-8"), hashlib.sha256).hexdigest()
    return base64.b64encode(digest.encode("ascii")).decode("ascii")
