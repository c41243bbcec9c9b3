"""What a call may see: shops, platforms and warehouses that it asks for or has a right to (contract 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from erp_sandbox.retail import words
from erp_sandbox.wangdiantong.refusals import Refusal

if TYPE_CHECKING:
    import sqlite3

    from erp_sandbox.wangdiantong.query import Query

SHOPS = ("shop_no", "shop_nos")


def shops(query: Query, db: sqlite3.Connection) -> list[int] | None:
    """Return the shops asked for by number; None: no shop is.

    Raises:
        Refusal: none of them exists and works.
    """
    found: set[int] | None = None
    for name in SHOPS:
        if name not in query.values:
            continue
        given = query.values[name]
        asked = given if isinstance(given, list) else [given]
        marks = ",".join("?" * len(asked))
        ids = {
            row[0]
            for row in db.execute(
                f"SELECT shop_id FROM wdt_shops WHERE NOT disabled AND shop_no IN ({marks})",  # noqa: S608 - marks only
                asked,
            )
        }
        if not ids:
            raise Refusal("shops_all_unknown" if name == "shop_nos" else "shop_unknown")
        found = ids if found is None else found & ids
    return None if found is None else sorted(found)


def warehouses(query: Query, name: str = "warehouse_no") -> list[int] | None:
    """Return the warehouses a call is about: the one asked for, or all it has a right to; None: every one.

    Raises:
        Refusal: no such warehouse, or no right to it.
    """
    allowed = [number for number in query.settings.warehouse_rights.split(",") if number]
    given = query.values.get(name)
    if given is not None:
        asked = given if isinstance(given, list) else [given]
        if not {f"WH{number:02d}" for number in range(1, len(words.WAREHOUSES) + 1)}.issuperset(asked):
            raise Refusal("warehouse_unknown")
        if allowed and not set(asked) <= set(allowed):
            raise Refusal("warehouse_no_right")
        allowed = asked
    return [int(number[2:]) for number in allowed] or None
