"""Signatures of the Kingdee Galaxy WebAPI: the headers of signed calls, and LoginBySign (vendor contract 4).

A signature covers the URL's path, time and nonce, and the identity; never the body.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from urllib.parse import quote

_MASK = b"0054f397c6234378b09ca7d3e5debce7"
_MASKED_LENGTH = 32
_APP_ID_PARTS = 2
_SCHEME_END = 10
_BASE64_WITHOUT_PADDING = re.compile(r"[A-Za-z0-9+/]+")
_SIGNED_HEADERS = "x-api-timestamp,x-api-nonce"


@dataclass(frozen=True)
class Identity:
    """Who calls: what 「第三方系统登录授权」 shows to the operator."""

    acct_id: str
    username: str
    app_id: str
    app_secret: str
    lcid: int = 2052
    org_num: str = "0"

    @property
    def app_data(self) -> str:
        """The four parts in the order in which the server takes them apart; commas in the user name stay."""
        return f"{self.acct_id},{self.username},{self.lcid},{self.org_num}"


def client_credentials(app_id: str) -> tuple[str, str]:
    """Return client id and client secret hidden in an AppID (contract 4.1); empty text where there is none."""
    parts = app_id.split("_")
    if len(parts) != _APP_ID_PARTS:
        return "", ""
    client_id, masked = parts
    if len(masked) != _MASKED_LENGTH or not _BASE64_WITHOUT_PADDING.fullmatch(masked):
        return client_id, ""
    plain = bytes(byte ^ mask for byte, mask in zip(base64.b64decode(masked), _MASK, strict=False))
    return client_id, base64.b64encode(plain).decode()


def signed_path(url: str) -> str:
    """Percent-encode the URL's path as the signature takes it: slashes too (contract 4.2)."""
    return quote(url[url.index("/", _SCHEME_END) :], safe="")


def signed_headers(identity: Identity, url: str, timestamp: int, nonce: str | None = None) -> dict[str, str]:
    """Build the nine headers of a signed call (contract 4.4).

    Args:
        identity: Who calls.
        url: The whole request URL.
        timestamp: Unix seconds.
        nonce: Any text; the timestamp when left out, as the vendor's own client does.
    """
    stamp = str(timestamp)
    nonce = nonce or stamp
    client_id, client_secret = client_credentials(identity.app_id)
    api_text = f"POST\n{signed_path(url)}\n\nx-api-nonce:{nonce}\nx-api-timestamp:{stamp}\n"
    return {
        "X-Api-ClientID": client_id,
        "X-Api-Auth-Version": "2.0",
        "x-api-timestamp": stamp,
        "x-api-nonce": nonce,
        "x-api-signheaders": _SIGNED_HEADERS,
        "X-Api-Signature": _sign(client_secret, api_text),
        "X-Kd-Appkey": identity.app_id,
        "X-Kd-Appdata": base64.b64encode(identity.app_data.encode()).decode(),
        "X-Kd-Signature": _sign(identity.app_secret, identity.app_id + identity.app_data),
    }


def login_signature(identity: Identity, timestamp: int) -> str:
    """Sign a LoginBySign call (contract 4.6): SHA-256 over the five values in the order of their code units."""
    values = [identity.acct_id, identity.username, identity.app_id, identity.app_secret, str(timestamp)]
    return hashlib.sha256("".join(sorted(values, key=_code_units)).encode()).hexdigest()


def _code_units(text: str) -> bytes:
    # Ordinal order of .NET compares UTF-16 code units, which differs from code points beyond the basic plane.
    return text.encode("utf-16-be")


def _sign(key: str, text: str) -> str:
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return base64.b64encode(digest.encode()).decode()
