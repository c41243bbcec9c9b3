"""``POST /_sandbox/kingdee/…``: what a tenant's people do in Kingdee's own client, and the sandbox's switches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from erp_sandbox.errors import SandboxError
from erp_sandbox.kingdee.account import PERSON_NUMBER
from erp_sandbox.kingdee.auditing import INVENTORY, inventory_row
from erp_sandbox.kingdee.documents import FORBID, STATUS
from erp_sandbox.kingdee.envelope import Refused
from erp_sandbox.kingdee.metadata import ENTRY_ID, SEQ, load_forms
from erp_sandbox.kingdee.reading import Reading
from erp_sandbox.kingdee.saving import AUDITED, STATUS_NAMES
from erp_sandbox.kingdee.values import to_decimal

if TYPE_CHECKING:
    from collections.abc import Callable

    from erp_sandbox.kingdee.datacentre import DataCentre
    from erp_sandbox.kingdee.documents import Document
    from erp_sandbox.kingdee.metadata import Form
    from erp_sandbox.kingdee.sessions import Sessions

Body = dict[str, Any]


def handlers(centre: DataCentre, sessions: Sessions) -> dict[str, Callable[[Body], Body]]:
    """Return the controls by name."""
    control = Control(centre, sessions)
    return {
        "settings": control.settings,
        "expire-sessions": control.expire_sessions,
        "forbid": control.forbid,
        "enable": control.enable,
        "unaudit-base-data": control.unaudit_base_data,
        "edit-document": control.edit_document,
        "delete-documents": control.delete_documents,
        "stock": control.stock,
        "reset-documents": control.reset_documents,
        "reset-settings": control.reset_settings,
    }


class Control:
    """The controls; a wrong body is a `SandboxError`, answered with HTTP 400."""

    def __init__(self, centre: DataCentre, sessions: Sessions) -> None:
        self._centre = centre
        self._sessions = sessions
        self._initial = centre.settings

    def settings(self, body: Body) -> Body:
        """Change some settings and return all of them."""
        self._centre.change(self._centre.settings.changed(body))
        found: Body = msgspec.to_builtins(self._centre.settings)
        return found

    def reset_settings(self, _body: Body) -> Body:
        """Put back the settings of the command line."""
        self._centre.change(self._initial)
        return self.settings({})

    def expire_sessions(self, _body: Body) -> Body:
        """End every session, as an idle night does."""
        return {"expired": self._sessions.end_all()}

    def forbid(self, body: Body) -> Body:
        """``{"form", "numbers"}``: forbid base data 禁用."""
        return self._set(body, FORBID, "B")

    def enable(self, body: Body) -> Body:
        """``{"form", "numbers"}``: enable and audit base data 反禁用."""
        self._set(body, STATUS, "C")
        return self._set(body, FORBID, "A")

    def unaudit_base_data(self, body: Body) -> Body:
        """``{"form", "numbers"}``: base data that nobody may use yet."""
        return self._set(body, STATUS, "D")

    def edit_document(self, body: Body) -> Body:
        """``{"form", "number", "set": {field: value}, "lines": [{field: value}], "status"}``: as a person edits.

        ``set`` and ``lines`` are read as a Model is. ``lines`` go by place over the entry of the form's totals: null
        removes a line, one more than there are adds one. ``status`` is put as it is.
        """
        form = self._form(body)
        table = self._centre.table(form)
        documents = table.by_numbers(self._centre.db, [str(body.get("number"))])
        if not documents:
            raise SandboxError(f"{form.id} has no document {body.get('number')!r}.")
        document = documents[0]
        status = body.get("status", document[STATUS])
        if status not in STATUS_NAMES:
            raise SandboxError(f"status is one of {', '.join(STATUS_NAMES)}, not {status!r}.")
        model, lines = dict(body.get("set") or {}), body.get("lines")
        if lines and form.totals:
            model[form.totals.entity] = _over(document.get(form.totals.entity, []), lines)
        self._read(form, document, model)
        self._sign(document, status)
        with self._centre.db:
            if lines and form.totals:
                self._number(form, document.get(form.totals.entity, []))
            table.replace(self._centre.db, [document])
        self._centre.base.saved(form, document)
        return {"edited": document[form.key]}

    def _sign(self, document: Document, status: str) -> None:
        """Keep the person who edited, and who audited or un-audited so."""
        person, now = self._centre.user(PERSON_NUMBER), self._centre.now_text()
        document |= {"FModifierId": person, "FModifyDate": now}
        if status != document[STATUS]:
            document[STATUS] = status
            document.pop("FApproverId", None)
            document.pop("FApproveDate", None)
            if status == AUDITED:
                document |= {"FApproverId": person, "FApproveDate": now}

    def _number(self, form: Form, lines: list[Document]) -> None:
        """Give added lines an FEntryID, and all of them their place."""
        sequence = form.sequence(form.head.entities[form.totals.entity]) if form.totals else ""
        for place, line in enumerate(lines, start=1):
            if ENTRY_ID not in line:
                line[ENTRY_ID] = self._centre.documents.take(self._centre.db, sequence, 1)
            line[SEQ] = place

    def delete_documents(self, body: Body) -> Body:
        """``{"form", "numbers"}``: delete documents whatever their state."""
        form, documents = self._named(body)
        with self._centre.db:
            self._centre.table(form).delete(self._centre.db, [document[form.key] for document in documents])
        for document in documents:
            self._centre.base.deleted(form, document)
        return {"deleted": len(documents)}

    def stock(self, body: Body) -> Body:
        """``{"org", "stock", "material", "quantity", "status"}``: set what 即时库存 holds."""
        place = tuple(
            self._id(form_id, body.get(name, default))
            for form_id, name, default in (
                ("ORG_Organizations", "org", self._centre.account.head_org),
                ("BD_STOCK", "stock", None),
                ("BD_MATERIAL", "material", None),
                ("BD_StockStatus", "status", "KCZT01_SYS"),
            )
        )
        quantity = to_decimal(body.get("quantity"))
        if quantity is None:
            raise SandboxError("quantity is a number, or its text.")
        row = inventory_row(self._centre, place, quantity, self._centre.now_text())  # type: ignore[arg-type] # four ids
        with self._centre.db:
            self._centre.documents.tables[INVENTORY].replace(self._centre.db, [row])
        return {"held": str(quantity)}

    def reset_documents(self, _body: Body) -> Body:
        """Delete every SAL_OUTSTOCK, with stock and the sale orders' delivered quantities; base data stays."""
        centre = self._centre
        outstock, orders = centre.documents.tables["SAL_OUTSTOCK"], centre.documents.tables["SAL_SaleOrder"]
        deleted = outstock.count(centre.db)
        with centre.db:
            outstock.empty(centre.db)
            centre.documents.tables[INVENTORY].empty(centre.db)
            changed = [order for order in orders.scan(centre.db) if _undelivered(order)]
            orders.replace(centre.db, changed)
            centre.documents.forget(centre.db)
        return {"deleted": deleted}

    def _set(self, body: Body, field: str, value: str) -> Body:
        form, documents = self._named(body)
        if form.kind != "base":
            raise SandboxError(f"{form.id} is no base data.")
        for document in documents:
            document[field] = value
        with self._centre.db:
            self._centre.table(form).replace(self._centre.db, documents)
        for document in documents:
            self._centre.base.saved(form, document)
        return {"changed": len(documents)}

    def _named(self, body: Body) -> tuple[Form, list[Document]]:
        form = self._form(body)
        numbers = body.get("numbers")
        if not isinstance(numbers, list) or not numbers:
            raise SandboxError('Name the documents: {"form": …, "numbers": ["…"]}.')
        documents = self._centre.table(form).by_numbers(self._centre.db, [str(number) for number in numbers])
        if not documents:
            raise SandboxError(f"{form.id} has none of {', '.join(map(str, numbers))}.")
        return form, documents

    def _form(self, body: Body) -> Form:
        try:
            return self._centre.form(body.get("form"))
        except Refused:
            raise SandboxError(f"form is one of {', '.join(load_forms())}, not {body.get('form')!r}.") from None

    def _read(self, form: Form, document: Document, model: Body) -> None:
        reading = Reading(
            verify=True, validate=False, shared_org=self._centre.shared_org(), only=None, delete_absent=True
        )
        reading.begin(document)
        self._centre.reader(form).read(model, document, reading)
        if reading.errors:
            raise SandboxError(f"{form.id} cannot be edited so: {'; '.join(text for _key, text in reading.errors)}.")

    def _id(self, form_id: str, number: Any) -> int:
        ref = self._centre.base.form(form_id).find(str(number))
        if ref is None:
            raise SandboxError(f"{form_id} has no {number!r}.")
        return int(ref.id)


def _over(stored: list[Document], lines: list[Any]) -> list[Document]:
    """Return the lines of a Model that changes the stored ones by place."""
    changed = [{ENTRY_ID: held[ENTRY_ID], **(line or {})} for held, line in zip(stored, lines, strict=False)
               if line is not None]  # fmt: skip
    untouched = [{ENTRY_ID: held[ENTRY_ID]} for held in stored[len(lines) :]]
    return [*changed, *untouched, *(line for line in lines[len(stored) :] if line)]


def _undelivered(order: Document) -> bool:
    """Take back what was delivered of a sale order; False when nothing was."""
    lines = [line for line in order.get("FSaleOrderEntry", ()) if line.get("FStockOutQty")]
    for line in lines:
        line["FStockOutQty"] = 0
    return bool(lines)
