"""金蝶云星空 Kingdee Galaxy as a vendor of the sandbox."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.routing import Match, Route

from erp_sandbox.errors import SandboxError
from erp_sandbox.kingdee import injected
from erp_sandbox.kingdee.account import FIRST, SECOND
from erp_sandbox.kingdee.control import handlers
from erp_sandbox.kingdee.datacentre import DataCentre
from erp_sandbox.kingdee.documents import Documents
from erp_sandbox.kingdee.endpoint import Endpoint
from erp_sandbox.kingdee.metadata import load_forms
from erp_sandbox.kingdee.seed import Seeder
from erp_sandbox.kingdee.sessions import Sessions
from erp_sandbox.kingdee.settings import from_command_line

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import Scope

    from erp_sandbox.context import Context
    from erp_sandbox.kingdee.account import Account
    from erp_sandbox.kingdee.documents import FormTable
    from erp_sandbox.retail.world import World

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
GATEWAY = "/galaxyapi/{service:path}"
SITE = "/{directory}/{service:path}"


class Kingdee:
    """The vendor: one account 账套, one data centre a serving process.

    Args:
        account: which; the first one's site answers for every path that nobody else takes.
    """

    own_faults = injected.KINDS
    drawn_calls = injected.CALLS

    def __init__(self, account: Account) -> None:
        self.name = account.vendor
        self._account = account
        self._documents = Documents(account)
        self._served: tuple[Context, DataCentre, Sessions] | None = None

    def create_tables(self, db: sqlite3.Connection) -> None:
        """Create one table a form, and the counters."""
        self._documents.create(db)

    def seed(self, db: sqlite3.Connection, world: World) -> None:
        """Fill the empty tables from the retailer's year."""
        Seeder(db, self._documents, self._account).seed(world)

    def routes(self, context: Context) -> list[BaseRoute]:
        """Return the site's routes, and the gateway's; both are looked at again on each call, as switches change."""
        centre, sessions = self._serving(context)
        endpoint = Endpoint(context, centre, sessions)
        if self._account is not FIRST:
            return [_OwnSite(SITE, endpoint)]

        async def gateway(request: Request) -> Response:
            if not centre.settings.gateway:
                request.path_params["directory"] = "galaxyapi"
                return await endpoint(request)
            return await endpoint.through_gateway(request)

        async def site(request: Request) -> Response:
            return await endpoint(request)

        return [Route(GATEWAY, gateway, methods=METHODS), Route(SITE, site, methods=METHODS)]

    def credentials(self, base_url: str) -> dict[str, Any]:
        """Return the account's credentials; ``base_url`` ends in the virtual directory."""
        return self._account.credentials(base_url)

    def show(self, db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Yield the whole documents of a form, by ``number``, ``status``, ``lines``; or the ``forms`` there are.

        Raises:
            SandboxError: an unknown form or parameter.
        """
        if what == "forms":
            return ({"id": form.id, "name": form.name, "kind": form.kind} for form in load_forms().values())
        table = self._table(what)
        where, parameters = _where(query)
        found = table.scan(db, where, parameters)
        return _lines(table, found) if query.get("lines", "") not in {"", "0"} else found

    def summary(self, db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Add up a form's documents, lines, quantity and amount, in all and by document status."""
        table = self._table(what)
        if query:
            raise SandboxError("A summary of Kingdee documents takes no further parameter.")
        totals: dict[str, list[Any]] = {}
        for status, lines, quantity, amount in table.counted(db):
            sums = totals.setdefault(status or "", [0, 0, Decimal(), Decimal()])
            sums[0] += 1
            sums[1] += lines or 0
            sums[2] += Decimal(quantity or 0)
            sums[3] += Decimal(amount or 0)
        whole = [sum((sums[at] for sums in totals.values()), Decimal()) for at in range(4)]
        return {
            **_sums([int(whole[0]), int(whole[1]), whole[2], whole[3]]),
            "by_status": {status: sums[0] for status, sums in sorted(totals.items())},
            "sums_by_status": {status: _sums(sums) for status, sums in sorted(totals.items())},
        }

    def control(self, context: Context) -> Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        """Return the handlers of ``POST /_sandbox/kingdee/…``."""
        return handlers(*self._serving(context))

    def _serving(self, context: Context) -> tuple[DataCentre, Sessions]:
        """Return the data centre of this serving process, made once for routes and controls."""
        if self._served is None or self._served[0] is not context:
            settings = from_command_line(context.settings, self._account)
            centre = DataCentre(context.db, settings, _clock(context), self._account)
            if self._account is FIRST:  # the others load what they need when they are first called
                centre.warm_up()
            self._served = context, centre, Sessions(centre)
        return self._served[1], self._served[2]

    def _table(self, what: str) -> FormTable:
        tables = {form_id.lower(): table for form_id, table in self._documents.tables.items()}
        table = tables.get(what.lower())
        if table is None:
            raise SandboxError(f"Kingdee has no form {what!r} here; `forms` lists them: {', '.join(load_forms())}.")
        return table


class _OwnSite(Route):
    """A further account's site: it takes the paths below its virtual directories, in any letter case."""

    def __init__(self, path: str, endpoint: Endpoint) -> None:
        async def site(request: Request) -> Response:
            return await endpoint(request)

        super().__init__(path, site, methods=METHODS)
        self._serves = endpoint.serves

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = super().matches(scope)
        if match is not Match.NONE and not self._serves(child["path_params"]["directory"]):
            return Match.NONE, {}
        return match, child


def _clock(context: Context) -> Callable[[], datetime]:
    """Return the sandbox's clock as it is at each call: tests put another in its place."""

    def now() -> datetime:
        return context.now()

    return now


def _where(query: Mapping[str, str]) -> tuple[str, list[str]]:
    columns = {"number": "number", "status": "status"}
    unknown = query.keys() - columns.keys() - {"lines"}
    if unknown:
        raise SandboxError(f"Unknown parameter {', '.join(sorted(unknown))}: number, status and lines are known.")
    given = [(columns[name], value) for name, value in query.items() if name in columns]
    where = " AND ".join(f"{column} = ?" for column, _value in given) or "1"
    return where, [value for _column, value in given]


def _lines(table: FormTable, documents: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield one object a line, with the document's key, number and status."""
    form = table.form
    entity = form.totals.entity if form.totals else ""
    for document in documents:
        head = {key: document.get(key) for key in (form.key, form.number_key, "FDocumentStatus")}
        for line in document.get(entity, ()):
            yield {**head, **line}


def _sums(sums: list[Any]) -> dict[str, Any]:
    documents, lines, quantity, amount = sums
    return {"documents": documents, "lines": lines, "quantity": str(quantity), "amount": str(amount)}


KINGDEE = Kingdee(FIRST)
KINGDEE_B = Kingdee(SECOND)
