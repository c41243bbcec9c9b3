"""What a call gave, as facts: an answer of Kingdee, or a failure to get one. What they mean is said in `outcomes`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

Id = int | str
"""A document's internal id; text for the few forms keyed by a GUID (contract 5.1)."""

GATEWAY_STATUS = 519
_TRUE = frozenset({True, "true", "True"})


class Entity(msgspec.Struct, gc=False):
    """One entry of SuccessEntitys. Spelled so by Kingdee."""

    Id: int | str | None = None
    Number: str | None = None
    DIndex: int | None = None


class Complaint(msgspec.Struct, gc=False):
    """One entry of Errors; several may share one DIndex."""

    FieldName: str | None = None
    Message: str | None = None
    DIndex: int | None = None

    def __str__(self) -> str:
        return f"{self.FieldName}: {self.Message}" if self.FieldName else self.Message or ""


class _Status(msgspec.Struct):
    IsSuccess: bool | str | None = None
    MsgCode: int | str | None = None
    Errors: list[Complaint] | None = None
    SuccessEntitys: list[Entity] | None = None


class _Result(msgspec.Struct):
    ResponseStatus: _Status | None = None
    Id: int | str | None = None
    NeedReturnData: msgspec.Raw = msgspec.Raw()


class _Envelope(msgspec.Struct):
    Result: _Result | None = None


@dataclass(slots=True)
class Answer:
    """Kingdee's verdict on a call (contract 5.1).

    Attributes:
        is_success: The call's own verdict; a batch with one refused document is no success although others are saved.
        msg_code: Contract 5.2; 0 on mixed batches.
        entities: The documents that went through.
        complaints: Why others did not.
        returned: NeedReturnData, verbatim; empty when nothing was asked for.
    """

    is_success: bool
    msg_code: int
    entities: list[Entity] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
    returned: msgspec.Raw = field(default_factory=msgspec.Raw)

    @property
    def text(self) -> str:
        """Everything Kingdee said, in one line."""
        return "; ".join(dict.fromkeys(str(complaint) for complaint in self.complaints)) or "Kingdee gave no reason"


@dataclass(frozen=True, slots=True)
class Failure:
    """A call without a verdict.

    Attributes:
        kind: A key of `outcomes.FAILURES`.
        detail: What was seen, for a sentence; one line, no secrets.
        sent: Whether the call itself can have reached Kingdee. False as well when only signing in failed.
    """

    kind: str
    detail: str = ""
    sent: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """A document as Kingdee holds it: the answer to a look by number.

    Attributes:
        modified_at: FModifyDate, verbatim; None where the form has none.
        is_edited: Its last modifier is not our user, who did more than audit it; False where Kingdee does not tell.
    """

    id: Id
    number: str
    status: str
    modified_at: str | None = None
    is_edited: bool = False


_envelope_decoder = msgspec.json.Decoder(_Envelope)
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


def read_verdict(body: bytes) -> Answer | Failure:
    """Read the envelope of a write or operation (contract 5.1)."""
    text_failure = _not_json(body)
    if text_failure is not None:
        return text_failure
    try:
        envelope = _envelope_decoder.decode(body)
    except msgspec.ValidationError as error:
        return Failure("unexpected_answer", str(error))
    except msgspec.DecodeError as error:
        return Failure("cut_answer", str(error))
    result = envelope.Result
    if result is None or result.ResponseStatus is None:
        return Failure("unexpected_answer", "no Result.ResponseStatus in it")
    return _answer(result.ResponseStatus, result.NeedReturnData)


def read_rows(body: bytes) -> list[list[Any]] | Answer | Failure:
    """Read the answer of ExecuteBillQuery: rows, or the doubly nested envelope of a refusal (contract 5.6)."""
    value = read_json(body)
    if isinstance(value, Failure):
        return value
    peeled = value
    while isinstance(peeled, list) and len(peeled) == 1:
        peeled = peeled[0]
    if isinstance(peeled, dict):
        return read_verdict(msgspec.json.encode(peeled))
    if isinstance(value, list) and all(isinstance(row, list) for row in value):
        return value
    return Failure("unexpected_answer", "rows were expected")


def read_json(body: bytes) -> Any:
    """Read any other answer: Python values with exact numbers, or a `Failure`."""
    text_failure = _not_json(body)
    if text_failure is not None:
        return text_failure
    try:
        return _decode(body)
    except msgspec.DecodeError as error:
        return Failure("cut_answer", str(error))


def read_http_error(status: int, body: bytes) -> Failure:
    """Name the failure of an answer whose HTTP status is not 200 or 206 (contract 2.3, 5.5)."""
    text = one_line(body)
    if status == GATEWAY_STATUS:
        return _gateway_failure(body, text)
    if "Fail to verify thirty passport" in text:
        return Failure("unknown_account", text)
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP's own classes
        return Failure("redirected", f"HTTP {status}")
    known = {500: "http_500", 502: "http_502", 503: "http_503", 504: "http_504"}
    fallback = "http_other" if status >= 500 else "http_refused"  # noqa: PLR2004 - HTTP's own classes
    return Failure(known.get(status, fallback), f"HTTP {status} {text}".strip())


def one_line(body: bytes, length: int = 300) -> str:
    """Return the beginning of a body as one line of text, tags left out."""
    text = body[: length * 8].decode("utf-8", "replace")
    if "<" in text:
        parts = (piece.partition(">")[2] for piece in f">{text}".split("<"))
        text = " ".join(parts)
    return " ".join(text.split())[:length]


def _answer(status: _Status, returned: msgspec.Raw) -> Answer:
    code = status.MsgCode
    if isinstance(code, str):
        code = int(code) if code.strip().lstrip("-").isdigit() else 0
    return Answer(
        is_success=status.IsSuccess in _TRUE,
        msg_code=code or 0,
        entities=status.SuccessEntitys or [],
        complaints=status.Errors or [],
        returned=returned,
    )


def _not_json(body: bytes) -> Failure | None:
    head = body[:64].lstrip().lower()
    if not head:
        return Failure("cut_answer", "the answer is empty")
    if head.startswith(b"response_error"):
        return Failure("response_error", one_line(body).partition(":")[2].strip())
    if head.startswith(b"<"):
        return Failure("html_page", one_line(body))
    return None


def _gateway_failure(body: bytes, text: str) -> Failure:
    try:
        answer = json.loads(body)
        code, said = int(answer["errcode"]), str(answer.get("description") or answer.get("description_cn") or "")
    except (ValueError, KeyError, TypeError):
        return Failure("gateway_other", text)
    kind = f"gateway_{code}"
    return Failure(kind if kind in {"gateway_4002", "gateway_4006", "gateway_5001"} else "gateway_other", said)
