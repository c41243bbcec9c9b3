"""The data centre 账套: everything the services share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sandbox.kingdee import datetext
from erp_sandbox.kingdee.account import FIRST, USER_NUMBER
from erp_sandbox.kingdee.basedata import BaseData
from erp_sandbox.kingdee.documents import Documents
from erp_sandbox.kingdee.envelope import EXCEPTION, NO_FORM, NO_PERMISSION, Refused
from erp_sandbox.kingdee.metadata import Form, load_forms
from erp_sandbox.kingdee.reading import ORG_FORM, EntityReader

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from datetime import datetime

    from erp_sandbox.kingdee.account import Account
    from erp_sandbox.kingdee.documents import FormTable
    from erp_sandbox.kingdee.settings import Settings


class DataCentre:
    """One account's data, forms and switches.

    Args:
        db: the writer connection; a service that writes does so inside one ``with db:``.
        settings: may be replaced while serving, through `change`.
        now: aware, +08:00.
        account: whose data centre it is.
    """

    def __init__(
        self, db: sqlite3.Connection, settings: Settings, now: Callable[[], datetime], account: Account = FIRST
    ) -> None:
        self.db = db
        self.account = account
        self.settings = settings
        self.now = now
        self.documents = Documents(account)
        self.base = BaseData(db, self.documents)
        self.form_of_table = {
            entity.table.lower(): (form, entity) for form in load_forms().values() for entity in form.entities()
        }
        self._readers: dict[str, EntityReader] = {}
        self._forms_any_case = {form_id.lower(): form for form_id, form in load_forms().items()}

    def change(self, settings: Settings) -> None:
        """Put other settings in force; compiled forms follow."""
        if settings.key_case != self.settings.key_case:
            self._readers.clear()
        self.settings = settings

    def warm_up(self) -> None:
        """Load base data and compile every form that is saved, so that the first call is as fast as the next."""
        for form in load_forms().values():
            if form.kind != "stock":
                self.reader(form)

    def form(self, form_id: Any) -> Form:
        """Return a form by its id.

        Raises:
            Refused: MsgCode 5 without an id, 4 for an unknown one.
        """
        if not isinstance(form_id, str) or not form_id.strip():
            raise Refused(NO_FORM, "业务对象标识FormId不能为空")
        form = load_forms().get(form_id)
        if form is None and self.settings.key_case == "insensitive":
            form = self._forms_any_case.get(form_id.strip().lower())
        if form is None:
            raise Refused(EXCEPTION, f"标识为“{form_id}”的业务对象不存在，或者被删除")
        return form

    def writable(self, form: Form, action: str) -> None:
        """Raise unless the user may write this form.

        Raises:
            Refused: MsgCode 2 by the setting ``no_permission``; 4 for a form that nobody writes.
        """
        if form.id in self.settings.no_permission:
            raise Refused(NO_PERMISSION, f"您没有“{form.name}”的“{action}”权限")
        if form.kind == "stock":
            raise Refused(EXCEPTION, f"“{form.name}”不支持“{action}”操作")

    def table(self, form: Form) -> FormTable:
        """Return the table of a form."""
        return self.documents.tables[form.id]

    def reader(self, form: Form) -> EntityReader:
        """Return the form's compiled reader."""
        reader = self._readers.get(form.id)
        if reader is None:
            any_case = self.settings.key_case == "insensitive"
            reader = self._readers[form.id] = EntityReader(form, form.head, self.base, any_case=any_case)
        return reader

    def shared_org(self) -> int | None:
        """Return the id of the organisation whose base data everybody may use."""
        ref = self.base.form(ORG_FORM).find(self.settings.shared_org)
        return None if ref is None else int(ref.id)

    def now_text(self) -> str:
        """Return the server's clock as Galaxy writes it."""
        return datetext.write(self.now())

    def user(self, number: str = USER_NUMBER) -> dict[str, Any]:
        """Return the reference of a user, by default the integration user 集成用户."""
        ref = self.base.form("SEC_User").find(number)
        return {"FNumber": number, "id": ref.id if ref else 0}
