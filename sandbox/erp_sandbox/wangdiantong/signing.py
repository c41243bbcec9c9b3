"""The four signatures of the Wangdiantong family (contract 4): functions of what was received, no clock, no I/O.

They verify: they work on the request's own bytes and texts, never on a re-serialised copy.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Length = Callable[[str], int]

TOP_SYSTEM_PARAMETERS = frozenset(
    {
        "app_key",
        "target_app_key",
        "timestamp",
        "format",
        "v",
        "sign_method",
        "sign",
        "session",
        "simplify",
        "partner_id",
    }
)
UNSIGNED_BY_WDT = frozenset({"wdt3_customer_id", "wdt_sign"})


def characters(text: str) -> int:
    """Unicode code points: what the vendor counts (contract 4.1)."""
    return len(text)


def utf8_bytes(text: str) -> int:
    """What clients count that mistake bytes for characters."""
    return len(text.encode("utf-8", "surrogatepass"))


def utf16_units(text: str) -> int:
    """What Java's ``String.length()`` counts: differs from code points for emoji only."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


WRONG_LENGTHS: dict[str, Length] = {"byte": utf8_bytes, "UTF-16": utf16_units}
"""Length units that clients use by mistake, for a helpful log line."""


def enterprise(parameters: Mapping[str, str], secret: str, length: Length = characters) -> str:
    """Sign a 企业版 request: MD5, lower-case hex, of ``LL-key:VVVV-value;…`` and the secret (contract 4.1)."""
    packed = ";".join(
        f"{length(key):02d}-{key}:{length(value):04d}-{value}"
        for key, value in sorted(parameters.items())
        if key != "sign"
    )
    return _md5((packed + secret).encode("utf-8", "surrogatepass"))


def flagship(query: Mapping[str, str], body: bytes, secret: str) -> str:
    """Sign a 旗舰版 request: MD5 of secret, sorted key+value with ``body`` among them, secret (contract 4.2)."""
    values = {key: value.encode() for key, value in query.items() if key != "sign"}
    values["body"] = body
    text = b"".join(key.encode() + values[key] for key in sorted(values))
    return _md5(secret.encode() + text + secret.encode())


def top(parameters: Mapping[str, str], secret: str, *, empty_values: bool = True) -> str:
    """Sign a Taobao gateway call: upper-case hex by the call's own ``sign_method`` (contract 4.3).

    Args:
        parameters: every parameter, system and business together.
        secret: the caller's app_secret.
        empty_values: keep keys with an empty value, as the PHP and Python SDKs do; the Java SDK leaves them out.
    """
    text = "".join(
        f"{key}{value}" for key, value in sorted(parameters.items()) if key != "sign" and (value or empty_values)
    )
    method = parameters.get("sign_method", "md5")
    if method == "md5":
        return _md5(f"{secret}{text}{secret}".encode()).upper()
    digest = hashlib.sha256 if method == "hmac-sha256" else hashlib.md5
    return hmac.new(secret.encode(), text.encode(), digest).hexdigest().upper()


def qimen_flagship(
    parameters: Mapping[str, str], secret: str, *, list_scalars: bool = True, empty_values: bool = True
) -> str:
    """Compute ``wdt_sign`` of a 旗舰奇门 call (contract 4.4).

    Args:
        parameters: every parameter of the call; the gateway's own and the unsigned ones are left out here.
        secret: the WDT secret (the part of appsecret before the colon).
        list_scalars: append scalars inside arrays (public clients disagree).
        empty_values: append the keys of empty texts (public clients disagree).
    """
    signed = {
        key: value
        for key, value in parameters.items()
        if key not in TOP_SYSTEM_PARAMETERS and key not in UNSIGNED_BY_WDT
    }
    method = signed.get("method", "")
    signed["method"] = method[method.find("wdt.") :] if "wdt." in method else method
    text = "".join(_walk(signed, list_scalars=list_scalars, empty_values=empty_values))
    return _md5(f"{secret}{text}{secret}".encode())


def _walk(value: Any, *, list_scalars: bool, empty_values: bool) -> Iterator[str]:
    value = _parsed(value)
    if isinstance(value, dict):
        for key in sorted(value):
            item = value[key]
            if item is None or (item == "" and not empty_values):
                continue
            yield key
            yield from _walk(item, list_scalars=list_scalars, empty_values=empty_values)
    elif isinstance(value, list):
        for item in value:
            if list_scalars or isinstance(item, (dict, list)):
                yield from _walk(item, list_scalars=list_scalars, empty_values=empty_values)
    elif isinstance(value, bool):
        yield "true" if value else "false"
    elif value is not None:
        yield str(value)


def _parsed(value: Any) -> Any:
    """Turn the text of a JSON object or array into itself; numbers keep the text they were written with."""
    if not isinstance(value, str) or value[:1] not in {"{", "["}:
        return value
    try:
        return json.loads(value, parse_float=str, parse_int=str)
    except ValueError:
        return value


def _md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()  # noqa: S324 - the vendor's algorithm
