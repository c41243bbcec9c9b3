"""Seeded documents of the warehouses: 其他入库单, 其他出库单, 物料盘点作业, and 即时库存."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from erp_sandbox.kingdee.auditing import inventory_key
from erp_sandbox.kingdee.books import day, written
from erp_sandbox.kingdee.money import line_amount, unit_price
from erp_sandbox.retail import facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from erp_sandbox.kingdee.books import Books
    from erp_sandbox.kingdee.documents import Document
    from erp_sandbox.retail.facts import Fact, Item

HEAD_OFFICE = "100"
STOCK_IN_ORGS = (HEAD_OFFICE, "202", "204", "103")
STOCK_IN_TYPES = ("QTRKD01_SYS",) * 6 + ("QTRKD03_SYS", "QTRKD02_SYS", "QTRKD07_SYS", "QTRKD01_SYS")
STOCK_OUT_TYPES = ("QTCKD01_SYS", "QTCKD01_SYS", "QTCKD04_SYS", "QTCKD05_SYS")
SCRAP_STOCK = "406"
SCRAP_LINES, SCRAP_DOCUMENTS = 7, 11
"""Every so many-th line lies in the warehouse for scrap, and every so many-th document as a whole."""
IDS_A_DAY = 1_000
INVENTORY_ROWS = 1_000
"""So many rows of 即时库存 at most, spread over the products: it is there to be read."""
OWNER, KEEPER = "BD_OwnerOrg", "BD_KeeperOrg"


def other_ins(books: Books) -> Iterator[Document]:
    """Yield 其他入库单 of four organisations and several types, some lines of them in the warehouse for scrap."""
    for fact in books.told("other_in"):
        of_day, place = divmod(fact.id, IDS_A_DAY)
        org = books.ref("ORG_Organizations", STOCK_IN_ORGS[(of_day + place) % len(STOCK_IN_ORGS)])
        kind = STOCK_IN_TYPES[(3 * of_day + place) % len(STOCK_IN_TYPES)]
        yield {
            "FBillNo": f"QTRK{fact.id}",
            "FBillTypeID": books.ref("BOS_BillType", kind),
            "FDate": day(fact.happened),
            "FStockOrgId": org,
            "FStockDirect": "GENERAL",
            "FDEPTID": books.ref("BD_Department", "BM000002"),
            "FOwnerTypeIdHead": OWNER,
            "FOwnerIdHead": org,
            "FBaseCurrId": books.ref("BD_Currency", "PRE001"),
            **({"FNOTE": fact.remark} if fact.remark else {}),
            "FEntity": [_other_in_line(books, fact, item, org) for item in fact.items],
            **books.history(fact),
        }


def _other_in_line(books: Books, fact: Fact, item: Item, org: dict[str, Any]) -> Document:
    scrap = item.line_id % SCRAP_LINES == 0 or fact.id % SCRAP_DOCUMENTS == 0
    price = unit_price(item.amount, item.quantity)
    return {
        "FMATERIALID": books.material(item.product_id),
        "FUnitID": books.ref("BD_UNIT", "Pcs"),
        "FSTOCKID": books.ref("BD_STOCK", SCRAP_STOCK if scrap else f"CK{fact.warehouse:02d}"),
        "FSTOCKSTATUSID": books.ref("BD_StockStatus", "KCZT01_SYS"),
        "FQty": item.quantity,
        "FPrice": price,
        "FAmount": line_amount(item.quantity, price),
        "FOWNERTYPEID": OWNER,
        "FOWNERID": org,
        "FKEEPERTYPEID": KEEPER,
        "FKEEPERID": org,
    }


def other_outs(books: Books) -> Iterator[Document]:
    """Yield 其他出库单 of the head office."""
    org = books.ref("ORG_Organizations", HEAD_OFFICE)
    for fact in books.told("other_out"):
        yield {
            "FBillNo": f"QTCK{fact.id}",
            "FBillTypeID": books.ref("BOS_BillType", STOCK_OUT_TYPES[fact.id % len(STOCK_OUT_TYPES)]),
            "FDate": day(fact.happened),
            "FStockOrgId": org,
            "FPickOrgId": org,
            "FStockDirect": "GENERAL",
            "FDeptId": books.ref("BD_Department", "BM000002"),
            "FBizType": "0",
            "FOwnerTypeIdHead": OWNER,
            "FOwnerIdHead": org,
            "FBaseCurrId": books.ref("BD_Currency", "PRE001"),
            **({"FNote": fact.remark} if fact.remark else {}),
            "FEntity": [_place(books, fact, item, org) | {"FQty": item.quantity} for item in fact.items],
            **books.history(fact),
        }


def counts(books: Books) -> Iterator[Document]:
    """Yield 物料盘点作业: what was found, and what the book said."""
    org = books.ref("ORG_Organizations", HEAD_OFFICE)
    for fact in books.lately("count"):
        yield {
            "FBillNo": f"PD{fact.id}",
            "FBillTypeID": books.ref("BOS_BillType", "WLPDZY01_SYS"),
            "FDate": day(fact.happened),
            "FStockOrgId": org,
            "FOwnerTypeIdHead": OWNER,
            "FOwnerIdHead": org,
            "FSource": "1",
            "FBillEntry": [
                _place(books, fact, item, org)
                | {
                    "FCountQty": item.counted,
                    "FAcctQty": item.counted - item.quantity,
                    "FGainQty": max(item.quantity, 0),
                    "FLossQty": max(-item.quantity, 0),
                }
                for item in fact.items
            ],
            **books.history(fact),
        }


def _place(books: Books, fact: Fact, item: Item, org: dict[str, Any]) -> Document:
    return {
        "FMaterialId": books.material(item.product_id),
        "FUnitID": books.ref("BD_UNIT", "Pcs"),
        "FStockId": books.ref("BD_STOCK", f"CK{fact.warehouse:02d}"),
        "FStockStatusId": books.ref("BD_StockStatus", "KCZT01_SYS"),
        "FOwnerTypeId": OWNER,
        "FOwnerId": org,
        "FKeeperTypeId": KEEPER,
        "FKeeperId": org,
    }


def inventory(books: Books) -> list[Document]:
    """Return rows of 即时库存: what the facts leave in stock, of some products."""
    org, status = books.ref("ORG_Organizations", HEAD_OFFICE), books.ref("BD_StockStatus", "KCZT01_SYS")
    unit = books.ref("BD_UNIT", "Pcs")
    held = facts.stock(books.db)
    rows = []
    for row in held[:: len(held) // INVENTORY_ROWS + 1]:
        stock, material = books.ref("BD_STOCK", f"CK{row.warehouse:02d}"), books.material(row.product_id)
        quantity, locked = Decimal(row.quantity), Decimal(row.locked)
        rows.append(
            {
                "FID": inventory_key((org["id"], stock["id"], material["id"], status["id"])),
                "FStockOrgId": org,
                "FStockId": stock,
                "FMaterialId": material,
                "FStockStatusId": status,
                "FOwnerTypeId": OWNER,
                "FOwnerId": org,
                "FKeeperTypeId": KEEPER,
                "FKeeperId": org,
                "FBaseUnitId": unit,
                "FStockUnitId": unit,
                "FBaseQty": quantity,
                "FQty": quantity,
                "FBaseAVBQty": quantity - locked,
                "FAVBQty": quantity - locked,
                "FBaseLockQty": locked,
                "FLockQty": locked,
                "FUpdateTime": written(row.modified),
            }
        )
    return rows
