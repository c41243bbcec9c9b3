"""A client of the Jushuitan open platform, written from the contract as a third party would, and nothing else."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LISTS = ("datas", "orders", "inventorys", "channel_vos")


@dataclass
class JushuitanClient:
    """`client("/open/shops/query", page_index=1)` gives the decoded answer; ``clock_offset`` in seconds."""

    credentials: dict[str, str]
    clock_offset: int = 0
    overrides: dict[str, str] = field(default_factory=dict)
    session: requests.Session = field(default_factory=requests.Session)

    def sign(self, form: dict[str, str]) -> str:
        text = "".join(key + value for key, value in sorted(form.items()) if key != "sign" and value)
        return hashlib.md5((self.credentials["app_secret"] + text).encode()).hexdigest()

    def post(self, path: str, form: dict[str, str]) -> requests.Response:
        """Send a form, with the overrides in it and signed unless they sign; an override None takes a field away."""
        form = {**form, **self.overrides}
        form = {key: value for key, value in form.items() if value is not None}
        form.setdefault("sign", self.sign(form))
        return self.session.post(self.credentials["base_url"] + path, data=form, timeout=30)

    def send(self, path: str, biz: str) -> requests.Response:
        form = {
            "app_key": self.credentials["app_key"],
            "access_token": self.credentials["access_token"],
            "timestamp": str(int(time.time()) + self.clock_offset),
            "version": "2",
            "charset": "utf-8",
            "biz": biz,
        }
        return self.post(path, form)

    def __call__(self, path: str, **biz: Any) -> dict[str, Any]:
        answer = self.send(path, json.dumps(biz, ensure_ascii=False))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def code(self, path: str, **biz: Any) -> int:
        return int(self(path, **biz)["code"])

    def data(self, path: str, **biz: Any) -> dict[str, Any]:
        answer = self(path, **biz)
        assert answer["code"] == 0, answer
        return dict(answer["data"])

    def rows(self, path: str, **biz: Any) -> list[dict[str, Any]]:
        data = self.data(path, **biz)
        return next(list(data[name]) for name in LISTS if name in data)

    def walk(self, path: str, **biz: Any) -> list[dict[str, Any]]:
        """Page from the first page to the last, as long as nobody edits."""
        rows: list[dict[str, Any]] = []
        page = 1
        while True:
            data = self.data(path, page_index=page, **biz)
            rows += next(data[name] for name in LISTS if name in data)
            if not data["has_next"]:
                return rows
            page += 1

    def token(self, call: str, **fields: str) -> dict[str, Any]:
        form = {
            "app_key": self.credentials["app_key"],
            "timestamp": str(int(time.time()) + self.clock_offset),
            "charset": "utf-8",
            **fields,
        }
        return dict(self.post(f"/openWeb/auth/{call}", form).json())

    def init(self) -> dict[str, Any]:
        return self.token("getInitToken", grant_type="authorization_code", code="aB3dE9")

    def refresh(self, refresh_token: str) -> dict[str, Any]:
        return self.token("refreshToken", grant_type="refresh_token", refresh_token=refresh_token, scope="all")


@pytest.fixture
def jst(erp_sandbox: Any) -> JushuitanClient:
    """The merchant's own app."""
    return JushuitanClient(dict(erp_sandbox.credentials["jushuitan"]["merchant"]))


@pytest.fixture
def isv(erp_sandbox: Any) -> JushuitanClient:
    """A service provider's app."""
    return JushuitanClient(dict(erp_sandbox.credentials["jushuitan"]["isv"]))


@pytest.fixture
def switch(erp_sandbox: Any) -> Iterator[Callable[..., None]]:
    """Change switches for one test: `switch(page_size_over="error")`; the tokens begin anew afterwards too."""
    before = erp_sandbox.get("jushuitan/settings")

    def change(**changes: Any) -> None:
        erp_sandbox.post("jushuitan/settings", changes)

    yield change
    erp_sandbox.post("jushuitan/settings", before)
    erp_sandbox.post("reset?what=jushuitan-tokens")


@pytest.fixture
def tokens(erp_sandbox: Any) -> Iterator[Callable[[int], None]]:
    """Let the authorisations end in so many seconds, for one test."""
    yield lambda seconds: erp_sandbox.post("jushuitan/expire-tokens", {"seconds": seconds})
    erp_sandbox.post("reset?what=jushuitan-tokens")


EDITED = ("sales_outbounds", "purchase_orders", "purchase_ins", "inventory_counts")
"""The streams that tests edit; a sale is an order, too."""


@pytest.fixture
def edit(erp_sandbox: Any) -> Iterator[Callable[..., dict[str, Any]]]:
    """Edit a document as a person does: `edit("orders", number, status="Cancelled")`.

    Afterwards states and times are as they were; versions only grow.
    """

    def held() -> dict[tuple[str, int], tuple[str, str]]:
        return {
            (stream, document["id"]): (document["status"], document["modified"])
            for stream in EDITED
            for document in erp_sandbox.show("jushuitan", stream)
        }

    def change(stream: str, number: int, **changes: Any) -> dict[str, Any]:
        return dict(erp_sandbox.post("jushuitan/edit", {"stream": stream, "number": number, **changes}))

    before = held()
    yield change
    for (stream, number), now in held().items():
        status, modified = before[stream, number]
        if now != (status, modified):
            change(stream, number, status=status, modified=modified)


@pytest.fixture(scope="session")
def week() -> dict[str, str]:
    """A window that has all documents."""
    return {"modified_begin": "2026-03-28 00:00:00", "modified_end": "2026-04-04 00:00:00"}
