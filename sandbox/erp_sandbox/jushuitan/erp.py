from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sandbox.jushuitan.goods import Goods
from erp_sandbox.jushuitan.settings import Settings, changed
from erp_sandbox.jushuitan.totals import Totals

if TYPE_CHECKING:
    from erp_sandbox.context import Context

NAME = "jushuitan"
DRAWN_CALLS = ("*", "/open/*", "*query")
OWN_FAULTS = {
    "throttle": DRAWN_CALLS,
    "quota": DRAWN_CALLS,
    "internal": DRAWN_CALLS,
    "http_429": DRAWN_CALLS,
    "token_lost": ("/open/*",),
    "code_text": DRAWN_CALLS,
}
"""The kinds, and the calls that a drawn plan uses each on."""


class Erp:
    """The running Jushuitan: what its calls share."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.goods = Goods()
        self.totals = Totals()
        given = context.settings.get(NAME, {})
        context.settings[NAME] = changed(Settings(), given) if isinstance(given, dict) else given

    @property
    def settings(self) -> Settings:
        """The switches in force."""
        settings: Settings = self.context.settings[NAME]
        return settings

    def now(self) -> int:
        """Return the sandbox's clock in unix seconds."""
        return int(self.context.now().timestamp())
