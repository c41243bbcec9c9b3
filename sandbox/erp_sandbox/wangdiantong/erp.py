from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from erp_sandbox.wangdiantong.refusals import REFUSALS, Refusal
from erp_sandbox.wangdiantong.settings import Settings, changed

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from erp_sandbox.context import Context
    from erp_sandbox.wangdiantong.fields import Style
    from erp_sandbox.wangdiantong.query import Endpoint, Query

LOG = logging.getLogger("erp_sandbox.wangdiantong")
NAME = "wangdiantong"

OK = "ok"
CLOCK_SKEW = "clock_skew"
APP_LIMITED = "app_limited"
DRAWN_CALLS = ("*", "*stockout*")
QIMEN_CALLS = ("wdt.*",)
OWN_FAULTS = {
    "throttle": DRAWN_CALLS,
    "busy": DRAWN_CALLS,
    "empty_page": QIMEN_CALLS,
    APP_LIMITED: QIMEN_CALLS,
    CLOCK_SKEW: DRAWN_CALLS,
}
"""The kinds, and the calls that a drawn plan uses each on: those of the dialects that were seen to have it."""
COMMAS = {"full": "，", "half": ","}


@dataclass(frozen=True)
class Page:
    """One page of an answer: its rows as JSON text joined by commas, and the total where the call asked for it."""

    rows: str
    total: int | None


class Erp:
    """The running Wangdiantong: what its dialects share."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._throttled = 0
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

    def page(self, endpoint: Endpoint, query: Query, style: Style) -> Page:
        """Read one page, and in the mode ``live_edits`` let other people edit rows right after it."""
        db = self.context.db
        total = endpoint.rows.count(query, db) if query.counted and endpoint.counted else None
        text = endpoint.rows.page(query, db, style)
        if self.settings.live_edits:
            endpoint.rows.edit(query, db, self.settings.live_edits, self.now())
        return Page(text, total)

    def refused(self, refusal: Refusal, *, flagship: bool) -> tuple[int, str]:
        """Return number and message of a refusal, in the words of a family."""
        words = REFUSALS[refusal.name]
        code, message = (
            (words.flagship_status, words.flagship) if flagship else (words.enterprise_code, words.enterprise)
        )
        details = {**refusal.details, "comma": self._comma() if "{comma}" in message else ""}
        for name, value in details.items():
            message = message.replace("{" + name + "}", str(value))
        return self.settings.codes.get(refusal.name, code), message

    def check_account(self) -> None:
        """Refuse an account that the switch ``account`` says is in trouble."""
        troubles = {"disabled": "appkey_disabled", "ip": "address_refused", "otp": "one_time_password"}
        if self.settings.account in troubles:
            raise Refusal(troubles[self.settings.account])

    async def answered(self, account: str, fault: str | None, work: Callable[[bool], Response]) -> Response:
        """Do the work of an admitted call within the account's limits.

        Args:
            account: what the vendor counts calls by.
            fault: the kind of fault this call meets, if any.
            work: gives the answer; its argument says whether the page has to be empty.

        Raises:
            Refusal: too many calls, or a fault of the vendor's own.
        """
        limits = self.context.limits
        with limits.in_flight(f"{NAME} {account}", self.settings.concurrency) as allowed:
            if not allowed:
                raise Refusal("too_many_at_once")
            if fault == "throttle" or not limits.take(f"{NAME} {account}", self.settings.per_minute):
                raise Refusal("throttled")
            if fault == "busy":
                raise Refusal("busy")
            if self.settings.latency_ms:
                await asyncio.sleep(self.settings.latency_ms / 1_000)
            return work(fault == "empty_page")

    def _comma(self) -> str:
        self._throttled += 1
        choice = self.settings.comma
        return COMMAS[choice] if choice in COMMAS else "，,"[self._throttled % 2]
