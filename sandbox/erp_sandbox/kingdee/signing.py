"""Signatures of the Galaxy WebAPI (vendor contract 4): functions of values, no clock and no I/O."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

XOR_KEY = b"0054f397c6234378b09ca7d3e5debce7"
MASKED_LENGTH = 32
MASKED_ALPHABET = re.compile(r"[A-Za-z0-9+/]*")
APP_DATA_FIELDS = 4


def unmask(app_id: str) -> tuple[str, str]:
    """Return (client id, client secret) of an AppID ``123456_masked`` (contract 4.1).

    Anything but two parts gives two empty texts; a masked part that is not 32 base64 characters without padding
    gives an empty secret.
    """
    parts = app_id.split("_")
    if len(parts) != 2:  # noqa: PLR2004 - "exactly two parts" is the rule itself
        return "", ""
    client_id, masked = parts
    if len(masked) != MASKED_LENGTH or not MASKED_ALPHABET.fullmatch(masked):
        return client_id, ""
    secret = bytes(a ^ b for a, b in zip(base64.b64decode(masked), XOR_KEY, strict=False))
    return client_id, base64.b64encode(secret).decode()


def mask(client_secret: bytes) -> str:
    """Return the masked part of an AppID for a 24-byte client secret: the inverse of `unmask`."""
    return base64.b64encode(bytes(a ^ b for a, b in zip(client_secret, XOR_KEY, strict=False))).decode()


def sign(key: str, text: str) -> str:
    """Base64 of the lower-case *hex text* of HMAC-SHA256: 88 characters (contract 4.3)."""
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return base64.b64encode(digest.encode()).decode()


def api_text(path: str, nonce: str, timestamp: str) -> str:
    """Return what ``X-Api-Signature`` covers. ``path`` is the URL's path, percent-encoded or not."""
    encoded = quote(unquote(path), safe="")
    return f"POST\n{encoded}\n\nx-api-nonce:{nonce}\nx-api-timestamp:{timestamp}\n"


def login_sign(acct_id: str, user: str, app_id: str, app_secret: str, timestamp: str) -> str:
    """Return the ``sign`` argument of LoginBySign (contract 4.6)."""
    text = "".join(sorted([acct_id, user, app_id, app_secret, timestamp]))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class AppData:
    """The identity a signed call claims: ``acct,user,lcid,org``, where the user name may hold commas."""

    acct_id: str
    user: str
    lcid: str
    org: str

    def __str__(self) -> str:
        return f"{self.acct_id},{self.user},{self.lcid},{self.org}"

    @classmethod
    def from_header(cls, value: str) -> AppData | None:
        """Read ``X-Kd-Appdata``; None when it is not base64 of UTF-8 with four parts."""
        try:
            text = base64.b64decode(value, validate=True).decode()
        except ValueError:
            return None
        parts = text.split(",")
        if len(parts) < APP_DATA_FIELDS:
            return None
        return cls(parts[0], ",".join(parts[1:-2]), parts[-2], parts[-1])


def same(given: str, expected: str) -> bool:
    """Compare two signatures in constant time; header text may be any latin-1."""
    return hmac.compare_digest(given.encode(), expected.encode())
