"""旺店通's signatures, pure: every dialect signs each request; there are no tokens (vendor contract 3 and 4)."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FLAGSHIP_EPOCH = 1_325_347_200
"""旗舰版 counts seconds from 2012-01-01 00:00:00 Beijing time."""

_UNSIGNED_BY_WDT_SIGN = frozenset({"wdt3_customer_id", "wdt_sign", "target_app_key"})


def openapi_sign(params: Mapping[str, str], appsecret: str) -> str:
    """Sign a request of 企业版 (contract 4.1).

    Each parameter is packed as ``LL-key:VVVV-value`` with the lengths counted in characters, not bytes; clients that
    count bytes work only as long as all values are ASCII.

    Args:
        params: All parameters but ``sign``, as text exactly as they are sent.
        appsecret: 接口密钥.
    """
    packed = ";".join(f"{len(key):02d}-{key}:{len(value):04d}-{value}" for key, value in _sorted(params))
    return _md5(packed + appsecret)


def flagship_sign(params: Mapping[str, str], body: str, secret: str) -> str:
    """Sign a request of 旗舰版 (contract 4.2).

    Args:
        params: The query parameters but ``sign``.
        body: The JSON text, byte for byte as it is sent.
        secret: The part of 接口密钥 before the colon.
    """
    joined = "".join(key + value for key, value in _sorted({**params, "body": body}))
    return _md5(secret + joined + secret)


def top_sign(params: Mapping[str, str], app_secret: str, sign_method: str) -> str:
    """Sign a call to the Taobao gateway, which carries 奇门 (contract 4.3).

    Args:
        params: System and business parameters together, but ``sign``.
        app_secret: The secret of the calling Taobao app.
        sign_method: ``md5``, ``hmac`` or ``hmac-sha256``, as sent in the parameter of that name.

    Raises:
        KeyError: Another sign_method.
    """
    joined = "".join(key + value for key, value in _sorted(params))
    if sign_method == "md5":
        return _md5(app_secret + joined + app_secret).upper()
    digest = {"hmac": "md5", "hmac-sha256": "sha256"}[sign_method]
    return hmac.new(app_secret.encode(), joined.encode(), digest).hexdigest().upper()


def wdt_sign(params: Mapping[str, str], method: str, secret: str) -> str:
    """Sign the business parameters of a 旗舰奇门 call; `top_sign` then signs everything, this included (contract 4.4).

    Args:
        params: The business parameters; JSON texts among them are walked, not signed as text.
        method: The method's name, from ``wdt.`` on.
        secret: The part of 旗舰版's 接口密钥 before the colon.
    """
    signed = {key: value for key, value in params.items() if key not in _UNSIGNED_BY_WDT_SIGN}
    return _md5(secret + "".join(_walk({**signed, "method": method})) + secret)


def _walk(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in _sorted(value):
            if inner is not None:
                yield key
                yield from _walk(_parsed(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(_parsed(inner))
    elif isinstance(value, bool):
        yield "true" if value else "false"
    else:
        yield str(value)


def _parsed(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _sorted(params: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(params.items(), key=lambda item: item[0].encode())


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
