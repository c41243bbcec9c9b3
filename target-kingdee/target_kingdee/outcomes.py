"""One table: what Kingdee answers -> what it means -> what to do (vendor contract 5).

Three kinds of answer reach it: a call without a verdict (`FAILURES`), a verdict's MsgCode (`MSG_CODES`), and the text
of one document's refusal (`TEXTS`). MsgCode and IsSuccess decide what is done; texts only name the reason for a person,
because the vendor keeps no stable list of them. An answer that is not in the table is never taken for success.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from target_kingdee.api.answers import Answer, Failure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_kingdee.api.answers import Complaint


class Meaning(Enum):
    """What is now true of the documents in the call."""

    JUDGED = "Kingdee says for each document whether it went through"
    NOT_DONE = "nothing happened"
    UNKNOWN = "some, all or none of it happened"


class Action(Enum):
    """What to do about the documents that did not go through."""

    LOOK = "look them up; what is there goes on from its status, what is refused becomes a dead letter"
    RETRY = "send again after a short pause"
    LOOK_AND_RETRY = "pause, look them up, and send again what is not there"
    WAIT = "wait long, then send again"
    OUTAGE = "ask every few seconds until the site is back; look up what may have been done, then send again"
    STOP = "end the run: no document can go through until somebody mends it"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        sentence: What it is and what to do, for a person; `{detail}` is what was seen.
        blames_document: Whether a document on which this repeats alone is itself the cause.
    """

    meaning: Meaning
    action: Action
    sentence: str
    blames_document: bool = False


_J, _N, _U = Meaning.JUDGED, Meaning.NOT_DONE, Meaning.UNKNOWN

FAILURES: dict[str, Row] = {
    # before anything was sent (contract 5.7)
    "unreachable": Row(_N, Action.OUTAGE, "Kingdee cannot be reached ({detail}); check base_url, network and firewall"),
    "tls": Row(_N, Action.STOP, "the TLS certificate of Kingdee was not accepted ({detail}); install its authority"),
    # sent, without an answer that can be read (contract 2.3, 5.6, 5.7)
    "read_timeout": Row(
        _U, Action.LOOK_AND_RETRY, "Kingdee did not answer in time; raise request_timeout or send less"
    ),
    "connection_lost": Row(_U, Action.OUTAGE, "the connection to Kingdee broke ({detail}); check the network"),
    "cut_answer": Row(_U, Action.LOOK_AND_RETRY, "Kingdee's answer broke off ({detail})", blames_document=True),
    "unexpected_answer": Row(
        _U, Action.LOOK_AND_RETRY, "Kingdee's answer was not understood ({detail})", blames_document=True
    ),
    "response_error": Row(
        _U, Action.LOOK_AND_RETRY, "Kingdee raised an exception 服务器异常: {detail}", blames_document=True
    ),
    "html_page": Row(
        _U, Action.OUTAGE, "a web page came instead of an answer ({detail}); check base_url, or wait for the site"
    ),
    "http_500": Row(_U, Action.LOOK_AND_RETRY, "Kingdee raised an exception: {detail}", blames_document=True),
    "http_502": Row(_U, Action.OUTAGE, "the proxy before Kingdee answered {detail}"),
    "http_503": Row(_U, Action.OUTAGE, "the proxy before Kingdee answered {detail}"),
    "http_504": Row(_U, Action.OUTAGE, "the proxy before Kingdee answered {detail}"),
    "http_other": Row(_U, Action.LOOK_AND_RETRY, "Kingdee answered {detail}"),
    # answers that no repetition changes
    "http_refused": Row(_N, Action.STOP, "Kingdee answered {detail}; check base_url, it ends with /k3cloud/"),
    "redirected": Row(_N, Action.STOP, "Kingdee redirects elsewhere ({detail}); set base_url to the address it uses"),
    "unknown_account": Row(_N, Action.STOP, "Kingdee does not know the data centre 账套; check acct_id ({detail})"),
    # the open gateway (contract 5.5)
    "gateway_4002": Row(_N, Action.STOP, "the gateway misses the app id ({detail}); set app_id and auth=signed"),
    "gateway_4006": Row(
        _N, Action.STOP, "the gateway refuses the time stamp ({detail}); set this machine's clock right, then run again"
    ),
    "gateway_5001": Row(_N, Action.STOP, "the gateway does not know the address ({detail}); check base_url"),
    "gateway_other": Row(_U, Action.LOOK_AND_RETRY, "the gateway answered: {detail}"),
}

MSG_CODES: dict[int, Row] = {
    0: Row(_J, Action.LOOK, "Kingdee refused: {detail}"),
    1: Row(_N, Action.STOP, "the session is lost 会话信息已丢失 and cannot be made again; check the credentials"),
    2: Row(_J, Action.LOOK, "the user has no permission 没有权限: {detail}"),
    3: Row(_N, Action.STOP, "Kingdee misses the operation's id 操作标识; its version may not know it ({detail})"),
    4: Row(_U, Action.LOOK_AND_RETRY, "Kingdee raised an exception 异常: {detail}", blames_document=True),
    5: Row(_N, Action.STOP, "Kingdee misses the form's id; check the stream's name ({detail})"),
    6: Row(_U, Action.LOOK_AND_RETRY, "Kingdee's database failed 数据库操作失败: {detail}", blames_document=True),
    7: Row(_N, Action.STOP, "Kingdee's licence 许可 does not allow it ({detail}); free a licence, then run again"),
    8: Row(_J, Action.LOOK, "Kingdee refused a parameter 参数错误: {detail}"),
    9: Row(_J, Action.LOOK, "a field or value does not exist 指定字段、值不存在: {detail}"),
    10: Row(_J, Action.LOOK, "no matching data 未找到对应数据: {detail}"),
    11: Row(_J, Action.LOOK, "validation failed 验证失败: {detail}"),
    12: Row(_J, Action.LOOK, "not operable 不可操作: {detail}"),
    13: Row(_U, Action.LOOK_AND_RETRY, "somebody is editing 网控冲突: {detail}", blames_document=True),
    14: Row(_N, Action.WAIT, "Kingdee limits calls 调用限制: {detail}"),
    15: Row(_N, Action.STOP, "an administrator may not sign in here 禁止管理员登录; use an integration user"),
}
UNLISTED_CODE = Row(
    _U, Action.LOOK_AND_RETRY, "Kingdee answered with an unknown MsgCode: {detail}", blames_document=True
)


def row_of(result: Answer | Failure) -> Row:
    """Find what a call's result means."""
    if isinstance(result, Failure):
        row = FAILURES.get(result.kind, FAILURES["unexpected_answer"])
        if not result.sent and row.meaning is Meaning.UNKNOWN:
            # Only signing in failed: the documents never left.
            action = Action.OUTAGE if row.action is Action.OUTAGE else Action.RETRY
            return Row(Meaning.NOT_DONE, action, row.sentence)
        return row
    if result.is_success or result.entities:
        # Some went through, so the call as such was carried out; MsgCode speaks of the others and may be 0.
        return MSG_CODES[0]
    return MSG_CODES.get(result.msg_code, UNLISTED_CODE)


def sentence_of(result: Answer | Failure) -> str:
    """Say what a call's result means, without the full stop."""
    detail = result.detail if isinstance(result, Failure) else result.text
    return row_of(result).sentence.format(detail=detail or "no details")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one document is refused: a class for reports, and the fix for a person.

    Attributes:
        retriable: Somebody holds the document at this moment; it may go through a little later.
    """

    name: str
    fix: str
    retriable: bool = False


EXISTING_NUMBER = Reason(
    "existing_number",
    "A document with this number is already in Kingdee. Set on_existing to skip or update, or give it another number.",
)
BASE_DATA_MISSING = Reason(
    "base_data_missing",
    "Create, audit 审核, enable 反禁用 or allocate 分配 it in Kingdee, or correct the code table; then replay.",
)
FIELD_INVALID = Reason("field_invalid", "Fill or correct this field in the mapping or in the source; then replay.")
PERIOD_CLOSED = Reason(
    "period_closed", "Reopen the period 反关账 in Kingdee, or map FDate into an open one; then replay."
)
LOCKED = Reason("locked", "Somebody is editing it in Kingdee 网控; close that window, then replay.", retriable=True)
NO_PERMISSION = Reason(
    "no_permission", "Give the integration user the right for this form and organisation; then replay."
)
DELETED = Reason(
    "deleted_in_kingdee",
    "Discard this letter when it is to stay deleted 删除; replay it to send the document again.",
)
CHANGED = Reason(
    "changed_in_kingdee",
    "Audit 审核 it in Kingdee as it is now and discard this letter; or set on_existing=update and overwrite_edits, and "
    "replay.",
)
NOT_AUDITED = Reason("not_audited", "It is in Kingdee, not audited 未审核: mend what Kingdee says and run again.")
NOT_ALLOCATED = Reason(
    "not_allocated",
    "It is in Kingdee, not allocated 未分配 to all of allocate_to: mend what Kingdee says and run again.",
)
INTERACTION = Reason(
    "interaction",
    "Kingdee asks a question 交互提示: allow its answer with InterationFlags (negative stock: STK_InvCheckResult).",
)
REJECTED = Reason("rejected", "Mend what Kingdee says, in the source, the mapping or Kingdee; then replay.")

MSG_CODE_REASONS: dict[int, Reason] = {2: NO_PERMISSION, 9: FIELD_INVALID, 13: LOCKED}
"""Codes that name the reason by themselves; the others leave it to the text."""

TEXTS: tuple[tuple[re.Pattern[str], Reason], ...] = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        (r"唯一性|已经被使用|已存在相同|编码重复|单据编号重复", EXISTING_NUMBER),
        (r"网控|请稍候再使用|已被其他用户修改|被其他用户锁定", LOCKED),
        (r"没有.{0,40}权限|无权限|权限不足", NO_PERMISSION),
        (r"关账|结账|已结账|会计期间|期间.{0,12}关闭", PERIOD_CLOSED),
        (r"AbstractInteractionResult|是否继续", INTERACTION),
        (r"元数据中标识为|不存在此属性", FIELD_INVALID),
        (r"基础资料|禁用|未审核|未分配|组织下不可用|不存在|未找到|找不到", BASE_DATA_MISSING),
        (r"必填|必录|不能为空|不允许为空|精度|超出|格式不正确|长度", FIELD_INVALID),
    )
)
"""The first pattern found in what Kingdee says of a document names the reason."""


def classify(complaints: Iterable[Complaint], msg_code: int = 0) -> Reason:
    """Name the reason for which one document was refused."""
    if msg_code in MSG_CODE_REASONS:
        return MSG_CODE_REASONS[msg_code]
    text = "; ".join(map(str, complaints))
    return next((reason for pattern, reason in TEXTS if pattern.search(text)), REJECTED)
