"""The vendor's signatures, as a tap author writes them down from its documentation (contract 4.1, 4.2)."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FLAGSHIP_EPOCH = 1_325_347_200


def signed_form(account: Mapping[str, Any], asked: dict[str, str]) -> dict[str, str]:
    """Return the form of an enterprise 企业版 call with its signature."""
    form = {**asked, "sid": account["sid"], "appkey": account["appkey"], "timestamp": str(int(time.time()))}
    packed = ";".join(f"{len(name):02d}-{name}:{len(form[name]):04d}-{form[name]}" for name in sorted(form))
    return {**form, "sign": _md5(packed + account["appsecret"])}


def signed_query(account: Mapping[str, Any], asked: dict[str, str], body: str) -> dict[str, str]:
    """Return the query of a flagship 旗舰版 call with its signature, which covers the body."""
    secret, salt = account["appsecret"].split(":", 1)
    now = str(int(time.time()) - FLAGSHIP_EPOCH)
    query = {**asked, "sid": account["sid"], "key": account["appkey"], "salt": salt, "timestamp": now, "v": "1.0"}
    signed = {**query, "body": body}
    return {**query, "sign": _md5(secret + "".join(name + signed[name] for name in sorted(signed)) + secret)}


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
