from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import HTMLResponse
from starlette.routing import Route

from erp_sandbox.wangdiantong import accounts, edits, show, tables
from erp_sandbox.wangdiantong.enterprise import NOT_FOUND, EnterpriseWire
from erp_sandbox.wangdiantong.erp import DRAWN_CALLS, NAME, OWN_FAULTS, Erp
from erp_sandbox.wangdiantong.flagship import FlagshipWire
from erp_sandbox.wangdiantong.qimen import QimenHosts, QimenWire
from erp_sandbox.wangdiantong.settings import changed

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from erp_sandbox.context import Context
    from erp_sandbox.retail.world import World


async def _not_found(_request: Request) -> Response:
    """Answer what is no interface; otherwise the next vendor's site would."""
    return HTMLResponse(NOT_FOUND, 404)


class Wangdiantong:
    """旺店通 Wangdiantong in the sandbox: 企业版, 旗舰版, and both through 奇门."""

    name = NAME
    own_faults = OWN_FAULTS
    drawn_calls = DRAWN_CALLS

    def create_tables(self, db: sqlite3.Connection) -> None:
        """Create what is not there yet."""
        tables.create(db)

    def seed(self, db: sqlite3.Connection, world: World) -> None:
        """Fill empty tables from the retailer's year."""
        tables.seed(db, world)

    def routes(self, context: Context) -> list[BaseRoute]:
        """Return the four entries, the gateway's twice: one for real calls, one for tests."""
        erp = Erp(context)
        enterprise = QimenWire(erp, flagship=False)
        flagship = QimenWire(erp, flagship=True)
        hosts = QimenHosts(enterprise, flagship)
        both = ["GET", "POST"]
        return [
            Route(f"{accounts.ENTERPRISE_PATH}/{{name}}.php", EnterpriseWire(erp).answer, methods=["POST"]),
            Route(accounts.FLAGSHIP_PATH, FlagshipWire(erp).answer, methods=["POST"]),
            Route(f"{accounts.ENTERPRISE_PATH}/{{rest:path}}", _not_found, methods=[*both, "PUT", "DELETE"]),
            Route(accounts.QIMEN_PATH, hosts.answer, methods=both),
            Route(f"{accounts.QIMEN_PATH}test", hosts.answer, methods=both),
            Route(accounts.QIMEN_FLAGSHIP_PATH, flagship.answer, methods=both),
            Route(f"{accounts.QIMEN_FLAGSHIP_PATH}test", flagship.answer, methods=both),
        ]

    def credentials(self, base_url: str) -> dict[str, Any]:
        """Return base URLs and credentials by dialect."""
        return accounts.credentials(base_url)

    def show(self, db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Yield whole documents of ``sales_stockouts``, ``goods``, ``shops``, or of a stream of `show_rows`."""
        return show.documents(db, what, query)

    def summary(self, db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Count and sum what `show` would yield."""
        return show.summary(db, what, query)

    def control(self, context: Context) -> Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        """Return the controls: switches, edits, and their undoing."""
        erp = Erp(context)

        def settings(changes: dict[str, Any]) -> dict[str, Any]:
            context.settings[NAME] = changed(erp.settings, changes)
            switches: dict[str, Any] = msgspec.to_builtins(erp.settings)
            return switches

        return {
            "settings": settings,
            "edit": lambda body: edits.edit(erp, body),
            "edit-document": lambda body: edits.edit_document(erp, body),
            "reaudit": lambda body: edits.reaudit(erp, body),
            "reset-edits": lambda _body: edits.undo(erp),
        }


WANGDIANTONG = Wangdiantong()
