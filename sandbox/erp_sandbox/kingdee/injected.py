"""The faults Kingdee answers in its own words; every other kind is the server's (`erp_sandbox.fault_kinds`)."""

from __future__ import annotations

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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from erp_sandbox.faults import Fault
    from erp_sandbox.kingdee.sessions import Sessions

DATABASE_FAILED = 6
DATABASE_TEXT = "数据库操作失败：事务(进程 ID 73)与另一个进程被死锁在锁资源上，请重新运行该事务"
LOCK_TEXT = "“演示用户”正在进行业务操作-“修改”，与当前操作冲突，请稍候再使用"
EXCEPTION_TEXT = 'response_error:{"Message":"未将对象引用设置到对象的实例。","ErrorCode":500}'
OK = 200

KINDS = frozenset({"throttle", "session_lost", "locked", "database", "response_error", "half_batch", "unreported"})


def document_numbers(given: dict[str, Any]) -> Iterator[str]:
    """Yield the numbers of the documents in a call, by which a fault plan may name it."""
    data = given.get("data")
    if not isinstance(data, dict):
        return
    model = data.get("Model")
    for item in model if isinstance(model, list) else [model]:
        if isinstance(item, dict):
            yield from (str(item[key]) for key in ("FBillNo", "FNumber") if key in item)
    numbers = data.get("Numbers")
    yield from (str(number) for number in numbers) if isinstance(numbers, list) else ()


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
        raise ServerException(EXCEPTION_TEXT, OK)


def given(fault: Fault | None, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that the service sees: with ``half_batch`` the second half never reaches it."""
    if fault is None or fault.kind != "half_batch":
        return arguments
    data = dict(arguments.get("data") or {})
    if isinstance(data.get("Model"), list):
        data["Model"] = data["Model"][: (len(data["Model"]) + 1) // 2]
    return {**arguments, "data": data}


def answer(fault: Fault | None, content: Any) -> Any:
    """Return the answer with what a fault takes out of it.

    ``half_batch``: the first half is saved, then the whole call fails as an exception that names nobody.
    ``unreported``: all is saved, but every second document is missing from SuccessEntitys (contract 8.4).
    """
    if fault is not None and fault.kind == "half_batch":
        raise ServerException(EXCEPTION_TEXT, OK)
    if fault is not None and fault.kind == "unreported" and isinstance(content, dict):
        status = content["Result"]["ResponseStatus"]
        status["SuccessEntitys"] = status["SuccessEntitys"][::2]
    return content
