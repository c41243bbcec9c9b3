"""Answers of write and operation services (vendor contract 5): who failed, who succeeded, in which shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

CONTEXT_LOST = 1
NO_PERMISSION = 2
NO_OPERATION = 3
EXCEPTION = 4
NO_FORM = 5
BAD_PARAMETER = 8
NO_FIELD = 9
NO_DATA = 10
INVALID = 11
LOCKED = 13
RESTRICTED = 14

SESSION_LOST_TEXT = "会话信息已丢失，请重新登录"
RESTRICTED_TEXT = "调用限制：当前账套的WebAPI调用次数已超过许可上限，请稍候再试"


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of ``Errors``. ``index`` is the document's place in the request."""

    message: str
    field: str | None = None
    code: int = INVALID
    index: int = 0


class Refused(Exception):  # noqa: N818 - the vendor's "refused", answered in the service's own failure shape
    """The whole call fails."""

    def __init__(self, code: int, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.problem = Problem(message, field, code)


class ServerException(Exception):  # noqa: N818 - what the vendor calls it
    """An unhandled exception of the server: plain text instead of JSON (contract 2.3)."""

    def __init__(self, text: str, status: int = 500) -> None:
        super().__init__(text)
        self.status = status


def success_entity(key: int | str, number: str | None, index: int) -> dict[str, Any]:
    """Return one entry of ``SuccessEntitys``; ``index`` is the document's place in the request."""
    return {"Id": key, "Number": number or "", "DIndex": index}


def envelope(
    problems: list[Problem],
    entities: list[dict[str, Any]],
    messages: list[dict[str, Any]] | None = None,
    **further: Any,
) -> dict[str, Any]:
    """Return the ``Result`` envelope.

    A mixed result fails with MsgCode 0 although some documents are committed (contract 8.4); when all fail for the
    same reason the MsgCode is that reason's.

    Args:
        problems: every error, several may be of one document.
        entities: the documents that succeeded.
        messages: SuccessMessages, which may be about other documents than those of the call.
        further: keys beside ResponseStatus, such as Id and Number.
    """
    status: dict[str, Any] = {"IsSuccess": not problems}
    if problems:
        status = {"ErrorCode": 500, "IsSuccess": False}
    status["Errors"] = [{"FieldName": p.field, "Message": p.message, "DIndex": p.index} for p in problems]
    status["SuccessEntitys"] = entities
    status["SuccessMessages"] = messages or []
    status["MsgCode"] = _msg_code(problems, entities)
    return {"Result": {"ResponseStatus": status, **further}}


def failure(problem: Problem) -> dict[str, Any]:
    """Return the envelope of a call that failed as a whole."""
    return envelope([problem], [])


def _msg_code(problems: list[Problem], entities: list[dict[str, Any]]) -> int:
    if not problems or entities:
        return 0
    codes = {problem.code for problem in problems}
    return codes.pop() if len(codes) == 1 else INVALID
