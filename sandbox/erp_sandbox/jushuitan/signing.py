from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def sign(secret: str, form: Mapping[str, str]) -> str:
    """Return the lower-case hex MD5 over the decoded form (contract 4.1).

    ``biz`` takes part as the text that was sent. Empty fields and ``sign`` itself do not take part, and the secret
    stands in front only.
    """
    text = secret + "".join(f"{name}{form[name]}" for name in sorted(form) if name != "sign" and form[name])
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def legacy(partnerkey: str, method: str, partnerid: str, token: str, ts: str) -> str:
    """Return the signature of the older gateway, lower-case hex (contract 4.3)."""
    text = f"{method}{partnerid}token{token}ts{ts}{partnerkey}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
