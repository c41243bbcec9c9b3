from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from erp_sandbox import clock, store
from erp_sandbox.errors import SandboxError
from erp_sandbox.retail import tables, telling
from erp_sandbox.retail.world import World
from erp_sandbox.vendors import VENDORS

if TYPE_CHECKING:
    import sqlite3


def yesterday() -> date:
    """Return yesterday's date in Shanghai."""
    return (clock.now() - timedelta(days=1)).date()


def parse_until(text: str | None) -> date | None:
    """Read ``--until``.

    Raises:
        SandboxError: not a date ``yyyy-MM-dd``.
    """
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=clock.CST).date()
    except ValueError:
        raise SandboxError(f"--until must be a date such as 2026-01-05, not {text!r}.") from None


def seed(
    db: sqlite3.Connection, *, days: int, until: date | None, taobao_shops: int = 0, reset: bool = False
) -> tuple[store.Seeded, bool]:
    """Fill the state, unless it holds the same data already.

    Args:
        db: a writer connection.
        days: how many of the year's last days.
        until: last trading day; None is yesterday for an empty state, and whatever it is for a seeded one.
        taobao_shops: so many shops sell on Taobao.
        reset: empty the state first.

    Returns:
        What the state holds, and whether it was seeded just now.

    Raises:
        SandboxError: the state holds other data and ``reset`` is not set.
    """
    world = World(days=days, until=until or yesterday(), taobao_shops=taobao_shops)
    if reset:
        store.drop_everything(db)
    present = store.seeded(db)
    wanted = store.Seeded(days=days, until=world.until.isoformat(), taobao_shops=taobao_shops)
    if present is not None:
        same_until = until is None or present.until == wanted.until
        if same_until and (present.days, present.taobao_shops) == (days, taobao_shops):
            return present, False
        raise SandboxError(
            f"The state holds {present.days} days until {present.until} with {present.taobao_shops} Taobao shops "
            "already: add --reset to replace it, or name another --state."
        )
    with db:
        tables.create_tables(db)
        telling.seed(db, world)
        for vendor in VENDORS.values():
            vendor.create_tables(db)
            vendor.seed(db, world)
        store.remember_seeded(db, wanted)
    db.execute("PRAGMA optimize")
    return wanted, True
