"""How 金蝶云星空 is called: address, session, and what its answers mean (contract 2, 3, 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, cast

import msgspec
from erp_sdk.answers import Action
from erp_sdk.calls import Listing, NotTheApiError, PageRequest
from erp_sdk.messages import encode
from erp_sdk.stream import ErpStream
from singer_sdk.exceptions import FatalAPIError
from singer_sdk.streams.rest import HTTPRequest, PageContext

from tap_kingdee.refusals import GATEWAY, QUERIES, Refusal, named_field, refusal_in, said_instead_of_rows
from tap_kingdee.session import SESSION_HEADER, service_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import requests

    from tap_kingdee.tap import TapKingdee

FORM_SERVICE = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService"
_GATEWAY_FAILED = 519


@dataclass(frozen=True, slots=True)
class Body(Listing):
    """A good answer: its body as it came."""

    content: bytes = b""


class GalaxyStream(ErpStream):
    """Calls one of Galaxy's form services.

    Attributes:
        service: The service's name, without what all of them share.
        form: FormId.
    """

    vendor = "金蝶云星空"
    service: str
    form: str

    tap: TapKingdee

    @property
    def url_base(self) -> str:
        """The site's address, with its virtual directory."""
        return str(self.config["base_url"])

    @property
    def requests_session(self) -> requests.Session:
        """One connection pool for all streams: they share the server session."""
        return self.tap.session.http

    def get_http_request(self, *, page: PageContext[PageRequest]) -> HTTPRequest:
        """Return the call that a page's parameters make."""
        asked = page.next_page_token.params if page.next_page_token else {}
        url = service_url(self.url_base, f"{FORM_SERVICE}.{self.service}")
        headers = {"Content-Type": "application/json", "Accept": "application/json", **self.tap.session.headers(url)}
        return HTTPRequest(url=url, method="POST", headers=headers, data=encode({"data": asked}))

    def describe(self, response: requests.Response) -> str:
        """Say which call an answer belongs to."""
        return f"{self.name} ({self.form}) at {response.url.split('/Kingdee.')[0]}"

    def validate_response(self, response: requests.Response) -> None:
        """Check what HTTP says, and what only comes with an HTTP status (contract 3.6, 5.5)."""
        if response.status_code == _GATEWAY_FAILED:
            failed = re.search(r'"errcode"\s*:\s*"?(\d+)', response.text)
            said = re.search(r'"description"\s*:\s*"([^"]*)', response.text)
            code = failed[1] if failed else "unknown"
            raise GATEWAY.error(code, said and said[1], where=self.describe(response), response=response)
        if b"Fail to verify thirty passport" in response.content[:1000]:
            raise FatalAPIError(
                f"{self.describe(response)}: the site does not know the data centre 账套 {self.config['acct_id']}; "
                "check acct_id."
            )
        super().validate_response(response)

    def open_answer(self, response: requests.Response) -> Body:
        """Return the body, or raise what the vendor's refusal means."""
        try:
            refusal = self.read_refusal(response.content)
        except ValueError:
            start = " ".join(response.text[:200].split())[:80]
            raise NotTheApiError(
                f"{self.describe(response)} answers {start!r} instead of rows; base_url must be the address that "
                "ends in /k3cloud/ (or /galaxyapi/), with no proxy's page in between.",
                response=response,
            ) from None
        if refusal is not None:
            self._refused(refusal, response)
        self.tap.session.answered(response)
        return Body(rows=None, content=response.content)

    def read_refusal(self, content: bytes) -> Refusal | None:
        """Return what the vendor said instead of what was asked for; ValueError when it is neither."""
        return said_instead_of_rows(content)

    def _refused(self, refusal: Refusal, response: requests.Response) -> None:
        row = QUERIES.find(refusal.code, refusal.text)
        used = response.request.headers.get(SESSION_HEADER)
        if row.action is Action.REFRESH and not self.tap.session.lost(used):
            raise FatalAPIError(
                f"{self.describe(response)}: {self.vendor} does not accept {self.config['username']} "
                f"({refusal.text}); check acct_id, username and {self.tap.secrets_said}."
            )
        if field := named_field(refusal.text):
            raise FatalAPIError(f"{self.describe(response)}: {self.about_field(field)} ({refusal.text}).")
        raise QUERIES.error(refusal.code, refusal.text, where=self.describe(response), response=response)

    def about_field(self, field: str) -> str:
        """Say what to do about a field that the form does not have."""
        return f"this Kingdee has no field {field}"


class FormQuestion(GalaxyStream):
    """业务对象: what a form's metadata say, by QueryBusinessInfo (contract 8.15); no stream of the catalog."""

    name = "metadata"
    service = "QueryBusinessInfo"
    path = service
    primary_keys = ("Id",)

    def __init__(self, tap: TapKingdee, form: str) -> None:
        super().__init__(tap=tap, schema={"type": "object", "properties": {"Id": {"type": "string"}}})
        self.form = form

    def answer(self) -> dict[str, Any]:
        """Return the form's metadata as they came."""
        body = cast("Body", self.ask(PageRequest({"FormId": self.form}, 0, with_total=False)))
        answer = msgspec.json.decode(body.content)
        found: dict[str, Any] = answer["Result"]["NeedReturnData"]
        return found

    def read_refusal(self, content: bytes) -> Refusal | None:
        """Return the refusal in an answer that holds no metadata."""
        try:
            answer = msgspec.json.decode(content)
            held = answer["Result"]["NeedReturnData"]["Entrys"]
        except (msgspec.DecodeError, KeyError, TypeError):
            return refusal_in(content)
        return None if held else refusal_in(content)

    def get_records(self, context: object) -> Iterator[dict[str, Any]]:
        """Yield nothing: no catalog has this stream."""
        del context
        yield from ()


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean X?`` for a name that is not known, or nothing when none is near."""
    spelled = {one.lower(): one for one in known}
    found = get_close_matches(name.lower(), spelled, n=1, cutoff=0.6)
    return f"; the nearest that it has is {spelled[found[0]]}" if found else ""
