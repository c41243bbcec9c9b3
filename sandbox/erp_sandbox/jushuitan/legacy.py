"""The older gateway ``api/open/query.aspx``, which clients of the years before 2022 still call (contract 4.3).

It has method names in place of paths, a signature over the query string, the conditions as the raw body, and a flat
envelope. The lists behind it are the same.
"""

from __future__ import annotations

import hmac
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from erp_sandbox.jushuitan import accounts, signing
from erp_sandbox.jushuitan.endpoints import BY_PATH
from erp_sandbox.jushuitan.pages import page, read_biz
from erp_sandbox.jushuitan.refusals import Refusal
from erp_sandbox.jushuitan.wire import Wire

if TYPE_CHECKING:
    from starlette.requests import Request

FIELDS = ("method", "partnerid", "token", "ts", "sign")
TOLERANCE_SECONDS = 600
BODY = "biz"
METHODS = {path.removeprefix("/open/").replace("/", "."): path for path in BY_PATH if path.startswith("/open/")}
"""``shops.query`` is ``/open/shops/query``; that the other names follow the same rule is our choice."""


class LegacyWire(Wire):
    """The gateway's one address, with the numbers of the older table (contract 5)."""

    codes = MappingProxyType({"sign_wrong": 120, "timestamp_wrong": 180})

    async def read(self, request: Request) -> tuple[str, dict[str, str] | None]:
        """Return the method, and the query string's fields with the body among them; None when it is no POST."""
        fields = dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))
        body = (await request.body()).decode("utf-8", "replace")
        return fields.get("method", ""), {**fields, BODY: body} if request.method == "POST" else None

    async def data(self, path: str, form: dict[str, str] | None, fault: str | None, address: str) -> Any:
        """Verify the caller and return the page; the token of this gateway does not run out."""
        if form is None:
            raise Refusal("form_wanted")
        for name in FIELDS:
            if not form.get(name):
                raise Refusal("field_missing", name=name)
        self._verify(form)
        if self.erp.settings.address == "unlisted":
            raise Refusal("address_refused", address=address)
        if path not in METHODS or METHODS[path] in self.erp.settings.not_granted.split(","):
            raise Refusal("not_granted")
        await self.admit(f"{form['partnerid']} {form['token']}", fault)
        return page(self.erp, BY_PATH[METHODS[path]], read_biz(form[BODY] or "{}"))

    def body(self, code: int, message: str, data: Any, *, as_text: bool = False) -> bytes:
        """Write the flat envelope."""
        shown = str(code) if as_text or self.erp.settings.code_as_text else code
        return self.encode({"code": shown, "issuccess": code == 0, "msg": message, **(data or {})})

    def _verify(self, form: dict[str, str]) -> None:
        partner = accounts.LEGACY
        if form["partnerid"] != partner.partnerid:
            raise Refusal("app_key_unknown")
        if not form["ts"].isdecimal() or abs(self.erp.now() - int(form["ts"])) > TOLERANCE_SECONDS:
            raise Refusal("timestamp_wrong")
        right = signing.legacy(partner.partnerkey, form["method"], form["partnerid"], form["token"], form["ts"])
        if not hmac.compare_digest(form["sign"].encode(), right.encode()):
            raise Refusal("sign_wrong")
        if form["token"] != partner.token:
            raise Refusal("token_wrong")
