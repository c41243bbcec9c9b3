from __future__ import annotations

import asyncio
from collections import Counter
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from erp_sandbox.jikeyun.refusals import REFUSALS, Refusal
from erp_sandbox.jikeyun.settings import Settings, changed

if TYPE_CHECKING:
    import sqlite3

    from erp_sandbox.context import Context

NAME = "jikeyun"
TOO_MANY = "http_429"
OWN_FAULTS = {
    TOO_MANY: ("*",),
    "throttle": ("*",),
    "quota_used_up": ("*",),
    "short_circuited": ("*",),
    "unknown_error": ("*",),
    "clock_skew": ("*",),
}
REFUSAL_OF_FAULT = {
    "throttle": "throttled",
    "quota_used_up": "quota",
    "short_circuited": "short_circuited",
    "unknown_error": "unknown_error",
    "clock_skew": "timestamp_wrong",
}
DRAWN_CALLS = ("*",)


class Erp:
    """The running Jikeyun: switches, limits, clock."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._used: Counter[tuple[str, str]] = Counter()
        given = context.settings.get(NAME, {})
        context.settings[NAME] = changed(Settings(), given) if isinstance(given, dict) else given

    @property
    def settings(self) -> Settings:
        """The switches in force."""
        settings: Settings = self.context.settings[NAME]
        return settings

    @property
    def db(self) -> sqlite3.Connection:
        """The state."""
        return self.context.db

    def now(self) -> int:
        """Return the sandbox's clock in unix seconds."""
        return int(self.context.now().timestamp())

    def total(self, rows: int) -> int:
        """Return what an answer says there are in all."""
        return rows if self.settings.totals == "right" else rows // 2

    def refused(self, refusal: Refusal) -> tuple[str, str]:
        """Return subCode and message of a refusal."""
        words = REFUSALS[refusal.name]
        message = words.message
        for name, value in refusal.details.items():
            message = message.replace("{" + name + "}", str(value))
        return self.settings.codes.get(refusal.name, words.sub_code), message

    def check_subscribed(self, appkey: str, method: str, known: bool) -> None:
        """Refuse a method that is not subscribed; one that there is not cannot be."""
        if not known or not matches(method, self.settings.subscribed):
            raise Refusal("not_subscribed", appkey=appkey, method=method)

    async def take(self, appkey: str, method: str) -> None:
        """Count one call, and wait as long as the switch says.

        Raises:
            Refusal: too many calls, or the method's quota is used up.
        """
        settings, limits = self.settings, self.context.limits
        if limits.enabled:
            if settings.quota and self._used[appkey, method] >= settings.quota:
                raise Refusal("quota")
            if settings.per_second and not limits.take(f"{NAME} {appkey} 1 s", settings.per_second, 1):
                raise Refusal("throttled")
            if settings.per_minute and not limits.take(f"{NAME} {appkey}", settings.per_minute):
                raise Refusal("throttled")
            self._used[appkey, method] += 1
        if settings.latency_ms:
            await asyncio.sleep(settings.latency_ms / 1_000)

    def reset_quota(self) -> int:
        """Begin a new day of quota; returns how many calls the old one had."""
        used = sum(self._used.values())
        self._used.clear()
        return used


def matches(method: str, patterns: str) -> bool:
    """Whether one of comma-joined patterns is about a method."""
    return any(fnmatchcase(method, pattern.strip()) for pattern in patterns.split(","))
