"""A movement as 吉客云 writes it: 出库单 or 入库单 with its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sandbox.jikeyun import transfers
from erp_sandbox.jikeyun.documents import products_of
from erp_sandbox.jikeyun.trade_rows import CHANNEL_ID, SHIPPED
from erp_sandbox.jikeyun.values import (
    IMPOSSIBLE_MS,
    Style,
    barcode,
    long_id,
    shop_code,
    shop_name,
    short,
    time,
    unit_price,
    warehouse_code,
    warehouse_name,
)
from erp_sandbox.retail import facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from erp_sandbox.jikeyun.documents import Part
    from erp_sandbox.jikeyun.erp import Erp
    from erp_sandbox.retail.facts import Fact, Item

    Row = dict[str, Any]

__all__ = ["SHIPPED", "TRANSFER_IN", "StockDocRows", "bill", "number", "warehouse"]

TRANSFER_IN = 102
TYPE_NAMES = {
    101: "采购入库",
    102: "调拨入库",
    103: "盘盈入库",
    104: "其他入库",
    105: "销售退货",
    201: "销售出库",
    202: "调拨出库",
    203: "盘亏出库",
    204: "其他出库",
    205: "采购退货",
}
FIRST_OUT = 200
HEADER_FIELDS = {f"field{at}": None for at in range(1, 11)}


def number(part: Part, fact: Fact) -> str:
    """Return 出入库单号, with the type in it."""
    return f"{'RK' if part.type < FIRST_OUT else 'CK'}{part.type}{fact.id}"


def bill(_part: Part, fact: Fact) -> str:
    """Return 关联单号: the order, transfer, purchase or return that was carried out."""
    if fact.kind == "transfer":
        return transfers.number(fact)
    bills = {"sale": f"JY{fact.basket}", "return": f"SH{fact.id}", "count": f"PD{fact.id}"}
    return bills.get(fact.kind, f"CG{fact.reference}" if fact.reference else f"QT{fact.id}")


def warehouse(part: Part, fact: Fact) -> int:
    """Return where the movement is booked; of a 调拨入库 where the goods come to."""
    return fact.to_warehouse if part.type == TRANSFER_IN else fact.warehouse


class StockDocRows:
    """Writes the documents of one answer."""

    def __init__(self, erp: Erp, found: Sequence[Fact]) -> None:
        self._style = Style(erp.settings)
        self._products = products_of(erp.db, found)

    def document(self, part: Part, fact: Fact) -> Row:
        """Return all fields of a document."""
        lines = [self._line(part, fact, item) for item in part.lines(fact)]
        return {**self._header(part, fact), "goodsDocDetailList": lines}

    def flat(self, part: Part, fact: Fact, place: int) -> Row:
        """Return one row of the flat search: the recId is the line's."""
        header = self._header(part, fact)
        line = self._line(part, fact, list(part.lines(fact))[place])
        return {**header, **line, "docId": header["recId"], "archived": 0}

    def _header(self, part: Part, fact: Fact) -> Row:
        at, style = warehouse(part, fact), self._style
        odd = style.odd(fact.id)
        return {
            "recId": style.identifier(long_id(part.ids[0], fact.id), fact.id),
            "goodsdocNo": number(part, fact),
            "inOutDate": fact.happened * 1000,
            "gmtCreate": time(fact.created),
            "gmtModified": style.moment(fact.modified, as_text=not odd),
            "inouttype": style.quantity(part.type, as_text=odd),
            "inouttypeName": TYPE_NAMES[part.type],
            "inOutReason": None if odd else "",
            "warehouseCode": warehouse_code(at),
            "warehouseName": warehouse_name(at),
            "companyId": "1",
            "companyName": "演示商贸有限公司",
            **_partners(fact),
            "billNo": bill(part, fact),
            "outBillNo": "",
            "sourceBillNo": f"T{fact.basket}" if fact.basket else "",
            "logisticNo": f"SF{fact.basket}" if fact.kind == "sale" else "",
            "logisticName": "顺丰速运" if fact.kind == "sale" else None,
            "logisticCode": "SF" if fact.kind == "sale" else "",
            "logisticList": [],
            "redStatus": 1,
            "financeBillStatus": 0,
            "memo": fact.remark or None,
            **HEADER_FIELDS,
        }

    def _line(self, part: Part, fact: Fact, item: Item) -> Row:
        odd = self._style.odd(item.line_id)
        product = self._products[item.product_id]
        return {
            "recId": long_id(part.ids[1], item.line_id),
            "goodsNo": f"G{item.product_id}",
            "goodsName": product.name,
            "skuName": product.size,
            "skuBarcode": barcode(item.product_id),
            "unitName": "个",
            "quantity": self._style.quantity(item.quantity, as_text=odd),
            "unitPrice": short(unit_price(item.amount, item.quantity), 4),
            "batchNo": "",
            "productionDate": IMPOSSIBLE_MS if fact.id % 97 == 0 else None,
            "expirationDate": None,
            "sourceDetailId": str(item.line_id),
            "comment": "" if odd else None,
        }


def _partners(fact: Fact) -> Row:
    """Return whom the goods went to or came from."""
    shop: Row = {"channelId": None, "channelCode": "", "channelName": ""}
    partner: Row = {"vendCustomerCode": "", "vendCustomerName": None, "vendCode": ""}
    if fact.store:
        shop = {
            "channelId": long_id(CHANNEL_ID, fact.store),
            "channelCode": shop_code(fact.store),
            "channelName": shop_name(fact.store),
        }
        partner |= {"vendCustomerCode": f"KH{fact.household:05d}", "vendCustomerName": f"会员{fact.household:04d}"}
    if fact.supplier:
        supplier = facts.SUPPLIERS[fact.supplier - 1]
        partner = {
            "vendCustomerCode": supplier.number,
            "vendCustomerName": supplier.name,
            "vendCode": supplier.number,
        }
    return {**shop, **partner}
