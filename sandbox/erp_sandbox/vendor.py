from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping

    from starlette.routing import BaseRoute

    from erp_sandbox.context import Context
    from erp_sandbox.retail.world import World


class Vendor(Protocol):
    """One ERP in the sandbox: its tables, its data, its wire, and what it shows to tests."""

    @property
    def name(self) -> str:
        """The vendor's name in URLs and fault plans, such as ``kingdee``."""

    @property
    def own_faults(self) -> Mapping[str, tuple[str, ...]]:
        """Fault kinds that this vendor answers in its own words (``throttle``, ``session_lost`` …).

        Each with the calls (patterns) that a drawn plan uses it on.

        The server asks ``fault.kind`` for them; the kinds of `erp_sandbox.fault_kinds` need nothing from a vendor.
        """

    @property
    def drawn_calls(self) -> tuple[str, ...]:
        """The calls (patterns) that a drawn plan uses the kinds of every vendor on."""

    def create_tables(self, db: sqlite3.Connection) -> None:
        """Create what is not there yet; called before seeding, and when a server starts on a state of earlier days."""

    def seed(self, db: sqlite3.Connection, world: World) -> None:
        """Fill empty tables from the retailer's year. The caller commits."""

    def routes(self, context: Context) -> list[BaseRoute]:
        """Return the vendor's own wire; called once, when the server starts."""

    def credentials(self, base_url: str) -> dict[str, Any]:
        """Return base URLs and credentials by product line or dialect (``base_url`` has no trailing slash)."""

    def show(self, db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Yield whole documents one by one; ``query`` are the URL's query parameters.

        Raises:
            SandboxError: before the first document, when ``what`` or a query parameter is unknown.
        """

    def summary(self, db: sqlite3.Connection, what: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Count documents, lines, quantity and amount of what `show` would yield."""

    def control(self, context: Context) -> Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        """Return the handlers of ``POST /_sandbox/<vendor>/<name>``; called once, when the server starts.

        ``settings`` is also answered on GET (handler called with ``{}``), and ``reset-<thing>`` is what
        ``POST /_sandbox/reset?what=<vendor>-<thing>`` calls. A handler raises `SandboxError` for a wrong body (400).
        """
