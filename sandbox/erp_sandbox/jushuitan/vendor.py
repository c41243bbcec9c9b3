from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.routing import Route

from erp_sandbox.jushuitan import accounts, show, tokens
from erp_sandbox.jushuitan.edits import edit
from erp_sandbox.jushuitan.erp import DRAWN_CALLS, NAME, OWN_FAULTS, Erp
from erp_sandbox.jushuitan.legacy import LegacyWire
from erp_sandbox.jushuitan.settings import changed
from erp_sandbox.jushuitan.wire import Wire

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping

    from starlette.routing import BaseRoute

    from erp_sandbox.context import Context
    from erp_sandbox.retail.world import World


class Jushuitan:
    """聚水潭 Jushuitan in the sandbox: the open platform's version 2, and the gateway before it."""

    name = NAME
    own_faults = OWN_FAULTS
    drawn_calls = DRAWN_CALLS

    def create_tables(self, db: sqlite3.Connection) -> None:
        """Create what is not there yet."""
        db.execute(tokens.TABLE)

    def seed(self, db: sqlite3.Connection, world: World) -> None:
        """Nothing: its documents are written from the retailer's facts at the moment of a call."""

    def routes(self, context: Context) -> list[BaseRoute]:
        """Return the vendor's whole host below one path; what is no interface there is refused there."""
        methods = ["GET", "POST", "PUT", "DELETE", "PATCH"]
        erp = Erp(context)
        return [
            Route(accounts.LEGACY_PATH, LegacyWire(erp).answer, methods=methods),
            Route(f"{accounts.PATH}/{{path:path}}", Wire(erp).answer, methods=methods),
        ]

    def credentials(self, base_url: str) -> dict[str, Any]:
        """Return base URL and credentials by kind of app."""
        return accounts.credentials(base_url)

    def show(self, db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Yield whole documents of a stream."""
        return show.documents(db, what, query)

    def summary(self, db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Count and sum what `show` would yield."""
        return show.summary(db, what, query)

    def control(self, context: Context) -> Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        """Return the controls: switches, edits, tokens."""
        erp = Erp(context)

        def settings(changes: dict[str, Any]) -> dict[str, Any]:
            context.settings[NAME] = changed(erp.settings, changes)
            switches: dict[str, Any] = msgspec.to_builtins(erp.settings)
            return switches

        def expire_tokens(body: dict[str, Any]) -> dict[str, Any]:
            seconds = body.get("seconds", 0)
            return {"expires": tokens.expire(erp, int(seconds))}

        def reset_tokens(_body: dict[str, Any]) -> dict[str, Any]:
            tokens.forget(context.db)
            return {"reset": "tokens"}

        return {
            "settings": settings,
            "edit": lambda body: edit(erp, body),
            "expire-tokens": expire_tokens,
            "reset-tokens": reset_tokens,
        }


JUSHUITAN = Jushuitan()
