"""What 金蝶云星空 says instead of rows, and what it means (vendor contract, section 5).

A query's failure has the shape ``[[{"Result": {"ResponseStatus": {…}}}]]``; an unhandled exception comes as plain text
that starts with ``response_error:``; the open gateway answers HTTP 519 with a shape of its own. The vendor's texts vary
by build, so the tables match on the code, and on the text only where one code says several things.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec
from erp_sdk.answers import Action, Answer, AnswerTable
from erp_sdk.messages import decode

SESSION_LOST = "1"

_split = msgspec.json.Decoder(list[msgspec.Raw]).decode
_NO_FIELD = re.compile(r"元数据中标识为\s*(\S+?)\s*的字段|\(Key[:：]\s*([^)\s]+)\)|列名\s*['“‘]([^'”’]+)['”’]\s*无效")

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
        Answer(
            Action.FATAL,
            "Kingdee has no such form here ({text}); deselect the stream, or correct the form in the setting forms.",
            text="业务对象不存在",
        ),
        Answer(
            Action.FATAL,
            "Kingdee could not carry out the query ({text}); if filters or a filter in forms is set, check its text.",
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


def said_instead_of_rows(content: bytes) -> Refusal | None:
    """Look into the body of ExecuteBillQuery's answer.

    The whole body is looked through, since an answer may be cut off; its cells are decoded once, by the stream.

    Returns:
        What the vendor said instead of rows; None when these are rows.

    Raises:
        ValueError: The body is neither: no JSON, or JSON of another shape.
    """
    try:
        rows = _split(content)
    except msgspec.DecodeError:
        return refusal_in(content)
    if not rows:
        return None
    first = bytes(rows[0])
    if not first.startswith(b"[") or first[1:].lstrip().startswith((b"{", b"[")):
        return refusal_in(content)  # a row's first cell is never an object
    return None


def refusal_in(content: bytes) -> Refusal:
    """Return the refusal that a body is.

    Raises:
        ValueError: It is none.
    """
    if content.lstrip().startswith(b"response_error:"):
        return Refusal("4", content.decode("utf-8", "replace").split(":", 1)[1].strip())
    try:
        inner = decode(content)
    except msgspec.DecodeError:
        raise ValueError("no JSON") from None
    while isinstance(inner, list) and len(inner) == 1:  # peel the lists off a failure (contract 5.6)
        inner = inner[0]
    try:
        status = inner["Result"]["ResponseStatus"]
        errors = status.get("Errors") or []
        text = "; ".join(str(error.get("Message")) for error in errors)
        return Refusal(str(status.get("MsgCode") or 0), text)
    except (KeyError, TypeError, AttributeError):
        raise ValueError("no refusal") from None


def named_field(text: str) -> str | None:
    """Return the field that the vendor says is not there (contract 5.3); None when it says something else."""
    found = _NO_FIELD.search(text)
    return None if found is None else next(part for part in found.groups() if part)
