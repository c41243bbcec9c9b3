"""The faults of a round: entries of the sandbox's fault plan, drawn from the seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

TRANSPORT = (
    "http_500", "http_502", "http_503", "http_504", "http_500_after", "http_502_after", "http_503_after",
    "http_504_after", "timeout_before", "timeout_after", "reset_before", "reset_after", "slow", "html", "garbage",
)  # fmt: skip
KINGDEE = ("throttle", "session_lost", "locked", "database", "response_error", "half_batch", "unreported")
WANGDIANTONG = ("throttle", "busy")
SLOW_SECONDS = 0.3  # well below the request timeouts, so that no call is still to be worked off when it is given up
HELD_SECONDS = 5  # well above them


def draw_faults(random: Random) -> list[dict[str, Any]]:
    """Draw a plan of a few entries; each hits a part of the calls of one vendor."""
    plan = []
    for _ in range(random.randrange(1, 5)):
        vendor = random.choice(["kingdee", "kingdee", "kingdee", "wangdiantong"])
        kind = random.choice(TRANSPORT + (KINGDEE if vendor == "kingdee" else WANGDIANTONG) * 2)
        entry: dict[str, Any] = {"vendor": vendor, "kind": kind}
        if kind == "slow":
            entry["seconds"] = SLOW_SECONDS
        if kind.startswith("timeout"):
            entry["seconds"] = HELD_SECONDS
            entry["nth"] = random.randrange(1, 15)  # each costs the whole timeout
        elif kind == "unreported" or kind == "half_batch":
            entry |= {"call": "BatchSave", "every": random.randrange(2, 6)}
        else:
            entry |= {"chance": round(random.uniform(0.03, 0.25), 2), "seed": random.randrange(1_000_000)}
        plan.append(entry)
    return plan
