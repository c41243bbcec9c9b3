from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping

    from starlette.routing import BaseRoute

    from erp_sandbox.context import Context
    from erp_sandbox.retail.world import World


class Wangdiantong:
    """旺店通 Wangdiantong in the sandbox."""

    name = "wangdiantong"
    own_faults = frozenset({"throttle", "busy", "empty_page"})

    def create_tables(self, db: sqlite3.Connection) -> None:
        """Create what is not there yet."""

    def seed(self, db: sqlite3.Connection, world: World) -> None:
        """Fill empty tables."""

    def routes(self, context: Context) -> list[BaseRoute]:  # noqa: ARG002 - the seam's signature
        return []

    def credentials(self, base_url: str) -> dict[str, Any]:  # noqa: ARG002 - the seam's signature
        return {}

    def show(self, db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        raise NotImplementedError

    def summary(self, db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> dict[str, Any]:
        raise NotImplementedError

    def control(self, context: Context) -> Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]:  # noqa: ARG002 - the seam's signature
        return {}


WANGDIANTONG = Wangdiantong()
