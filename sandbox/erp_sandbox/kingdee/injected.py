"""The faults Kingdee answers in its own words; every other kind is the server's (`erp_sandbox.fault_kinds`)."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from erp_sandbox.kingdee.envelope import (
    CONTEXT_LOST,
    LOCKED,
    RESTRICTED,
    RESTRICTED_TEXT,
    SESSION_LOST_TEXT,
    Refused,
    ServerException,
)
from erp_sandbox.kingdee.lifecycle import TRANSITIONS
from erp_sandbox.kingdee.trouble import AUDIT_REFUSED, REJECTED_HALF, ROLLED_BACK, STAYS_SAVED
from erp_sandbox.kingdee.values import to_bool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from erp_sandbox.faults import Fault
    from erp_sandbox.kingdee.datacentre import DataCentre
    from erp_sandbox.kingdee.metadata import Form
    from erp_sandbox.kingdee.sessions import Sessions

DATABASE_FAILED = 6
DATABASE_TEXT = "数据库操作失败：事务(进程 ID 73)与另一个进程被死锁在锁资源上，请重新运行该事务"
LOCK_TEXT = "“演示用户”正在进行业务操作-“修改”，与当前操作冲突，请稍候再使用"
EXCEPTION_TEXT = 'response_error:{"Message":"未将对象引用设置到对象的实例。","ErrorCode":500}'
STACK_TEXT = (
    "System.Data.SqlClient.SqlException (0x80131904): 执行超时已过期。完成操作之前已超时或服务器未响应。\r\n"
    "   在 System.Data.SqlClient.SqlConnection.OnError(SqlException exception, Boolean breakConnection)"
)

CLOCK_SKEW = "clock_skew"
PARTLY = frozenset({"half_batch", "http_500_partly"})
SAVES = frozenset({"Save", "BatchSave", "Draft"})
WRITES = SAVES | frozenset(TRANSITIONS) | {"ExcuteOperation"}

CALLS = ("*", "*", "BatchSave", "BatchSave", "Submit", "Audit", "ExecuteBillQuery")
"""The calls that a drawn plan uses the kinds of every vendor on; the usual ones twice, to be drawn oftener."""

_ON_DOCUMENTS = ("BatchSave", "BatchSave", "Submit", "Audit")

KINDS: dict[str, tuple[str, ...]] = {
    "throttle": CALLS,
    "session_lost": CALLS,
    "locked": _ON_DOCUMENTS,
    "database": CALLS,
    "database_after": CALLS,
    "response_error": CALLS,
    "response_error_after": CALLS,
    "half_batch": _ON_DOCUMENTS,
    "http_500_partly": _ON_DOCUMENTS,
    REJECTED_HALF: _ON_DOCUMENTS,
    "unreported": _ON_DOCUMENTS,
    ROLLED_BACK: ("BatchSave",),
    STAYS_SAVED: ("BatchSave",),
    AUDIT_REFUSED: ("Audit",),
    CLOCK_SKEW: CALLS,
}
"""The kinds, and the calls that a drawn plan uses each on."""

QUOTED = re.compile(r"'((?:[^']|'')*)'")


def able(service: str, given: dict[str, Any], *, login: bool) -> Callable[[str], bool]:
    """Return which kinds can happen to a call, so that a plan counts no others."""

    def can(kind: str) -> bool:
        if kind in {ROLLED_BACK, STAYS_SAVED}:
            return service in {"Save", "BatchSave"} and to_bool(_lower(given).get("isautosubmitandaudit")) is True
        if kind == AUDIT_REFUSED:
            return service == "Audit"
        if kind in PARTLY or kind in {"locked", "unreported", REJECTED_HALF}:
            return service in WRITES
        return kind != "session_lost" or not login

    return can


def document_numbers(centre: DataCentre, given: dict[str, Any]) -> Callable[[], Iterator[str]]:
    """Return what yields the numbers of the documents in a call, by which a fault plan may name it.

    They are in the models of a save, the Numbers or Ids of an operation, and the FilterString of a query.
    """

    def numbers() -> Iterator[str]:
        data = _lower(given)
        form = _form(centre, given.get("formid") or data.get("formid"))
        model = data.get("model")
        for item in model if isinstance(model, list) else [model]:
            if isinstance(item, dict):
                yield from _of_model(centre, form, item)
        yield from _texts(data.get("numbers"))
        yield from _texts(data.get("number"))
        yield from _numbered(centre, form, [*_texts(data.get("ids")), *_texts(data.get("id"))])
        text = data.get("filterstring")
        if isinstance(text, str):
            yield from (quoted.replace("''", "'") for quoted in QUOTED.findall(text))
            if form is not None:
                ids = re.findall(rf"\b{form.key}\s*(?:=|in\s*\()\s*([\d,\s]+)", text, re.IGNORECASE)
                yield from _numbered(centre, form, [key for found in ids for key in _texts(found)])

    return numbers


def before(kind: str, sessions: Sessions, session_id: str) -> None:
    """Make the faults that leave nothing done.

    Raises:
        Refused: MsgCode 14, 1, 13 or 6.
        ServerException: ``response_error:`` text with HTTP 200.
    """
    if kind == "throttle":
        raise Refused(RESTRICTED, RESTRICTED_TEXT)
    if kind == "session_lost":
        sessions.end(session_id)
        raise Refused(CONTEXT_LOST, SESSION_LOST_TEXT)
    if kind == "locked":
        raise Refused(LOCKED, LOCK_TEXT)
    if kind == "database":
        raise Refused(DATABASE_FAILED, DATABASE_TEXT)
    if kind == "response_error":
        raise ServerException(EXCEPTION_TEXT, HTTPStatus.OK)


def given(fault: Fault | None, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that the service sees: of a call that is done partly, the first half of the documents."""
    if fault is None or fault.kind not in PARTLY:
        return arguments
    data = dict(arguments.get("data") or {})
    for key, value in data.items():
        if key.lower() in {"model", "numbers", "ids"} and not isinstance(value, dict):
            parts = value if isinstance(value, list) else list(_texts(value))
            first = parts[: (len(parts) + 1) // 2]
            data[key] = first if isinstance(value, list) else ",".join(first)
    return {**arguments, "data": data}


def answer(fault: Fault | None, content: Any) -> Any:
    """Return the answer of a call that is done, with what a fault makes of it.

    ``half_batch``, ``http_500_partly``: half is saved, then the whole call fails as an exception that names nobody.
    ``unreported``: all is saved, but every second document (a single one) is missing from SuccessEntitys (contract
    8.4).

    Raises:
        Refused: MsgCode 6 although all is committed.
        ServerException: ``response_error:`` text with HTTP 200, or a stack trace with 500.
    """
    kind = "" if fault is None else fault.kind
    if kind in {"half_batch", "response_error_after"}:
        raise ServerException(EXCEPTION_TEXT, HTTPStatus.OK)
    if kind == "http_500_partly":
        raise ServerException(STACK_TEXT)
    if kind == "database_after":
        raise Refused(DATABASE_FAILED, DATABASE_TEXT)
    if kind == "unreported":
        status = content["Result"]["ResponseStatus"]
        done = status["SuccessEntitys"]
        status["SuccessEntitys"] = done[::2] if len(done) > 1 else []
    return content


def _lower(given: dict[str, Any]) -> dict[str, Any]:
    data = given.get("data")
    return {key.lower(): value for key, value in data.items()} if isinstance(data, dict) else {}


def _form(centre: DataCentre, form_id: Any) -> Form | None:
    try:
        return centre.form(form_id)
    except Refused:
        return None


def _of_model(centre: DataCentre, form: Form | None, model: dict[str, Any]) -> Iterator[str]:
    named = {key.lower(): value for key, value in model.items()}
    found = [str(named[key]) for key in ("fbillno", "fnumber") if named.get(key)]
    yield from found
    if not found and form is not None:
        yield from _numbered(centre, form, _texts(named.get(form.key.lower())))


def _numbered(centre: DataCentre, form: Form | None, keys: Any) -> Iterator[str]:
    """Yield the numbers of the documents with these primary keys."""
    if form is None:
        return
    wanted = [key if form.guid else int(key) for key in keys if form.guid or key.isdecimal()]
    for document in centre.table(form).by_keys(centre.db, wanted) if wanted else ():
        yield str(document.get(form.number_key))


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts of a list or of a comma text."""
    parts = value if isinstance(value, list) else str(value).split(",") if isinstance(value, (str, int)) else ()
    yield from (text for part in parts if (text := str(part).strip()))
