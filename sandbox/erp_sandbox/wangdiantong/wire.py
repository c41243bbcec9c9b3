"""The way every dialect's call takes: read, fault, admit, answer or refuse, count."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec
from starlette.responses import Response

from erp_sandbox.wangdiantong.erp import APP_LIMITED, NAME, OK
from erp_sandbox.wangdiantong.refusals import Refusal, TopRefusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from erp_sandbox.wangdiantong.erp import Erp

FORM = "application/x-www-form-urlencoded"
NUMBER_PARAMETERS = (
    "stockout_no", "stockin_no", "src_order_no", "src_tid", "tid", "trade_no", "refund_no", "purchase_no",
    "transfer_no", "pd_no", "goods_no", "spec_no",
)  # fmt: skip


@dataclass(frozen=True)
class Call:
    """A call as it was received. ``parameters`` are decoded texts from query and form, ``body`` the raw bytes."""

    name: str
    parameters: dict[str, str]
    body: bytes
    content_type: str

    def document_numbers(self) -> Iterator[str]:
        """Yield the numbers of documents that the call names, for the fault plan."""
        for given in (self.parameters, *_objects(self.body), *_objects(self.parameters.get("params", "").encode())):
            for name in NUMBER_PARAMETERS:
                yield from (text for part in str(given.get(name) or "").split(",") if (text := part.strip()))


class Wire(ABC):
    """One dialect's entry."""

    def __init__(self, erp: Erp) -> None:
        self.erp = erp

    def able(self, kind: str) -> bool:
        """Whether a kind of fault can happen to this dialect's calls."""
        return kind != APP_LIMITED

    @abstractmethod
    async def read(self, request: Request) -> Call:
        """Take the request apart; nothing is verified yet."""

    @abstractmethod
    async def admitted(self, call: Call, fault: str | None) -> Response:
        """Verify the caller and do the work.

        Raises:
            Refusal: Wangdiantong refuses.
            TopRefusal: the Taobao gateway refuses.
        """

    @abstractmethod
    def refused(self, call: Call, refusal: Refusal | TopRefusal) -> Response:
        """Write a refusal in the dialect's envelope, always HTTP 200."""

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        context = self.erp.context
        call = await self.read(request)
        fault = context.faults.next(NAME, call.name, call.document_numbers, self.able)
        if fault is not None:
            early = await fault.before(request)
            if early is not None:
                context.calls.count(NAME, call.name, fault.kind)
                return early
        outcome = OK
        try:
            response = await self.admitted(call, None if fault is None else fault.kind)
        except (Refusal, TopRefusal) as refusal:
            response = self.refused(call, refusal)
            outcome = refusal.name
        context.calls.count(NAME, call.name, outcome if fault is None else fault.kind)
        return response if fault is None else await fault.after(request, response)


def _objects(text: bytes) -> list[dict[str, Any]]:
    """Return the JSON objects of a 旗舰版 body or ``params``; none of anything else."""
    if text[:1] not in {b"[", b"{"}:
        return []
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return []
    return [item for item in (found if isinstance(found, list) else [found]) if isinstance(item, dict)]


def query_parameters(request: Request) -> dict[str, str]:
    """Decode the query string; the last of repeated names counts."""
    return dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))


def form_parameters(body: bytes, content_type: str) -> dict[str, str]:
    """Decode a form body; anything else has no parameters."""
    if not content_type.startswith(FORM):
        return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def json_response(text: str) -> Response:
    """Answer with JSON that is written already."""
    return Response(text.encode("utf-8", "surrogatepass"), media_type="application/json")
