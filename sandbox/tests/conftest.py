"""Clients of the four Wangdiantong dialects, written from the contract as a third party would, and nothing else.

They sign on their own: the server's signing code is tested against the contract's vectors and against these.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CST = timezone(timedelta(hours=8))


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def beijing(offset: float = 0) -> str:
    return (datetime.now(CST) + timedelta(seconds=offset)).strftime("%Y-%m-%d %H:%M:%S")


@dataclass
class EnterpriseClient:
    """企业版: `client("shop", page_no=0)` gives the decoded answer."""

    credentials: dict[str, str]
    clock_offset: int = 0
    overrides: dict[str, str] = field(default_factory=dict)
    length: Callable[[str], int] = len

    def send(self, name: str, **parameters: Any) -> requests.Response:
        sent = {
            "sid": self.credentials["sid"],
            "appkey": self.credentials["appkey"],
            "timestamp": str(int(time.time()) + self.clock_offset),
            **{key: str(value) for key, value in parameters.items()},
            **{key: value for key, value in self.overrides.items() if key != "sign"},
        }
        packed = ";".join(f"{self.length(k):02d}-{k}:{self.length(v):04d}-{v}" for k, v in sorted(sent.items()))
        sent["sign"] = self.overrides.get("sign", md5(packed + self.credentials["appsecret"]))
        return requests.post(f"{self.credentials['base_url']}{name}.php", data=sent, timeout=30)

    def __call__(self, name: str, **parameters: Any) -> dict[str, Any]:
        answer = self.send(name, **parameters)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@dataclass
class FlagshipClient:
    """旗舰版: `client("setting.Shop.queryShop", {}, page_no=0, page_size=10)`."""

    credentials: dict[str, str]
    clock_offset: int = 0
    overrides: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    def send(self, method: str, body: str, **query: Any) -> requests.Response:
        secret, salt = self.credentials["appsecret"].split(":", 1)
        sent = {
            "sid": self.credentials["sid"],
            "key": self.credentials["appkey"],
            "salt": salt,
            "method": method,
            "timestamp": str(int(time.time()) - 1325347200 + self.clock_offset),
            "v": "1.0",
            **{key: str(value) for key, value in query.items()},
            **{key: value for key, value in self.overrides.items() if key != "sign"},
        }
        text = "".join(k + v for k, v in sorted([*sent.items(), ("body", body)]))
        sent["sign"] = self.overrides.get("sign", md5(secret + text + secret))
        return requests.post(
            f"{self.credentials['base_url']}?{urlencode(sent)}",
            data=body.encode(),
            headers={"Content-Type": self.content_type},
            timeout=30,
        )

    def __call__(
        self, method: str, params: Any = None, *, page_no: int = 0, page_size: int = 100, calc_total: int = 1
    ) -> dict[str, Any]:
        body = json.dumps([params or {}], ensure_ascii=False)
        answer = self.send(method, body, page_no=page_no, page_size=page_size, calc_total=calc_total)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@dataclass
class QimenClient:
    """企业奇门 and 旗舰奇门: `client("wdt.shop.query", page_no=0)` gives the whole decoded answer."""

    credentials: dict[str, str]
    sign_method: str = "md5"
    clock_offset: int = 0
    overrides: dict[str, str] = field(default_factory=dict)
    http_method: str = "POST"
    path_suffix: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, **business: Any) -> requests.Response:
        flagship = self.credentials["scene"] == "flagship"
        sent = {
            "method": method,
            "app_key": self.credentials["app_key"],
            "target_app_key": self.credentials["target_app_key"],
            "timestamp": beijing(self.clock_offset),
            "format": "json",
            "v": "2.0",
            "sign_method": self.sign_method,
            **{key: str(value) for key, value in business.items()},
        }
        if flagship:
            sent |= self.flagship_parameters()
        else:
            sent["sid"] = self.credentials["sid"]
        sent |= {key: value for key, value in self.overrides.items() if key not in {"sign", "wdt_sign"}}
        sent = {key: value for key, value in sent.items() if value}
        if flagship:
            sent["wdt_sign"] = self.overrides.get("wdt_sign", self.wdt_sign(sent))
        sent["sign"] = self.overrides.get("sign", self.top_sign(sent))
        url = self.credentials["base_url"] + self.path_suffix
        if self.http_method == "GET":
            return requests.get(url, params=sent, headers=self.headers, timeout=30)
        return requests.post(url, data=sent, headers=self.headers, timeout=30)

    def flagship_parameters(self) -> dict[str, str]:
        return {
            "datetime": beijing(self.clock_offset),
            "wdt_appkey": self.credentials["appkey"],
            "wdt_salt": self.credentials["appsecret"].split(":", 1)[1],
            "wdt3_customer_id": self.credentials["sid"],
        }

    def top_sign(self, sent: dict[str, str]) -> str:
        text = "".join(k + v for k, v in sorted(sent.items()))
        secret = self.credentials["app_secret"]
        if self.sign_method == "md5":
            return md5(secret + text + secret).upper()
        digest = hashlib.sha256 if self.sign_method == "hmac-sha256" else hashlib.md5
        return hmac.new(secret.encode(), text.encode(), digest).hexdigest().upper()

    def wdt_sign(self, sent: dict[str, str]) -> str:
        """Walk the business parameters as contract 4.4 says."""
        system = {"app_key", "target_app_key", "timestamp", "format", "v", "sign_method", "sign"}
        values: dict[str, Any] = {k: v for k, v in sent.items() if k not in system and k != "wdt3_customer_id"}
        for name in ("params", "pager"):
            if values.get(name, "").startswith("{"):
                values[name] = json.loads(values[name])
        secret = self.credentials["appsecret"].split(":", 1)[0]
        return md5(secret + self.walked(values) + secret)

    def walked(self, value: Any) -> str:
        if isinstance(value, dict):
            return "".join(k + self.walked(v) for k, v in sorted(value.items()) if v is not None)
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value)

    def __call__(self, method: str, params: Any = None, pager: Any = None, **business: Any) -> dict[str, Any]:
        if params is not None:
            business["params"] = json.dumps(params, ensure_ascii=False)
        if pager is not None:
            business["pager"] = json.dumps(pager)
        answer = self.send(method, **business)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@dataclass
class Clients:
    """One client a dialect of a served sandbox."""

    enterprise: EnterpriseClient
    flagship: FlagshipClient
    qimen: QimenClient
    qimen_flagship: QimenClient


def clients_of(served: Any) -> Clients:
    wdt = served.credentials["wangdiantong"]
    return Clients(
        EnterpriseClient(wdt["openapi"]),
        FlagshipClient(wdt["flagship"]),
        QimenClient(wdt["qimen"]),
        QimenClient(wdt["qimen_flagship"]),
    )


@pytest.fixture
def wdt(erp_sandbox: Any) -> Clients:
    """Clients of the sandbox that all tests share; the switches are put back afterwards by who changes them."""
    return clients_of(erp_sandbox)


@pytest.fixture
def clients() -> Callable[[Any], Clients]:
    return clients_of


@pytest.fixture
def switch(erp_sandbox: Any) -> Iterator[Callable[..., None]]:
    """Change Wangdiantong's switches for one test: `switch(page_size_over="error")`."""
    before = erp_sandbox.get("wangdiantong/settings")

    def change(**changes: Any) -> None:
        erp_sandbox.post("wangdiantong/settings", changes)

    yield change
    erp_sandbox.post("wangdiantong/settings", before)


@pytest.fixture
def faults(erp_sandbox: Any) -> Iterator[Callable[..., None]]:
    """Put a fault plan in force for one test: `faults({"kind": "http_502"}, …)`."""

    def plan(*entries: dict[str, Any]) -> None:
        erp_sandbox.post("faults", list(entries))

    yield plan
    erp_sandbox.clear_faults()


@pytest.fixture
def edits(erp_sandbox: Any) -> Iterator[Callable[[str, dict[str, Any]], dict[str, Any]]]:
    """Edit stock-outs as a person in the ERP does, for one test: `edits("edit", {...})`."""
    yield lambda name, body: dict(erp_sandbox.post(f"wangdiantong/{name}", body))
    erp_sandbox.post("reset?what=wangdiantong-edits")


@dataclass
class JikeyunClient:
    """吉客云: `client("erp.allocate.get", pageIndex=0)` gives the decoded answer."""

    credentials: dict[str, str]

    def parameters(self, method: str, business: Any = None, offset: float = 0) -> dict[str, str]:
        text = business if isinstance(business, str) else json.dumps(business or {}, ensure_ascii=False)
        public = {"method": method, "appkey": self.credentials["appkey"], "version": "v1.0", "contenttype": "json"}
        return {**public, "timestamp": beijing(offset), "bizcontent": text}

    def signed(self, sent: dict[str, str]) -> dict[str, str]:
        secret = self.credentials["appsecret"]
        text = "".join(k + v for k, v in sorted(sent.items()) if k not in {"token", "contextid"})
        return {**sent, "sign": md5(f"{secret}{text}{secret}".lower())}

    def post(self, sent: dict[str, str], **how: Any) -> dict[str, Any]:
        answer = requests.post(self.credentials["base_url"], **{"data": sent, **how}, timeout=30)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def __call__(self, method: str, **business: Any) -> dict[str, Any]:
        return self.post(self.signed(self.parameters(method, business)))

    def data(self, method: str, **business: Any) -> Any:
        """Return `result.data` of a call that must succeed."""
        answer = self(method, **business)
        assert answer["code"] == 200, answer
        return answer["result"]["data"]

    def pages(self, method: str, size: int, take: Callable[[Any], list[Any]] = list, **business: Any) -> list[Any]:
        """Read page after page until a short one; `take` finds the rows in the data."""
        rows: list[Any] = []
        for page in range(1000):
            got = take(self.data(method, pageIndex=page, pageSize=size, **business))
            rows += got
            if len(got) < size:
                break
        return rows


@pytest.fixture
def jky(erp_sandbox: Any) -> JikeyunClient:
    return JikeyunClient(erp_sandbox.credentials["jikeyun"]["openapi"])


@pytest.fixture
def jky_switch(erp_sandbox: Any) -> Iterator[Callable[..., None]]:
    """Change Jikeyun's switches for one test."""
    before = erp_sandbox.get("jikeyun/settings")
    yield lambda **changes: erp_sandbox.post("jikeyun/settings", changes)
    erp_sandbox.post("jikeyun/settings", before)
