"""The services of the Galaxy WebAPI: one function each, over the arguments of a call (vendor contract 8)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from erp_sandbox.kingdee import allocating, login, saving, view
from erp_sandbox.kingdee.auditing import receivables
from erp_sandbox.kingdee.envelope import (
    BAD_PARAMETER,
    NO_DATA,
    NO_OPERATION,
    Problem,
    Refused,
    envelope,
    failure,
    success_entity,
)
from erp_sandbox.kingdee.lifecycle import TRANSITIONS, LifeCycle
from erp_sandbox.kingdee.queries import Query
from erp_sandbox.kingdee.returning import returned_fields
from erp_sandbox.kingdee.trouble import NONE, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from erp_sandbox.kingdee.datacentre import DataCentre
    from erp_sandbox.kingdee.sessions import Session, Sessions

FORM_DATA = ("formid", "data")
DATA = ("data",)
TASKS_KEPT = 1000


@dataclass
class Call:
    """One call of a service.

    Args:
        centre: the data centre.
        sessions: all sessions.
        session: the call's own; None for the services that need none.
        given: the arguments by lower-case name.
        trouble: what a fault does to the call's documents.
    """

    centre: DataCentre
    sessions: Sessions
    session: Session | None
    given: dict[str, Any]
    shuffle: int = 0
    trouble: Trouble = NONE

    @property
    def data(self) -> dict[str, Any]:
        """The call's ``data``, empty when it has none."""
        found: dict[str, Any] = self.given.get("data") or {}
        return found

    @property
    def user(self) -> dict[str, Any]:
        """The reference kept as creator, modifier and approver."""
        return self.centre.user()


@dataclass(frozen=True)
class Service:
    """A service.

    Args:
        name: as the vendor spells it; calls match in any case.
        arguments: names, lower case, in the order of encoding D.
        run: makes the answer.
        shape: how a failure of the whole call looks (contract 5.6).
        open: needs no session.
    """

    name: str
    arguments: tuple[str, ...]
    run: Callable[[Call], Any]
    shape: Callable[[dict[str, Any]], Any] = field(default=lambda answer: answer)
    open: bool = False


def execute_bill_query(call: Call) -> Any:
    """Return rows as arrays, in the order of FieldKeys."""
    return Query(call.centre, call.data, call.shuffle).rows()


def bill_query(call: Call) -> Any:
    """Return rows as objects whose keys are the field keys as they were asked for."""
    query = Query(call.centre, call.data, call.shuffle)
    return [dict(zip(query.keys, row, strict=True)) for row in query.rows()]


def view_document(call: Call) -> Any:
    """Return one whole document under its property names."""
    return view.view(call.centre, call.centre.form(call.given.get("formid")), call.data)


def save(call: Call) -> Any:
    """Save or draft one document; ``Id`` and ``Number`` are blank when it fails."""
    return _save_one(call, draft=False)


def draft(call: Call) -> Any:
    """Keep one document as a draft 暂存: nothing is validated."""
    return _save_one(call, draft=True)


def _save_one(call: Call, *, draft: bool) -> Any:
    saved, options = _saved(call, many=False, draft=draft)
    item = saved[0]
    good = not item.problems
    document, form = item.document, call.centre.form(call.given.get("formid"))
    key, number = (document[form.key], document.get(form.number_key, "")) if good else ("", "")
    entities = [success_entity(key, number, 0)] if good else []
    returned = [returned_fields(form, document, options.returned) if good else {}]
    messages = receivables(call.centre, form, entities) if options.auto_audit else []
    return envelope(item.problems, entities, messages, Id=key, Number=number, NeedReturnData=returned)


def batch_save(call: Call) -> Any:
    """Save many, each on its own; with BatchCount the server's threads mix up the order of the lists."""
    saved, options = _saved(call, many=True, draft=False)
    form = call.centre.form(call.given.get("formid"))
    if 1 < options.threads < len(saved):
        saved = [item for thread in range(options.threads) for item in saved[thread :: options.threads]]
    problems = [problem for item in saved for problem in item.problems]
    good = [item for item in saved if not item.problems]
    entities = [
        success_entity(item.document[form.key], item.document.get(form.number_key), item.index) for item in good
    ]
    returned = [] if problems else [returned_fields(form, item.document, options.returned) for item in good]
    messages = receivables(call.centre, form, entities) if options.auto_audit else []
    return envelope(problems, entities, messages, NeedReturnData=returned)


def _saved(call: Call, *, many: bool, draft: bool) -> tuple[list[saving.Saved], saving.SaveOptions]:
    form = call.centre.form(call.given.get("formid"))
    call.centre.writable(form, "保存")
    options = saving.SaveOptions.from_data(call.data, draft=draft)
    models = saving.models_of(call.data, many=many)
    return saving.Saving(call.centre, form, options, call.user, call.trouble).run(models), options


def _mover(service: str) -> Callable[[Call], Any]:
    def move(call: Call) -> Any:
        form = call.centre.form(call.given.get("formid"))
        call.centre.writable(form, TRANSITIONS[service][2])
        return LifeCycle(call.centre, form, call.data, call.user, call.trouble).move(service)

    return move


def operate(call: Call) -> Any:
    """Run another operation of the form: Forbid, Enable, Cancel, its closing codes."""
    form = call.centre.form(call.given.get("formid"))
    code = call.given.get("opnumber")
    if not isinstance(code, str) or not code:
        raise Refused(NO_OPERATION, "操作编码opNumber不能为空")
    call.centre.writable(form, code)
    return LifeCycle(call.centre, form, call.data, call.user, call.trouble).operate(code)


def allocate(call: Call) -> Any:
    """Give base data to further organisations 分配: each gets a record of its own with the same number."""
    form = call.centre.form(call.given.get("formid"))
    call.centre.writable(form, "分配")
    return allocating.allocate(call.centre, form, call.data)


def cancel_allocation(call: Call) -> Any:
    """Take base data away from organisations again 取消分配."""
    form = call.centre.form(call.given.get("formid"))
    call.centre.writable(form, "取消分配")
    return allocating.cancel(call.centre, form, call.data)


def business_info(call: Call) -> Any:
    """Return a form's metadata."""
    given = {key.lower(): value for key, value in call.data.items()}
    return view.business_info(call.centre.form(given.get("formid")))


def switch_org(call: Call) -> Any:
    """Change the session's current organisation."""
    return login.switch_org(call.centre, _own(call), call.data)


def log_out(call: Call) -> Any:
    """End the session."""
    return login.log_out(call.sessions, call.session)


def data_centers(call: Call) -> Any:
    """Return the data centres, to anybody."""
    return login.data_centers(call.centre)


def _own(call: Call) -> Session:
    if call.session is None:
        raise Refused(BAD_PARAMETER, "没有会话")
    return call.session


def _double_nested(answer: dict[str, Any]) -> Any:
    """ExecuteBillQuery's failures look like a row of one cell."""
    return [[answer]]


def _view_failure(answer: dict[str, Any]) -> Any:
    return {"Result": {**answer["Result"], "Result": None}}


def _services() -> dict[str, Service]:
    services = [
        Service("ExecuteBillQuery", DATA, execute_bill_query, _double_nested),
        Service("BillQuery", DATA, bill_query),
        Service("View", FORM_DATA, view_document, _view_failure),
        Service("Save", FORM_DATA, save),
        Service("BatchSave", FORM_DATA, batch_save),
        Service("Draft", FORM_DATA, draft),
        *(Service(name, FORM_DATA, _mover(name)) for name in TRANSITIONS),
        Service("ExcuteOperation", ("formid", "opnumber", "data"), operate),
        Service("Allocate", FORM_DATA, allocate),
        Service("CancelAllocate", FORM_DATA, cancel_allocation),
        Service("QueryBusinessInfo", DATA, business_info),
        Service("SwitchOrg", DATA, switch_org),
        Service("Logout", (), log_out, open=True),
        Service("GetDataCenterList", (), data_centers, open=True),
    ]
    by_name = {service.name.lower(): service for service in services}
    by_name["executeoperation"] = by_name["excuteoperation"]  # both spellings are alive (contract 8)
    return by_name


SERVICES = _services()
"""Every service but the logins and QueryAsyncResult, by lower-case name."""


@dataclass
class Tasks:
    """Answers of asynchronous calls, waiting to be polled (contract 8.16)."""

    centre: DataCentre
    _waiting: OrderedDict[str, tuple[int, Any]] = field(default_factory=OrderedDict)
    _last: int = 0

    def begin(self, answer: Any) -> dict[str, Any]:
        """Keep an answer; it is complete at once, or after ``async_polls`` polls."""
        self._last += 1
        task_id = str(self._last)
        polls = self.centre.settings.async_polls
        if polls == 0:
            return {"TaskId": task_id, "Status": 2, "Result": answer}
        self._waiting[task_id] = polls, answer
        while len(self._waiting) > TASKS_KEPT:
            self._waiting.popitem(last=False)
        return {"TaskId": task_id, "Status": 0, "Result": None}

    def poll(self, given: dict[str, Any]) -> dict[str, Any]:
        """Answer QueryAsyncResult."""
        task_id = str((given.get("queryinfo") or {}).get("TaskId", ""))
        waiting = self._waiting.get(task_id)
        if waiting is None:
            return failure(Problem(f"任务“{task_id}”不存在", code=NO_DATA))
        polls, answer = waiting
        if polls > 1:
            self._waiting[task_id] = polls - 1, answer
            return {"TaskId": task_id, "Status": 1, "Result": None}
        del self._waiting[task_id]
        return {"TaskId": task_id, "Status": 2, "Result": answer}
