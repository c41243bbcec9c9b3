"""A sale as 吉客云 writes it: 销售单 with its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sandbox import store
from erp_sandbox.jikeyun.documents import Part, products_of
from erp_sandbox.jikeyun.transfers import PRODUCT_ID, SKU_ID, WAREHOUSE_ID
from erp_sandbox.jikeyun.values import (
    Style,
    barcode,
    long_id,
    shop_code,
    shop_name,
    time,
    unit_price,
    warehouse_code,
    warehouse_name,
)
from erp_sandbox.retail import facts
from erp_sandbox.retail.world import WHOLESALE_HOUSEHOLDS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from erp_sandbox.jikeyun.erp import Erp
    from erp_sandbox.retail.facts import Fact, Item

    Row = dict[str, Any]

TRADE_ID, SUB_TRADE_ID, CHANNEL_ID = 21, 22, 52
PART = Part("sale", ids=(TRADE_ID, SUB_TRADE_ID))
SHIPPED = ("shipped", "partly_paid", "shipped_abnormal", "finished")
AUDITED, CANCELLED, MERGED, SPLIT, IN_TRANSIT, COMPLETED = 4112, 5010, 5020, 5030, 6000, 9090
EXPLAINED = {
    AUDITED: "已递交仓储",
    CANCELLED: "已取消",
    MERGED: "被合并",
    SPLIT: "被拆分",
    IN_TRANSIT: "发货在途",
    COMPLETED: "已完成",
}
GONE = (CANCELLED, CANCELLED, MERGED, SPLIT)
DELETED = (5, 4)
"""Cancelled trades whose hundreds have this remainder are deleted."""
RETAIL, WHOLESALE = 1, 9
TRADE_BEFORE, PAID_BEFORE, AUDIT_AFTER = 600, 300, 1_200
"""Seconds between an order's creation and its other times."""


def number(fact: Fact) -> str:
    """Return 销售单号."""
    return f"JY{fact.basket}"


def status(fact: Fact) -> int:
    """Return tradeStatus."""
    if fact.status == "cancelled":
        return GONE[fact.id // 100 % len(GONE)]
    if fact.status == "audited":
        return AUDITED
    return COMPLETED if fact.status == "finished" else IN_TRANSIT


def trade_type(fact: Fact) -> int:
    """Return tradeType: 批发 for households that buy wholesale."""
    wholesale = fact.household % WHOLESALE_HOUSEHOLDS == 0 and fact.status in SHIPPED
    return WHOLESALE if wholesale else RETAIL


def is_deleted(fact: Fact) -> bool:
    """Whether a trade is deleted, as some cancelled ones are."""
    return fact.status == "cancelled" and fact.id // 100 % DELETED[0] == DELETED[1]


def taobao_shops(db: sqlite3.Connection) -> frozenset[int]:
    """Return the shops that sell on Taobao."""
    seeded = store.seeded(db)
    shops = seeded.taobao_shops if seeded else 0
    return frozenset(row.store_id for row in facts.stores(db)[:shops]) if shops else frozenset()


class TradeRows:
    """Writes the trades of one answer."""

    def __init__(self, erp: Erp, found: Sequence[Fact]) -> None:
        self._style = Style(erp.settings)
        self._products = products_of(erp.db, found)
        self._taobao = taobao_shops(erp.db)
        self._hidden = self._taobao if erp.settings.taobao_lines == "hidden" else frozenset()

    def trade(self, fact: Fact) -> Row:
        """Return all fields of a trade; the selector takes its choice of them."""
        return {**self._who_and_where(fact), **self._what(fact), **self._when(fact), **self._money(fact)}

    def _what(self, fact: Fact) -> Row:
        code = status(fact)
        shipped = fact.status in SHIPPED
        return {
            "tradeId": self._style.identifier(long_id(TRADE_ID, fact.id), fact.id),
            "tradeNo": number(fact),
            "onlineTradeNo": f"T{fact.basket}",
            "sourceTradeNo": f"T{fact.basket}",
            "orderNo": f"WMS{fact.id}",
            "stockoutNo": f"CK201{fact.id}" if shipped else "",
            "tradeStatus": code,
            "tradeStatusExplain": EXPLAINED[code],
            "tradeType": trade_type(fact),
            "tradeFrom": 1 if fact.store in self._taobao else 3,
            "isDelete": str(int(is_deleted(fact))),
            "buyerMemo": fact.remark,
            "sellerMemo": None,
            "appendMemo": "",
            "flagIds": "",
            "flagNames": None,
            "tradeOrderColumnExt": {f"customizeTradeColumn{at}": None for at in range(1, 4)},
            "packageDetail": [{"mainPostid": f"SF{fact.basket}", "weight": None}] if shipped else [],
            "goodsSerial": [],
            "tradeOrderAssemblyGoodsDtoList": None,
            "goodsDetail": [] if fact.store in self._hidden else [self._line(fact, item) for item in fact.items],
        }

    def _who_and_where(self, fact: Fact) -> Row:
        member = f"会员{fact.household:04d}"
        shipped = fact.status in SHIPPED
        return {
            "companyName": "演示商贸有限公司",
            "shopId": self._style.identifier(long_id(CHANNEL_ID, fact.store), fact.id),
            "shopName": shop_name(fact.store),
            "shopCode": shop_code(fact.store),
            "shopTypeCode": "1" if fact.store in self._taobao else "127",
            "warehouseId": long_id(WAREHOUSE_ID, fact.warehouse),
            "warehouseCode": warehouse_code(fact.warehouse),
            "warehouseName": warehouse_name(fact.warehouse),
            "logisticName": "顺丰速运",
            "logisticCode": "SF",
            "mainPostid": f"SF{fact.basket}" if shipped else "",
            "customerCode": f"KH{fact.household:05d}",
            "customerName": member,
            "customerAccount": member,
            "country": "中国",
            "state": "",
            "city": "",
            "district": "",
            "town": None,
        }

    def _when(self, fact: Fact) -> Row:
        shipped = fact.status in SHIPPED
        return {
            "tradeTime": time(fact.created - TRADE_BEFORE),
            "payTime": time(fact.created - PAID_BEFORE),
            "auditTime": time(fact.created + AUDIT_AFTER) if shipped or fact.status == "audited" else None,
            "consignTime": time(fact.happened) if shipped else None,
            "completeTime": time(fact.modified) if fact.status == "finished" else "",
            "gmtCreate": self._style.moment(fact.created, as_text=not self._style.odd(fact.id)),
            "gmtModified": time(fact.modified),
        }

    def _money(self, fact: Fact) -> Row:
        paid = sum(item.amount for item in fact.items)
        off = sum(item.discount for item in fact.items)

        def text(cents: int) -> Any:
            return self._style.amount(cents, as_number=False)

        return {
            "totalFee": text(paid + off),
            "discountFee": text(off),
            "receivedPostFee": text(0),
            "taxFee": 0,
            "payment": self._style.amount(paid, as_number=not self._style.odd(fact.id)),
            "receivedTotal": text(paid),
            "couponFee": None,
            "chargeCurrency": "人民币",
            "chargeCurrencyCode": "CNY",
            "chargeExchangeRate": 1,
            "localPayment": text(paid),
            "tradeOrderPayList": [{"payNo": f"ZF{fact.basket}", "payType": 1, "payment": text(paid)}],
        }

    def _line(self, fact: Fact, item: Item) -> Row:
        style, product = self._style, self._products[item.product_id]
        amount = style.amount(item.amount, as_number=False)
        odd = style.odd(item.line_id)
        shipped = fact.status in SHIPPED
        return {
            "subTradeId": style.identifier(long_id(SUB_TRADE_ID, item.line_id), item.line_id),
            "goodsId": long_id(PRODUCT_ID, item.product_id),
            "goodsNo": f"G{item.product_id}",
            "goodsName": product.name,
            "specId": long_id(SKU_ID, item.product_id),
            "specName": product.size,
            "barcode": barcode(item.product_id),
            "unit": "个",
            "sellCount": style.quantity(item.quantity, as_text=odd),
            "sellPrice": style.price(unit_price(item.amount, item.quantity), as_number=odd),
            "sellTotal": amount,
            "discountFee": style.amount(item.discount, as_number=odd),
            "divideSellTotal": amount,
            "shareFavourableFee": 0,
            "shareFavourableAfterFee": amount,
            "taxRate": 0,
            "taxFee": 0,
            "cost": None,
            "isGift": int(item.amount == 0),
            "isFit": 0,
            "refundStatus": 0,
            "sourceTradeNo": f"T{fact.basket}",
            "sourceSubtradeNo": f"T{fact.basket}-{item.line_id}",
            "platGoodsId": "",
            "platSkuId": None,
            "outerId": f"SKU{item.product_id}",
            "goodsDelivery": [
                {"batchNo": "", "sendCount": item.quantity, "productDate": None, "expireDate": None}
            ] if shipped else [],
        }  # fmt: skip
