"""店铺, 分仓, 分销商 and 供应商: who takes part, and their rows (contract 8.1-8.3b, 8.6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from erp_sandbox import store
from erp_sandbox.clock import CST, to_text
from erp_sandbox.jushuitan.accounts import CO_ID
from erp_sandbox.jushuitan.figures import milliseconds
from erp_sandbox.retail import facts, words

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from erp_sandbox.jushuitan.erp import Erp
    from erp_sandbox.jushuitan.query import Query, Row
    from erp_sandbox.retail.facts import StoreRow

MASKED = "***"
"""Personal data come masked (contract 9.20)."""
CLOSED_STORE = 9999
"""A shop that is closed and so is no longer listed; it sold nothing."""
SALERS = 12
DAY_SECONDS = 86_400
COOPERATING, TERMINATED = 2, 4


def shop_id(store_id: int) -> int:
    """Return the 店铺编号 of a store."""
    return 10_000_000 + store_id


def shop_name(store_id: int) -> str:
    """Return the name of a store's shop."""
    return f"社区店{store_id:04d}号店"


def distributor_id(store_id: int) -> int:
    """Return the 分销商编号 of a store: each has its own."""
    return 70_000 + store_id


def wms_co_id(warehouse: int) -> int:
    """Return the 分仓编号 of a warehouse 1 to 5; the first one is the company itself."""
    return CO_ID - 1 + warehouse


def warehouse_name(warehouse: int) -> str:
    """Return the name of a warehouse 1 to 5."""
    return words.WAREHOUSES[warehouse - 1]


def supplier_id(supplier: int) -> int:
    """Return the 供应商内部编码."""
    return 3_000 + supplier


def supplier_name(supplier: int) -> str:
    """Return the name of a supplier."""
    return facts.SUPPLIERS[supplier - 1].name


def shop_stores(erp: Erp, values: dict[str, Any]) -> list[int]:
    """Return the stores that shop_id and is_offline_shop of a call mean; none of these shops is offline."""
    wanted = values.get("shop_id")
    if values.get("is_offline_shop"):
        return []
    if wanted is None:
        return [row.store_id for row in facts.stores(erp.context.db)]
    return [wanted - shop_id(0)]


@dataclass
class Rows:
    """Rows that are made at once, since there are few."""

    found: list[Row]

    def count(self) -> int:
        """Count them all."""
        return len(self.found)

    def rows(self, offset: int, limit: int) -> list[Row]:
        """Return so many of them."""
        return self.found[offset : offset + limit]

    def edit(self, number: int, now: int) -> None:
        """Nobody edits these while they are read."""


def shops(erp: Erp, query: Query) -> Rows:
    """Select shops; closed ones are not listed."""
    wanted = query.values.get("shop_ids")
    nicks = query.values.get("nicks")
    return Rows(
        [
            row
            for row in every_shop(erp.context.db)
            if (wanted is None or row["shop_id"] in wanted) and (nicks is None or row["nick"] in nicks)
        ]
    )


def every_shop(db: sqlite3.Connection, *, closed: bool = False) -> Iterator[Row]:
    """Yield the shops, the closed one too if wanted."""
    rows = facts.stores(db)
    if closed:
        rows.append(facts.StoreRow(CLOSED_STORE, rows[0].created, rows[0].modified))
    for row in rows:
        at = row.store_id
        yield {
            "shop_id": shop_id(at),
            "shop_name": shop_name(at),
            "co_id": CO_ID,
            "shop_site": "商家自有商城",
            "shop_url": None,
            "created": milliseconds(row.created, at) if at % 5 else "",
            "nick": f"S{at:04d}",
            "session_expired": "" if at % 2 else "长期有效",
            "session_uid": "",
            "short_name": f"S{at:04d}",
            "organization": None,
            **({"group_id": at % 4 + 1, "group_name": words.DISTRIBUTORS[at % 4]} if at % 3 else {}),
        }


def warehouses(_erp: Erp, _query: Query) -> Rows:
    """Select warehouses; the disabled one is not listed."""
    return Rows(list(every_warehouse()))


def every_warehouse(*, disabled: bool = False) -> Iterator[Row]:
    """Yield the warehouses, the disabled one too if wanted."""
    names = [*words.WAREHOUSES, *(["旧中心仓"] if disabled else [])]
    for at, name in enumerate(names, start=1):
        row: Row = {
            "wms_co_id": wms_co_id(at),
            "co_id": CO_ID,
            "name": name,
            "is_main": at == 1,
            "status": "生效" if at <= len(words.WAREHOUSES) else "停用",
            "remark1": f"WH{at:02d}",
            "remark2": None,
        }
        if at == 2:  # noqa: PLR2004 - one row shows that the state may be missing
            del row["status"]
        yield row


def distributors(erp: Erp, query: Query) -> Rows:
    """Select distributors on the current route."""
    status = query.values.get("status")
    return Rows([row for row in every_distributor(erp.context.db) if status is None or row["status"] == status])


def every_distributor(db: sqlite3.Connection) -> Iterator[Row]:
    """Yield the distributors as the current route has them."""
    for row in facts.stores(db):
        at = row.store_id
        yield {
            "channel_co_id": str(distributor_id(at)),
            "co_name": distributor_name(at),
            "status": TERMINATED if at % 37 == 5 else COOPERATING,  # noqa: PLR2004 - a few are no partners any more
            "apply_time": to_text(row.created),
            "confirm_time": to_text(row.created + DAY_SECONDS),
            "bill_name": "",
            "contact_name": MASKED,
            "contact_phone": MASKED,
            "supplier_remark": None,
            "supplier_salesman_name": saler(at),
            "dis_level": at % 3 or None,
        }


def distributors_legacy(erp: Erp, query: Query) -> Rows:
    """Select distributors on the older route."""
    wanted = query.values.get("drp_co_ids")
    start, end = query.start or 0, query.end
    return Rows(
        [
            legacy_distributor(row)
            for row in sorted(facts.stores(erp.context.db), key=lambda row: (row.modified, row.store_id))
            if (wanted is None or distributor_id(row.store_id) in wanted)
            and row.modified >= start
            and (end is None or row.modified <= end)
        ]
    )


def legacy_distributor(row: StoreRow) -> Row:
    """Write a distributor as the older route does."""
    return {
        "drp_co_id": distributor_id(row.store_id),
        "name": distributor_name(row.store_id),
        "co_id": CO_ID,
        "salesman": saler(row.store_id),
        "modified": to_text(row.modified),
    }


def distributor_name(store_id: int) -> str:
    """Return the name of a store's distributor."""
    return f"分销商{store_id:04d}（{shop_name(store_id)}）"


def saler(store_id: int) -> str:
    """Return the 业务员 of a store's distributor, whom Kingdee knows by the same number."""
    return f"XS{store_id % SALERS + 1:02d}"


def suppliers(erp: Erp, query: Query) -> Rows:
    """Select suppliers."""
    values = query.values
    wanted = {"supplier_id": "supplier_ids", "supplier_code": "supplier_codes", "name": "names"}
    start, end = query.start or 0, query.end
    return Rows(
        [
            row
            for modified, row in every_supplier(erp.context.db)
            if all(row[column] in values[name] for column, name in wanted.items() if name in values)
            and modified >= start
            and (end is None or modified <= end)
        ]
    )


def every_supplier(db: sqlite3.Connection) -> list[tuple[int, Row]]:
    """Return the suppliers with the time they were last edited: some on each of the last seven days."""
    seeded = store.seeded(db)
    last = datetime.strptime(seeded.until if seeded else "2026-01-01", "%Y-%m-%d").replace(tzinfo=CST)
    found: list[tuple[int, Row]] = []
    for supplier in facts.SUPPLIERS:
        at = supplier.id
        modified = int(last.timestamp()) - at % 7 * DAY_SECONDS + 10 * 3_600 + at * 61
        row = {
            "supplier_id": supplier_id(at),
            "supplier_code": supplier.number,
            "name": supplier.name,
            "enabled": at % 16 != 0,  # a boolean here, a number for SKUs (contract 9.4)
            "group": None if at % 3 else "",
            "remark": "",
            "remark2": None,
            "remark3": None,
            "depositbank": None,
            "bankacount": None,
            "acountnumber": None,
            "modified": to_text(modified),
            **(
                {"contacts": MASKED, "mobile": MASKED, "address": "", "taxpayer_identification_num": None}
                if at % 2
                else {}
            ),
        }
        found.append((modified, row))
    return sorted(found, key=lambda item: (item[0], item[1]["supplier_id"]))
