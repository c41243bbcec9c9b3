from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.routing import Route

from erp_sandbox.jikeyun import accounts, edits, show
from erp_sandbox.jikeyun.erp import DRAWN_CALLS, NAME, OWN_FAULTS, Erp
from erp_sandbox.jikeyun.gateway import Gateway
from erp_sandbox.jikeyun.settings import changed

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping

    from starlette.routing import BaseRoute

    from erp_sandbox.context import Context
    from erp_sandbox.retail.world import World


class Jikeyun:
    """吉客云 Jikeyun in the sandbox: one gateway for every module."""

    name = NAME
    own_faults = OWN_FAULTS
    drawn_calls = DRAWN_CALLS

    def __init__(self) -> None:
        self._serving: tuple[Context, Erp] | None = None

    def create_tables(self, db: sqlite3.Connection) -> None:
        """Create nothing: all it holds are the retailer's facts."""

    def seed(self, db: sqlite3.Connection, world: World) -> None:
        """Fill nothing: as above."""

    def routes(self, context: Context) -> list[BaseRoute]:
        """Return the gateway; it refuses other ways of asking in its own words."""
        gateway = Gateway(self._erp(context))
        return [Route(accounts.PATH, gateway.answer, methods=["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"])]

    def credentials(self, base_url: str) -> dict[str, Any]:
        """Return base URL and credentials by kind of application."""
        return accounts.credentials(base_url)

    def show(self, db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Yield whole documents of a stream."""
        return show.documents_of(db, what, query)

    def summary(self, db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Count and sum what `show` would yield."""
        return show.summary(db, what, query)

    def control(self, context: Context) -> Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        """Return the controls: switches, edits, and a new day of quota."""
        erp = self._erp(context)

        def settings(changes: dict[str, Any]) -> dict[str, Any]:
            context.settings[NAME] = changed(erp.settings, changes)
            switches: dict[str, Any] = msgspec.to_builtins(erp.settings)
            return switches

        return {
            "settings": settings,
            "edit": lambda body: edits.edit(erp, body),
            "reset-quota": lambda _body: {"used": erp.reset_quota()},
        }

    def _erp(self, context: Context) -> Erp:
        """Return the one that routes and controls of a serving process share."""
        if self._serving is None or self._serving[0] is not context:
            self._serving = context, Erp(context)
        return self._serving[1]


JIKEYUN = Jikeyun()
