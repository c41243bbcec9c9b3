"""调拨单: ``erp.allocate.get``, with lines inside, and ``erp.allocate.search``, one row a line (contract 8.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sandbox.jikeyun import documents
from erp_sandbox.jikeyun.documents import Part, Selection
from erp_sandbox.jikeyun.selecting import Columns
from erp_sandbox.jikeyun.values import (
    IMPOSSIBLE,
    Style,
    barcode,
    long_id,
    time,
    unit_price,
    warehouse_code,
    warehouse_name,
    warehouse_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from erp_sandbox.jikeyun.asking import Asked
    from erp_sandbox.jikeyun.erp import Erp
    from erp_sandbox.retail.facts import Fact, Item, ProductRow

    Row = dict[str, Any]

ID, LINE_ID, PRODUCT_ID, SKU_ID, WAREHOUSE_ID = 11, 12, 41, 42, 51
PART = Part("transfer", ids=(ID, LINE_ID))
WAITING = (0, 1, 2, 10)
"""草稿, 待审, 已审, 审中: what a transfer that has not left may be."""
AUDITED, CLOSED, COMPLETED = 2, 3, 20
NOT_YET, DONE = 1, 3
AUDIT_SECONDS = 1_200
REASONS = ("日常调拨", "缺货补调", "库存均衡")


def number(fact: Fact) -> str:
    """Return 调拨单号."""
    return f"DB{time(fact.created)[2:10].replace('-', '')}{fact.id}"


def states(fact: Fact) -> tuple[int, int, int]:
    """Return status, outStatus and inStatus."""
    if fact.status == "cancelled":
        return CLOSED, NOT_YET, NOT_YET
    if fact.status == "created":
        return WAITING[fact.id // 10 % len(WAITING)], NOT_YET, NOT_YET
    return (AUDITED, DONE, NOT_YET) if fact.status == "shipped" else (COMPLETED, DONE, DONE)


def get(erp: Erp, asked: Asked) -> Row:
    """Answer ``erp.allocate.get``; the only times it knows are those of creation."""
    page = asked.page()
    selection = _selection(asked)
    total = erp.total(documents.count(erp, selection))
    found = [fact for _, fact in documents.rows(erp, selection, page)]
    products = documents.products_of(erp.db, found)
    style = Style(erp.settings, cents=True)
    return {"totalCount": total, "stockAllocate": [_document(fact, products, style) for fact in found]}


def search(erp: Erp, asked: Asked) -> list[Row]:
    """Answer ``erp.allocate.search``: rows are lines, so a document may straddle pages."""
    columns = asked.texts("cols")
    if not columns:
        raise asked.wrong("cols不能为空")
    chosen, page = Columns(columns), asked.page()
    found = documents.lines(erp, _selection(asked), page)
    products = documents.products_of(erp.db, [fact for _, fact, _ in found])
    style = Style(erp.settings, cents=True)
    return [chosen.of(_flat(fact, place, products, style)) for _, fact, place in found]


def _selection(asked: Asked) -> Selection:
    numbers = frozenset(asked.texts("allocateNos"))
    wanted = {name: asked.whole(name) for name in ("status", "outStatus", "inStatus")}
    codes = {name: asked.text(f"{name}WarehouseCode") for name in ("out", "in")}

    def holds(fact: Fact) -> bool:
        return (
            (not numbers or number(fact) in numbers)
            and all(want in {None, have} for want, have in zip(wanted.values(), states(fact), strict=True))
            and (not codes["in"] or warehouse_of(codes["in"]) == fact.to_warehouse)
        )

    narrowing = numbers or codes["in"] or any(value is not None for value in wanted.values())
    narrowed = {"warehouses": [warehouse_of(codes["out"])]} if codes["out"] else {}
    return Selection(
        f"transfers {asked.key('pageIndex', 'pageSize', 'cols')}",
        (PART._replace(holds=holds if narrowing else None),),
        by="created",
        window=asked.window("startCreateTime", "endCreateTime"),
        narrowed=narrowed,
    )


def _document(fact: Fact, products: Mapping[int, ProductRow], style: Style) -> Row:
    status, out_status, in_status = states(fact)
    odd = style.odd(fact.id)
    return {
        "allocateId": style.identifier(long_id(ID, fact.id), fact.id),
        "allocateNo": number(fact),
        "outWarehouseCode": warehouse_code(fact.warehouse),
        "outWarehouseName": warehouse_name(fact.warehouse),
        "intWarehouseCode": warehouse_code(fact.to_warehouse),
        "intWarehouseName": warehouse_name(fact.to_warehouse),
        "status": status,
        "outStatus": out_status,
        "inStatus": in_status,
        "gmtCreate": style.moment(fact.created, as_text=not odd),
        "gmtModified": style.moment(fact.modified, as_text=odd),
        "auditDate": _audited(fact, status),
        "totalAmount": style.amount(sum(item.amount for item in fact.items), as_number=odd),
        "skuCount": style.quantity(sum(item.quantity for item in fact.items), as_text=odd),
        "sourceNo": "",
        "memo": fact.remark or (None if odd else ""),
        "reason": REASONS[fact.id % len(REASONS)],
        **_FIELDS,
        "stockAllocateDetailViews": [_line(fact, item, products, style) for item in fact.items],
    }


_FIELDS = {f"field{at}": None for at in range(1, 11)}
_DETAIL_FIELDS = {f"detailField{at}": "" for at in range(1, 11)}


def _line(fact: Fact, item: Item, products: Mapping[int, ProductRow], style: Style) -> Row:
    _status, out_status, in_status = states(fact)
    odd = style.odd(item.line_id)
    price = unit_price(item.amount, item.quantity)
    return {
        "goodsNo": f"G{item.product_id}",
        "goodsName": products[item.product_id].name,
        "skuName": products[item.product_id].size,
        "skuBarcode": barcode(item.product_id),
        "outSkuCode": f"SKU{item.product_id}",
        "unitName": "个",
        "skuCount": style.quantity(item.quantity, as_text=odd),
        "outCount": item.quantity if out_status == DONE else 0,
        "inCount": item.quantity if in_status == DONE else 0,
        "skuPrice": style.price(price, as_number=not odd),
        "totalAmount": style.amount(item.amount, as_number=not odd),
        "isCertified": 1,
        "rowRemark": "",
        **_DETAIL_FIELDS,
        "batchList": [],
    }


def _flat(fact: Fact, place: int, products: Mapping[int, ProductRow], style: Style) -> Row:
    """Return one row of the search: the names differ from those of the document."""
    item = fact.items[place]
    document, line = _document(fact, products, style), _line(fact, item, products, style)
    status = states(fact)[0]
    named = {"skuCount": "goodsSkuCount", "totalAmount": "goodsTotalAmount"}
    return {
        **document,
        "allocateId": long_id(ID, fact.id),
        "isAllocateDifferentCompany": 0,
        "outWarehouseId": long_id(WAREHOUSE_ID, fact.warehouse),
        "inWarehouseId": long_id(WAREHOUSE_ID, fact.to_warehouse),
        "inWarehouseCode": document["intWarehouseCode"],
        "allocateType": 0,
        "applyUserName": "仓库主管",
        "applyDepartName": "物流部",
        "applyDate": time(fact.created),
        "operator": "仓管员",
        "auditUserName": "物流经理" if document["auditDate"] else None,
        "goodsCount": len(fact.items),
        "companyId": "1",
        "companyName": "演示商贸有限公司",
        "planOutDate": time(fact.happened),
        "planInDate": IMPOSSIBLE if fact.id % 97 == 0 else time(fact.happened + 86_400),
        "logisticNo": "" if states(fact)[1] == NOT_YET else f"YD{fact.id}",
        "status": status,
        **{named.get(name, name): value for name, value in line.items()},
        "allocateDetailId": long_id(LINE_ID, item.line_id),
        "goodsId": long_id(PRODUCT_ID, item.product_id),
        "skuId": long_id(SKU_ID, item.product_id),
    }


def _audited(fact: Fact, status: int) -> str | None:
    return time(fact.created + AUDIT_SECONDS) if status in {AUDITED, COMPLETED} else None
