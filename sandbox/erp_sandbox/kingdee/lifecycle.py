"""Submit, Audit, UnAudit, CancelAssign, Delete and ExcuteOperation (vendor contract 8.6, 8.7, 8.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sandbox.kingdee.auditing import Auditing, receivables
from erp_sandbox.kingdee.documents import STATUS, USE_ORG
from erp_sandbox.kingdee.envelope import (
    BAD_PARAMETER,
    LOCKED,
    NO_DATA,
    NO_FIELD,
    Problem,
    Refused,
    envelope,
    success_entity,
)
from erp_sandbox.kingdee.saving import AUDITED, CREATED, DRAFT, REAUDIT, STATUS_NAMES, SUBMITTED, lock_text
from erp_sandbox.kingdee.trouble import NONE, Trouble

if TYPE_CHECKING:
    from erp_sandbox.kingdee.datacentre import DataCentre
    from erp_sandbox.kingdee.documents import Document
    from erp_sandbox.kingdee.metadata import Form, Operation

CLOSED = "FCloseStatus"

TRANSITIONS: dict[str, tuple[str, str | None, str]] = {
    "Submit": (CREATED + REAUDIT, SUBMITTED, "提交"),
    "Audit": (SUBMITTED, AUDITED, "审核"),
    "UnAudit": (AUDITED, REAUDIT, "反审核"),
    "CancelAssign": (SUBMITTED, REAUDIT, "撤销"),
    "Delete": (DRAFT + CREATED + REAUDIT, None, "删除"),
}
"""Service: the states it is allowed in, the state it leads to, its Chinese name."""


class LifeCycle:
    """The services that move documents on, all over the same selection by Ids or Numbers.

    Args:
        centre: the data centre.
        form: the documents' form.
        data: the call's ``data``.
        user: the reference of the session's user.
        trouble: what a fault does to the documents.
    """

    def __init__(
        self, centre: DataCentre, form: Form, data: dict[str, Any], user: dict[str, Any], trouble: Trouble = NONE
    ) -> None:
        self._centre = centre
        self._form = form
        self._given = {key.lower(): value for key, value in data.items()}
        self._user = user
        self._trouble = trouble
        self._table = centre.table(form)
        self._now = centre.now_text()

    def move(self, service: str) -> dict[str, Any]:
        """Run one of `TRANSITIONS`; each document on its own.

        Raises:
            Refused: no document is named, or none of the named exists.
        """
        allowed, leads_to, title = TRANSITIONS[service]
        documents = self._selected()
        flags = str(self._given.get("interationflags") or "")
        auditing = Auditing(self._centre, self._form, flags, self._trouble)
        problems, moved = [], []
        for index, document in enumerate(documents):
            problem = self._obstacle(document, index, allowed, title) or self._rejected(document, index, len(documents))
            if problem is None and service == "Audit":
                problem = auditing.problem(document, index)
            if problem is None and service == "UnAudit":
                problem = auditing.undo_problem(document, index)
            if problem is not None:
                problems.append(problem)
                continue
            if service == "UnAudit":
                auditing.undo(document)
            moved.append((index, document))
            if leads_to is not None:
                self._set_status(document, leads_to)
        with self._centre.db:
            if leads_to is None:
                self._table.delete(self._centre.db, [document[self._form.key] for _index, document in moved])
            else:
                self._table.replace(self._centre.db, [document for _index, document in moved])
            auditing.commit()
        self._keep_index(moved, deleted=leads_to is None)
        done = self._entities(moved)
        messages = receivables(self._centre, self._form, done) if service == "Audit" else []
        return envelope(problems, done, messages)

    def operate(self, code: str) -> dict[str, Any]:
        """Run an ExcuteOperation code of the form's metadata.

        Raises:
            Refused: MsgCode 9 for an unknown code; as `move`.
        """
        operation = self._form.operations.get(code)
        if operation is None:
            found = {name.lower(): name for name in self._form.operations}
            known = found.get(code.lower())
            if known is None:
                raise Refused(NO_FIELD, f"“{self._form.name}”不存在操作编码为“{code}”的操作")
            operation = self._form.operations[known]
        problems, done = [], []
        documents = self._selected()
        for index, document in enumerate(documents):
            problem = self._inoperable(operation, document, index) or self._rejected(document, index, len(documents))
            if problem is not None:
                problems.append(problem)
                continue
            document.update(operation.set)
            if operation.date:
                document[operation.date] = self._now
            if operation.user:
                document[operation.user] = self._user
            if CLOSED not in operation.set:  # closing leaves FModifyDate alone (contract 6.2)
                self._touch(document)
            done.append((index, document))
        with self._centre.db:
            self._table.replace(self._centre.db, [document for _index, document in done])
        self._keep_index(done, deleted=False)
        return envelope(problems, self._entities(done))

    def _selected(self) -> list[Document]:
        """Return the named documents in key order; Ids win over Numbers, unknown ones are dropped (contract 8.7)."""
        ids, numbers = _listed(self._given.get("ids")), _listed(self._given.get("numbers"))
        if not ids and not numbers:
            raise Refused(BAD_PARAMETER, "data 数据包中的参数 Numbers 和 Ids 的值不能同时为空")
        if ids:
            keys: list[Any] = list(ids) if self._form.guid else [int(key) for key in ids if key.isdecimal()]
            documents = self._table.by_keys(self._centre.db, keys)
        else:
            documents = self._table.by_numbers(self._centre.db, numbers)
            org = str(self._given.get("useorgid") or "0")
            if org != "0" and self._form.kind == "base":  # one record an organisation, all with one number
                documents = [found for found in documents if str((found.get(USE_ORG) or {}).get("id")) == org]
        if not documents:
            raise Refused(NO_DATA, f"未找到“{'、'.join((ids or numbers)[:20])}”对应的{self._form.name}数据")
        return documents

    def _obstacle(self, document: Document, index: int, allowed: str, title: str) -> Problem | None:
        number, state = document.get(self._form.number_key, ""), document[STATUS]
        if number in self._centre.settings.locked.get(self._form.id, ()):
            return Problem(lock_text(self._form, document), None, LOCKED, index)
        if state in allowed:
            return None
        if title == "审核" and state == AUDITED:
            return Problem(f"单据编号为“{number}”的{self._form.name}，单据已经审核！", "", index=index)
        text = f"单据编号为“{number}”的{self._form.name}，数据状态为{STATUS_NAMES[state]}，不允许{title}！"
        return Problem(text, "", index=index)

    def _rejected(self, document: Document, index: int, count: int) -> Problem | None:
        text = self._trouble.rejection(self._form, document.get(self._form.number_key), index, count)
        return None if text is None else Problem(text, "", index=index)

    def _inoperable(self, operation: Operation, document: Document, index: int) -> Problem | None:
        number, state = document.get(self._form.number_key, ""), document[STATUS]
        text = f"编码为“{number}”的{self._form.name}，不允许{operation.name}："
        if operation.only_status and state not in operation.only_status:
            return Problem(f"{text}数据状态为{STATUS_NAMES[state]}", "", index=index)
        if state in operation.unless_status:
            return Problem(f"{text}数据状态为{STATUS_NAMES[state]}", "", index=index)
        if any(document.get(key) != value for key, value in operation.from_.items()):
            return Problem(f"{text}已经{operation.name}", "", index=index)
        return None

    def _set_status(self, document: Document, status: str) -> None:
        document[STATUS] = status
        if status == AUDITED:
            document |= {"FApproverId": self._user, "FApproveDate": self._now}
        elif status == REAUDIT:
            document.pop("FApproverId", None)
            document.pop("FApproveDate", None)
        self._touch(document)

    def _touch(self, document: Document) -> None:
        if self._centre.settings.modify_date == "steps":
            document |= {"FModifierId": self._user, "FModifyDate": self._now}

    def _keep_index(self, done: list[tuple[int, Document]], *, deleted: bool) -> None:
        keep = self._centre.base.deleted if deleted else self._centre.base.saved
        for _index, document in done:
            keep(self._form, document)

    def _entities(self, done: list[tuple[int, Document]]) -> list[dict[str, Any]]:
        key, number = self._form.key, self._form.number_key
        return [success_entity(document[key], document.get(number), index) for index, document in done]


def _listed(value: Any) -> list[str]:
    """Return a list of texts from a list or a comma text, blanks left out."""
    if value is None:
        return []
    parts = value if isinstance(value, list) else str(value).split(",")
    return [text for part in parts if (text := str(part).strip())]
