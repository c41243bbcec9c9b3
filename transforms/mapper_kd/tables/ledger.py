"""Earlier documents, by their number, from the ledger of target-kingdee: what a link to them (FEntity_Link) needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy
from erp_sdk.command import SetupError, UserError
from erp_sdk.messages import decode
from sqlalchemy import column, select, table

from mapper_kd.kinds import ANY, INTEGER, TEXT, Kind, UnknownNameError, list_of
from mapper_kd.tables.database import NoSuchValueError
from mapper_kd.tables.questions import Question

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from mapper_kd.tables.database import Database
    from mapper_kd.tables.spec import TableSpec

NUMBER = "number"
_NOT_YET = (
    "A ledger is made by the first run of target-kingdee, and a form comes into it with its first document; "
    "with optional: true a mapping can be run before."
)
_KINDS = {"fid": TEXT, "entry_ids": list_of(INTEGER), "status": TEXT, "document_status": TEXT, "returned": ANY}
COLUMNS = tuple(_KINDS)

_books = table("books", column("book_id"), column("account"), column("form"))
_deliveries = table(
    "deliveries",
    *map(column, ("book_id", "number", "status", "kingdee_id", "document_status", "returned")),
)
_SOURCES = {
    NUMBER: _deliveries.c.number,
    "fid": _deliveries.c.kingdee_id,
    "entry_ids": _deliveries.c.returned,
    "status": _deliveries.c.status,
    "document_status": _deliveries.c.document_status,
    "returned": _deliveries.c.returned,
}


class LedgerQuestion(Question):
    """The documents of one form that are in Kingdee, as the ledger knows it: ``status`` is its word for it.

    A document without a row may be delivered the next moment, so that is not kept.
    """

    keeps_misses = False

    def __init__(self, spec: TableSpec, database: Database) -> None:
        super().__init__(spec, database)
        self.where = "a ledger"
        self.key, self.values = (NUMBER,), spec.values or COLUMNS
        self._account: str | None = None

    def kind_of(self, column: str) -> Kind:
        """As `Question.kind_of`."""
        return _KINDS.get(column, TEXT)

    def columns(self) -> Collection[str]:
        """As `Question.columns`; finds out whose documents are meant."""
        try:
            self._account = self._find_account()
        except UserError as error:
            if not self.spec.optional:
                raise SetupError(f"{error} {_NOT_YET}") from None
        return _SOURCES

    def of(self, columns: Sequence[str], key: Mapping[str, str]) -> tuple[sqlalchemy.Executable, dict[str, Any]]:
        """As `Question.of`."""
        return self.of_all(columns).where(_deliveries.c.number == sqlalchemy.bindparam(NUMBER)), dict(key)

    def of_all(self, columns: Sequence[str]) -> sqlalchemy.Select[Any]:
        """As `Question.of_all`."""
        if self._account is None:
            self.columns()
        if self._account is None:
            raise NoSuchValueError("there is no such ledger yet")
        return (
            select(*(_SOURCES[name].label(name) for name in dict.fromkeys([NUMBER, *columns])))
            .join_from(_deliveries, _books, _books.c.book_id == _deliveries.c.book_id)
            .where(_books.c.form == self.spec.origin, _books.c.account == self._account)
            .where(_deliveries.c.kingdee_id.is_not(None), _deliveries.c.status != "deleted")
        )

    def cell(self, column: str, value: Any) -> Any:
        """As `Question.cell`; what Kingdee returned of a document is JSON."""
        if column not in {"entry_ids", "returned"}:
            return value
        returned = None if value is None else decode(value)
        return returned if column == "returned" else list(_entry_ids(returned))

    def _find_account(self) -> str:
        query = select(_books.c.account, _books.c.form).order_by(_books.c.account)
        _, found = self.database.ask(query, {}, whole=True)
        place, form = self.spec.place, self.spec.origin
        accounts: list[str] = [account for account, known in found if known == form]
        if not accounts:
            raise SetupError(f"{place}: {UnknownNameError('form', form, [row[1] for row in found], 'the ledger')}.")
        if self.spec.account:
            if self.spec.account not in accounts:
                raise SetupError(f"{place}: {UnknownNameError('account', self.spec.account, accounts, 'the ledger')}.")
            return self.spec.account
        if len(accounts) > 1:
            raise SetupError(
                f"{place}: the ledger holds {form} of several accounts ({', '.join(accounts)}); say account: in it."
            )
        return accounts[0]


def _entry_ids(returned: Any) -> Iterator[int]:
    """Yield the ids of the lines in an answer to NeedReturnFields, in the lines' order."""
    for line in returned if isinstance(returned, list) else [returned]:
        if not isinstance(line, dict):
            continue
        for name, inner in line.items():
            if name.casefold() == "fentryid" and isinstance(inner, int):
                yield inner
            elif isinstance(inner, (dict, list)):
                yield from _entry_ids(inner)
