"""The signature 签名 of a call (contract 4)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_SIGNED = ("sign", "token", "contextid")


def signature(secret: str, parameters: Mapping[str, str]) -> str:
    """Sign the parameters as they were received, form decoding done; the secret is lower-cased with the rest."""
    text = "".join(name + parameters[name] for name in sorted(parameters) if name not in NOT_SIGNED)
    return hashlib.md5((secret + text + secret).lower().encode("utf-8", "surrogatepass")).hexdigest()  # noqa: S324 - the vendor's choice
