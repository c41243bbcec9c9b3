"""What 金蝶云星空 says instead of rows, and what it means (vendor contract, section 5).

A query's failure has the shape ``[[{"Result": {"ResponseStatus": {…}}}]]``; an unhandled exception comes as plain text
that starts with ``response_error:``; the open gateway answers HTTP 519 with a shape of its own. The vendor's texts vary
by build, so the tables match on the code, and on the text only where one code says several things.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from erp_sdk.answers import Action, Answer, AnswerTable
from erp_sdk.messages import decode

SESSION_LOST = "1"

# MsgCode (contract 5.2) and, where one code says several things, text (contract 5.3).
QUERIES = AnswerTable(
    (
        Answer(Action.REFRESH, "the session 会话 is lost: {text}", codes=(SESSION_LOST,)),
        Answer(Action.REFRESH, "the session 会话 is lost: {text}", text="会话信息已丢失|未登录|会话超时|登录已失效"),
        Answer(
            Action.FATAL,
            "the integration user 集成用户 has no right to read this form ({text}); grant it in Kingdee 权限管理.",
            codes=("2",),
        ),
        Answer(Action.FATAL, "Kingdee has no such form here ({text}); deselect the stream.", text="业务对象不存在"),
        Answer(
            Action.FATAL,
            "this Kingdee does not have a field that was asked for ({text}); deselect that field in the catalog.",
            text="元数据中标识为|实体不存在此属性|列名.*无效",
        ),
        Answer(
            Action.FATAL,
            "Kingdee could not carry out the query ({text}); if the setting filters is in use, check its text.",
            codes=("4", "8", "9", "10", "11", "12"),
        ),
        Answer(Action.RETRY, "the database operation failed 数据库操作失败: {text}", codes=("6",)),
        Answer(Action.RETRY, "another user holds the data 网控冲突: {text}", codes=("13",)),
        Answer(Action.RETRY, "Kingdee restricts the calls 调用限制: {text}; lower calls_per_minute.", codes=("14",)),
        Answer(Action.FATAL, "the site has no free licence 许可 for the call: {text}", codes=("7",)),
        Answer(Action.FATAL, "administrators may not use the WebAPI ({text}); set an integration user.", codes=("15",)),
    ),
    otherwise=Answer(Action.FATAL, "Kingdee refuses the query (MsgCode {code}): {text}"),
)

# errcode of the open gateway 开放平台网关 (contract 5.5).
GATEWAY = AnswerTable(
    (
        Answer(Action.FATAL, "the gateway finds no application id ({text}); check app_id.", codes=("4002",)),
        Answer(Action.FATAL, "the gateway refuses the time ({text}); set this machine's clock.", codes=("4006",)),
        Answer(Action.FATAL, "the gateway does not know the address ({text}); check base_url.", codes=("5001",)),
    ),
    otherwise=Answer(Action.FATAL, "the gateway refuses the call (errcode {code}): {text}"),
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A failure that the vendor reported inside an answer.

    Attributes:
        code: MsgCode as text; "0" when the answer does not say.
        text: The messages, one after the other.
    """

    code: str
    text: str


def rows_or_refusal(content: bytes) -> list[list[Any]] | Refusal:
    """Open the body of ExecuteBillQuery's answer.

    Returns:
        The rows, numbers exact; or what the vendor said instead of rows.

    Raises:
        ValueError: The body is neither: no JSON, or JSON of another shape.
    """
    if content.lstrip().startswith(b"response_error:"):
        return Refusal("4", content.decode("utf-8", "replace").split(":", 1)[1].strip())
    try:
        answer = decode(content)
    except msgspec.DecodeError:
        raise ValueError("no JSON") from None
    inner = answer
    # Peel the lists off a failure (contract 5.6); a row's first cell is never an object.
    while isinstance(inner, list) and len(inner) == 1 and isinstance(inner[0], (list, dict)):
        inner = inner[0]
    if isinstance(inner, dict):
        return _refusal(inner)
    if not isinstance(answer, list) or not all(isinstance(row, list) for row in answer):
        raise ValueError("no rows")
    return answer


def _refusal(answer: dict[str, Any]) -> Refusal:
    try:
        status = answer["Result"]["ResponseStatus"]
        errors = status.get("Errors") or []
        text = "; ".join(str(error.get("Message")) for error in errors)
        return Refusal(str(status.get("MsgCode") or 0), text)
    except (KeyError, TypeError, AttributeError):
        raise ValueError("no rows") from None
