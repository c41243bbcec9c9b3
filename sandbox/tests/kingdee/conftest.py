"""A plain client of the Galaxy WebAPI, as any third party would write one, and documents to send."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DFS = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService."
AUTH = "Kingdee.BOS.WebApi.ServicesStub.AuthService."
NUMBERS = itertools.count(1)
COMMAND = str(Path(sys.executable).parent / "erp-sandbox")


def unique(prefix: str = "OUT") -> str:
    """Return a document number nobody else uses: tests share one sandbox a process."""
    return f"{prefix}-{uuid.uuid4().hex[:10]}-{next(NUMBERS)}"


def hex64(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest().encode()).decode()


@dataclass
class Galaxy:
    """Calls with a session cookie; every answer is decoded with exact numbers."""

    credentials: dict[str, Any]
    http: requests.Session = field(default_factory=requests.Session)

    def url(self, service: str, prefix: str = DFS) -> str:
        return f"{self.credentials['base_url']}{prefix}{service}.common.kdsvc"

    def post(self, service: str, body: Any, prefix: str = DFS, **options: Any) -> requests.Response:
        return self.http.post(self.url(service, prefix), json=body, timeout=60, **options)

    def login(self) -> Galaxy:
        c = self.credentials
        body = {"acctID": c["acct_id"], "username": c["username"], "password": c["password"], "lcid": c["lcid"]}
        assert self.post("ValidateUser", body, AUTH).json()["LoginResultType"] == 1
        return self

    def call(self, service: str, form: str | None, data: Any, **further: Any) -> Any:
        body = {"data": data, **further} if form is None else {"formid": form, "data": data, **further}
        answer = self.post(service, body)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.text, parse_float=Decimal)

    def query(self, form: str, keys: str, where: Any = "", order: str = "", **paging: Any) -> Any:
        data = {"FormId": form, "FieldKeys": keys, "FilterString": where, "OrderString": order, **paging}
        return self.call("ExecuteBillQuery", None, data)

    def save(self, model: dict[str, Any], form: str = "SAL_OUTSTOCK", **options: Any) -> Any:
        return self.call("Save", form, {**options, "Model": model})["Result"]

    def batch(self, models: list[Any], form: str = "SAL_OUTSTOCK", **options: Any) -> Any:
        return self.call("BatchSave", form, {**options, "Model": models})["Result"]

    def move(self, service: str, *numbers: str, form: str = "SAL_OUTSTOCK", **options: Any) -> Any:
        return self.call(service, form, {"Numbers": list(numbers), **options})["Result"]["ResponseStatus"]

    def signed_headers(self, url: str, **changes: str) -> dict[str, str]:
        """Return the nine headers of a signed call; changes replace parts of the identity, or the time."""
        c = {**{key: str(value) for key, value in self.credentials.items()}, "time": str(int(time.time())), **changes}
        path = quote(url[url.index("/", 10) :], safe="")
        identity = f"{c['acct_id']},{c['username']},{c['lcid']},{c['org_num']}"
        client_id, _, masked = c["app_id"].partition("_")
        xor = b"0054f397c6234378b09ca7d3e5debce7"
        secret = base64.b64encode(
            bytes(a ^ b for a, b in zip(base64.b64decode(masked or ""), xor, strict=False))
        ).decode()
        text = f"POST\n{path}\n\nx-api-nonce:{c['time']}\nx-api-timestamp:{c['time']}\n"
        return {
            "X-Api-ClientID": client_id,
            "X-Api-Auth-Version": "2.0",
            "x-api-timestamp": c["time"],
            "x-api-nonce": c["time"],
            "x-api-signheaders": "x-api-timestamp,x-api-nonce",
            "X-Api-Signature": c.get("api_signature", hex64(secret, text)),
            "X-Kd-Appkey": c["app_id"],
            "X-Kd-Appdata": base64.b64encode(identity.encode()).decode(),
            "X-Kd-Signature": hex64(c["app_secret"], c["app_id"] + identity),
        }


@dataclass(frozen=True)
class Catalog:
    """Base data of the seed that tests use."""

    materials: tuple[str, ...]
    customers: tuple[str, ...]


@pytest.fixture(scope="session")
def catalog(erp_sandbox) -> Catalog:
    galaxy = Galaxy(erp_sandbox.galaxy).login()
    materials = galaxy.query("BD_MATERIAL", "FNumber", "FForbidStatus='A'", "FMATERIALID ASC", Limit=30)
    customers = galaxy.query("BD_Customer", "FNumber", "", "FCUSTID ASC", Limit=30)
    return Catalog(tuple(row[0] for row in materials), tuple(row[0] for row in customers))


@pytest.fixture
def galaxy(erp_sandbox) -> Iterator[Galaxy]:
    """A signed-in client; settings and faults are put back afterwards."""
    yield Galaxy(erp_sandbox.galaxy).login()
    erp_sandbox.post("kingdee/reset-settings")
    erp_sandbox.clear_faults()


@pytest.fixture
def stranger(erp_sandbox, galaxy) -> Galaxy:  # noqa: ARG001 - for its clean-up
    """A client that has not signed in."""
    return Galaxy(erp_sandbox.galaxy)


@pytest.fixture
def settings(erp_sandbox, galaxy):  # noqa: ARG001 - for its clean-up
    """Change the sandbox's Kingdee settings for this test: `settings(unique_numbers=False)`."""

    def change(**changes: Any) -> dict[str, Any]:
        return dict(erp_sandbox.post("kingdee/settings", changes))

    return change


@pytest.fixture
def outstock(catalog):
    """Make a SAL_OUTSTOCK Model: `outstock(number, lines=2, FNote="…")`; None as a value leaves the key out."""

    def make(number: str | None = None, lines: int = 2, **changes: Any) -> dict[str, Any]:
        model = {
            "FID": 0,
            "FBillTypeID": {"FNumber": "XSCKD01_SYS"},
            "FBillNo": number or unique(),
            "FDate": "2026-03-31",
            "FSaleOrgId": {"FNumber": "101"},
            "FCustomerID": {"FNumber": catalog.customers[0]},
            "FStockOrgId": {"FNumber": "100"},
            "FEntity": [outstock_line(catalog.materials[at]) for at in range(lines)],
            **changes,
        }
        return {key: value for key, value in model.items() if value is not None}

    return make


def outstock_line(material: str, quantity: Any = "2.0000", price: Any = "1.2900", **changes: Any) -> dict[str, Any]:
    line = {
        "FMaterialID": {"FNumber": material},
        "FRealQty": quantity,
        "FTaxPrice": price,
        "FStockID": {"FNumber": "CK01"},
        **changes,
    }
    return {key: value for key, value in line.items() if value is not None}


@pytest.fixture
def line(catalog):
    """Make an entry line: `line(quantity=3, FStockID=None)`."""

    def make(at: int = 0, **changes: Any) -> dict[str, Any]:
        return outstock_line(catalog.materials[at], **changes)

    return make


@pytest.fixture
def held(erp_sandbox):
    """Return what Kingdee really holds of a document: `held(number)` is None when there is nothing."""

    def look(number: str, form: str = "SAL_OUTSTOCK") -> dict[str, Any] | None:
        found = erp_sandbox.show("kingdee", form, number=number)
        assert len(found) <= 1
        return found[0] if found else None

    return look


@pytest.fixture(scope="module")
def start_own_sandbox(erp_sandbox, seeded_states, tmp_path_factory) -> Iterator[Callable[..., Any]]:
    """Start a further sandbox with the shared one's data: `start_own_sandbox(*options, state=None)`."""
    started: list[Any] = []
    seeded = erp_sandbox.get("health")["seeded"]
    seed = ["--seed-days", str(seeded["days"]), "--until", seeded["until"]]

    def start(*options: str, state: Path | None = None) -> Any:
        fresh = state or tmp_path_factory.mktemp("own") / "erp.sqlite"
        if not fresh.exists():
            seeded_states.copy(fresh, seeded["days"], seeded["until"])
        command = [COMMAND, "--state", str(fresh), "serve", "--port", "0", *seed, *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        served = type(erp_sandbox)(json.loads(process.stdout.readline())["url"], fresh, process)
        started.append(served)
        return served

    yield start
    for served in started:
        served.stop()


@pytest.fixture
def made(erp_sandbox) -> Iterator[Callable[[str, str], None]]:
    """Remember base data that a test makes, `made(form, number)`: it goes away again, as others count it."""
    kept: list[tuple[str, str]] = []
    yield lambda form, number: kept.append((form, number))
    for form, number in kept:
        if erp_sandbox.show("kingdee", form, number=number):
            erp_sandbox.post("kingdee/delete-documents", {"form": form, "numbers": [number]})


@pytest.fixture
def new_number():
    return unique


@pytest.fixture
def client_class():
    return Galaxy
