"""The wire of each dialect: how a page is asked for, and where an answer keeps its code, rows and total.

| dialect | request | answer | first page |
|---|---|---|---|
| openapi 企业版 | form post to ``<name>.php``, all signed | ``code``, ``total_count``, list beside them | 0 |
| flagship 旗舰版 | signed query, JSON array as body | ``status``, ``data.total_count``, ``data.<list>`` | 0 |
| qimen, scene enterprise 企业奇门 | form post to the Taobao gateway | ``response`` as openapi with ``errorcode`` | 0 |
| qimen, scene flagship 旗舰奇门 | the same, signed twice | ``response`` as flagship | 1 |

Requests are functions of settings, page and time; nothing here talks to the network (vendor contract 2 to 6).
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

import msgspec
from erp_sdk.messages import decode
from erp_sdk.times import vendor_text
from singer_sdk.streams.rest import HTTPRequest

from tap_wangdiantong.signing import FLAGSHIP_EPOCH, flagship_sign, openapi_sign, top_sign, wdt_sign

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from erp_sdk.calls import PageRequest

Parts = dict[str, msgspec.Raw]
_parts = msgspec.json.Decoder(Parts)

NAMES = {
    "sid": "sid (卖家账号)",
    "appkey": "appkey (接口账号)",
    "appsecret": "appsecret (接口密钥)",
    "app_key": "app_key (奇门应用)",
    "app_secret": "app_secret (奇门应用密钥)",
    "target_app_key": "target_app_key (旺店通的奇门应用)",
}


Asks = Callable[[Mapping[str, Any]], Sequence[Mapping[str, Any]]]


def one_query(_: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """One query without parameters of its own reads the list."""
    return ({},)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a stream is read from in one family of dialects.

    Attributes:
        method: 企业版: the file's name without ``.php``; 旗舰版: the method.
        rows: The list's key in the answer.
        window: The longest window that the method allows; None when it is not read by time.
        asks: From the tap's settings to the parameter sets that read the list together, one walk each, in this order.
        times: The parameters that take a window's start and end.
        page_size: The most rows a call may ask for, where it is another number than everywhere.
        history: The method that shows what the vendor has archived (归档); None when there is none.
    """

    method: str
    rows: str
    window: timedelta | None = None
    asks: Asks = one_query
    times: tuple[str, str] = ("start_time", "end_time")
    page_size: int | None = None
    history: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """An answer's parts.

    Attributes:
        code: None when there is none; "0" means success.
        text: The vendor's message.
        rows: The list's JSON, None when it was left out.
        total: The whole list's count, None when not said.
        gateway: Whether code and text are the Taobao gateway's own.
    """

    code: str | None
    text: str
    rows: msgspec.Raw | None = None
    total: int | None = None
    gateway: bool = False


class Dialect(ABC):
    """One dialect with its credentials.

    Args:
        config: The tap's settings.
    """

    title: ClassVar[str]
    family: ClassVar[str]
    """Whose methods and schema are spoken: enterprise or flagship."""
    needs: ClassVar[tuple[str, ...]]
    default_base_url: ClassVar[str]
    first_page: ClassVar[int] = 0
    confirm_empty: ClassVar[bool] = False
    """Whether the server is known to say "ok, no rows" when it is busy (contract 6)."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        self.base_url = str(config.get("base_url") or self.default_base_url)

    def missing(self) -> list[str]:
        """Return what the settings lack for this dialect, as users know it."""
        return [NAMES[name] for name in self.needs if not self.config.get(name)]

    @property
    def account(self) -> str:
        """What calls are counted by."""
        return "|".join([self.base_url, *(str(self.config.get(name)) for name in self.needs if "secret" not in name)])

    @abstractmethod
    def request(self, endpoint: Endpoint, page: PageRequest, size: int, moment: datetime) -> HTTPRequest:
        """Return the signed request for a page; ``moment`` is now."""

    @abstractmethod
    def open(self, parts: Parts, endpoint: Endpoint) -> Opened:
        """Find code, rows and total in an answer."""


class OpenApi(Dialect):
    """企业版: ``POST {base}/<name>.php``, form-urlencoded (contract 2, 4.1, 8.3)."""

    title, family = "企业版 openapi", "enterprise"
    needs: ClassVar[tuple[str, ...]] = ("sid", "appkey", "appsecret")
    default_base_url = "https://api.wangdian.cn/openapi2/"

    def request(self, endpoint: Endpoint, page: PageRequest, size: int, moment: datetime) -> HTTPRequest:
        """Return a form post; all parameters are signed."""
        form = {
            **_sendable(page.params),
            "page_no": str(page.number),
            "page_size": str(size),
            "sid": self.config["sid"],
            "appkey": self.config["appkey"],
            "timestamp": str(int(moment.timestamp())),
        }
        form["sign"] = openapi_sign(form, self.config["appsecret"])
        return _form_post(f"{self.base_url.rstrip('/')}/{endpoint.method}.php", form)

    def open(self, parts: Parts, endpoint: Endpoint) -> Opened:
        """Everything lies side by side; values may be numbers or text."""
        return Opened(
            code=_text(parts, "code"),
            text=_text(parts, "message") or "",
            rows=_list(parts, endpoint.rows),
            total=_count(parts, "total_count"),
        )


class Flagship(Dialect):
    """旗舰版: ``POST {base}?<signed query>``, the body a JSON array of arguments (contract 2, 4.2, 8.4)."""

    title, family = "旗舰版 flagship", "flagship"
    needs: ClassVar[tuple[str, ...]] = ("sid", "appkey", "appsecret")
    default_base_url = "http://wdt.wangdian.cn/openapi"

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        self.secret, _, self.salt = str(config.get("appsecret") or "").partition(":")

    def missing(self) -> list[str]:
        """As usual; and appsecret has two parts here."""
        lacking = super().missing()
        if not lacking and not self.salt:
            lacking.append("the salt in appsecret, which is written secret:salt (接口密钥为“密钥:盐值”)")
        return lacking

    def request(self, endpoint: Endpoint, page: PageRequest, size: int, moment: datetime) -> HTTPRequest:
        """Return a post whose query carries the signature over query and body."""
        body = _compact([dict(page.params)])
        query = {
            "sid": self.config["sid"],
            "key": self.config["appkey"],
            "salt": self.salt,
            "timestamp": str(int(moment.timestamp()) - FLAGSHIP_EPOCH),
            "v": "1.0",
            "method": endpoint.method,
            "page_no": str(page.number),
            "page_size": str(size),
            "calc_total": "1" if page.with_total else "0",
        }
        query["sign"] = flagship_sign(query, body, self.secret)
        return HTTPRequest(
            url=self.base_url,
            method="POST",
            params=dict(query),
            headers={"Content-Type": "application/json"},
            data=body.encode(),
        )

    def open(self, parts: Parts, endpoint: Endpoint) -> Opened:
        """Rows and total lie in ``data``, which may be missing when nothing matches."""
        return _open_flagship(parts, endpoint)


class QimenEnterprise(OpenApi):
    """企业奇门: openapi's methods as calls to the Taobao gateway (contract 4.3, 4.5)."""

    title = "奇门 qimen, scene enterprise"
    needs: ClassVar[tuple[str, ...]] = ("sid", "app_key", "app_secret", "target_app_key")
    default_base_url = "http://hu3cgwt0tc.api.taobao.com/router/qm"
    confirm_empty = True
    # Where the gateway's name is not the file's name with dots.
    _names: ClassVar[Mapping[str, str]] = {"shop": "wdt.shop.query", "logistics": "wdt.logistics.query"}

    def request(self, endpoint: Endpoint, page: PageRequest, size: int, moment: datetime) -> HTTPRequest:
        """Return a form post; system and business parameters are signed together."""
        method = self._names.get(endpoint.method, "wdt." + endpoint.method.replace("_", "."))
        business = {
            **_sendable(page.params),
            "sid": self.config["sid"],
            "page_no": str(page.number),
            "page_size": str(size),
        }
        return _gateway_request(self.base_url, self.config, method, business, moment)

    def open(self, parts: Parts, endpoint: Endpoint) -> Opened:
        """``errorcode`` is the ERP's; without it the gateway itself has answered."""
        inner, failed = _unwrap(parts)
        if failed or "errorcode" not in inner:
            return _open_gateway_failure(inner)
        opened = super().open(inner, endpoint)
        return Opened(_text(inner, "errorcode"), opened.text, opened.rows, opened.total)


class QimenFlagship(Flagship):
    """旗舰奇门: flagship's methods as calls to the Taobao gateway, signed by both rules (contract 4.3, 4.4)."""

    title = "奇门 qimen, scene flagship"
    needs: ClassVar[tuple[str, ...]] = ("sid", "appkey", "appsecret", "app_key", "app_secret", "target_app_key")
    default_base_url = "http://3ldsmu02o9.api.taobao.com/router/qm"
    first_page = 1
    confirm_empty = True

    def request(self, endpoint: Endpoint, page: PageRequest, size: int, moment: datetime) -> HTTPRequest:
        """Return a form post with both signatures."""
        method = "wdt." + endpoint.method.lower()
        business = {
            "datetime": vendor_text(moment),
            "wdt_appkey": self.config["appkey"],
            "wdt_salt": self.salt,
            "wdt3_customer_id": self.config["sid"],
            "params": _compact(dict(page.params)),
            "pager": _compact({"page_size": size, "page_no": page.number}),
        }
        business["wdt_sign"] = wdt_sign(business, method, self.secret)
        return _gateway_request(self.base_url, self.config, method, business, moment)

    def open(self, parts: Parts, endpoint: Endpoint) -> Opened:
        """``status`` is the ERP's; without it the gateway itself has answered."""
        inner, failed = _unwrap(parts)
        return _open_gateway_failure(inner) if failed or "status" not in inner else _open_flagship(inner, endpoint)


def dialect_of(config: Mapping[str, Any]) -> Dialect:
    """Return the dialect that the settings name; without any settings (``--discover``) it is openapi."""
    name = config.get("dialect", "openapi")
    if name == "qimen":
        return QimenFlagship(config) if config.get("scene") == "flagship" else QimenEnterprise(config)
    return Flagship(config) if name == "flagship" else OpenApi(config)


def _gateway_request(
    base_url: str, config: Mapping[str, Any], method: str, business: Mapping[str, str], moment: datetime
) -> HTTPRequest:
    form = {
        **business,
        "method": method,
        "app_key": config["app_key"],
        "target_app_key": config["target_app_key"],
        "timestamp": vendor_text(moment),
        "format": "json",
        "v": "2.0",
        "sign_method": config["sign_method"],
    }
    form["sign"] = top_sign(form, config["app_secret"], config["sign_method"])
    return _form_post(base_url, form)


def _form_post(url: str, form: Mapping[str, str]) -> HTTPRequest:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return HTTPRequest(url=url, method="POST", headers=headers, data=urlencode(form).encode())


def _open_flagship(parts: Parts, endpoint: Endpoint) -> Opened:
    """Open ``data``; 盘点单明细 has a bare array there, and its total beside it (contract 8.F15)."""
    data = parts.get("data")
    inner = _parts.decode(data) if data is not None and _starts(data, b"{") else {}
    totals = (_count(where, name) for where in (inner, parts) for name in ("total_count", "total"))
    return Opened(
        code=_text(parts, "status"),
        text=_text(parts, "message") or "",
        rows=_list(inner, endpoint.rows) if inner else _list(parts, "data"),
        total=next((total for total in totals if total is not None), None),
    )


def _open_gateway_failure(inner: Parts) -> Opened:
    texts = (_text(inner, name) for name in ("message", "msg", "sub_code", "sub_message", "sub_msg"))
    return Opened(code=_text(inner, "code"), text=" ".join(filter(None, texts)), gateway=True)


def _unwrap(parts: Parts) -> tuple[Parts, bool]:
    """Return what lies in ``response``, or in the only ``…_response``; and whether that is ``error_response``."""
    names = ["response", "error_response", *(name for name in parts if name.endswith("_response"))]
    name = next((name for name in names if name in parts), None)
    return (_parts.decode(parts[name]), name == "error_response") if name else (parts, False)


def _sendable(params: Mapping[str, Any]) -> dict[str, str]:
    # Empty values are refused by one vendor SDK and signed differently by others: never send one (contract 4.1, 4.3).
    return {name: str(value) for name, value in params.items() if value not in (None, "")}


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _text(parts: Parts, name: str) -> str | None:
    value = decode(parts[name]) if name in parts else None
    return None if value is None else str(value)


def _count(parts: Parts, name: str) -> int | None:
    """Read a total, which some methods send as text; -1 means "not counted"."""
    text = _text(parts, name)
    return int(text) if text is not None and text.isdecimal() else None


def _list(parts: Parts, name: str) -> msgspec.Raw | None:
    value = parts.get(name)
    return value if value is not None and _starts(value, b"[") else None


def _starts(raw: msgspec.Raw, bracket: bytes) -> bool:
    return bytes(memoryview(raw)[:1]) == bracket
