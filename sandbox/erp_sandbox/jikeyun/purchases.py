"""采购: orders and returns; their field lists are not public, the names here are ours (contract 8.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sandbox.jikeyun import documents
from erp_sandbox.jikeyun.documents import Part, Selection, products_of
from erp_sandbox.jikeyun.selecting import Columns
from erp_sandbox.jikeyun.values import (
    Style,
    barcode,
    long_id,
    time,
    unit_price,
    warehouse_code,
    warehouse_name,
)
from erp_sandbox.retail import facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from erp_sandbox.jikeyun.asking import Asked
    from erp_sandbox.jikeyun.erp import Erp
    from erp_sandbox.retail.facts import Fact, Item, ProductRow

    Row = dict[str, Any]

ORDERS = Part("purchase", ids=(31, 32))
RETURNS = Part("purchase_return", ids=(33, 34))
STATUSES = {"cancelled": 3, "created": 1, "partly": 2, "finished": 20}


def order_number(fact: Fact) -> str:
    """Return 采购单号."""
    return f"CG{fact.id}"


def return_number(fact: Fact) -> str:
    """Return 采购退货单号."""
    return f"CT{fact.id}"


def search(erp: Erp, asked: Asked) -> list[Row]:
    """Answer ``erp.purch.search``: one row a line."""
    named = asked.texts("cols")
    if not named:
        raise asked.wrong("cols不能为空")
    chosen, page = Columns(named), asked.page()
    found = documents.lines(erp, _selection(asked, ORDERS), page)
    products, style = products_of(erp.db, [fact for _, fact, _ in found]), Style(erp.settings)
    return [
        chosen.of({
            **_header(ORDERS, fact, style),
            **_line(ORDERS, fact.items[place], products, style),
            "headId": long_id(ORDERS.ids[0], fact.id),
        })
        for _, fact, place in found
    ]  # fmt: skip


def orders(erp: Erp, asked: Asked) -> Row:
    """Answer ``erp.purch.get``: orders with their lines."""
    return {"purchOrder": _documents(erp, asked, ORDERS, "purchOrderDetailList")}


def returns(erp: Erp, asked: Asked) -> Row:
    """Answer ``erp.purchreturn.get``."""
    return {"purchOrderReturn": _documents(erp, asked, RETURNS, "purchOrderReturnDetailList")}


def settlements(_erp: Erp, _asked: Asked) -> list[Row]:
    """Answer ``erp.purchordersett.get``: nothing was settled."""
    return []


def _documents(erp: Erp, asked: Asked, part: Part, lines: str) -> list[Row]:
    found = [fact for _, fact in documents.rows(erp, _selection(asked, part), asked.page())]
    products, style = products_of(erp.db, found), Style(erp.settings)
    return [
        {**_header(part, fact, style), lines: [_line(part, item, products, style) for item in fact.items]}
        for fact in found
    ]


def _selection(asked: Asked, part: Part) -> Selection:
    modified = asked.window("startModifyDate", "endModifyDate")
    created = asked.window("startDate", "endDate")
    key = f"{part.kind} {asked.key('pageIndex', 'pageSize', 'cols')}"
    if modified is None:
        return Selection(key, (part,), by="created", window=created)
    if created is not None:
        within = created
        part = part._replace(holds=lambda fact: within.holds(fact.created))
    return Selection(key, (part,), window=modified)


def _header(part: Part, fact: Fact, style: Style) -> Row:
    supplier = facts.SUPPLIERS[fact.supplier - 1]
    odd = style.odd(fact.id)
    return {
        "id": style.identifier(long_id(part.ids[0], fact.id), fact.id),
        "orderNum": order_number(fact) if part.kind == ORDERS.kind else return_number(fact),
        "sourceOrderNum": f"CG{fact.reference}" if fact.reference else "",
        "vendCode": supplier.number,
        "vendName": supplier.name,
        "warehouseCode": warehouse_code(fact.warehouse),
        "warehouseName": warehouse_name(fact.warehouse),
        "status": STATUSES[fact.status],
        "orderDate": time(fact.created),
        "gmtCreate": style.moment(fact.created, as_text=not odd),
        "gmtModified": time(fact.modified),
        "totalAmount": style.amount(sum(item.amount for item in fact.items), as_number=odd),
        "memo": fact.remark or None,
    }


def _line(part: Part, item: Item, products: Mapping[int, ProductRow], style: Style) -> Row:
    odd = style.odd(item.line_id)
    return {
        "id": long_id(part.ids[1], item.line_id),
        "goodsNo": f"G{item.product_id}",
        "goodsName": products[item.product_id].name,
        "skuName": products[item.product_id].size,
        "skuBarcode": barcode(item.product_id),
        "unitName": "个",
        "quantity": style.quantity(item.quantity, as_text=odd),
        "price": style.price(unit_price(item.amount, item.quantity), as_number=odd),
        "amount": style.amount(item.amount, as_number=not odd),
    }
