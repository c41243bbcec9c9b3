"""售后: ``ass-business.returnchange.fullinfoget`` and ``omsapi-business.refund.listrefund`` (contract 8.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from erp_sandbox.jikeyun import documents
from erp_sandbox.jikeyun.asking import Window
from erp_sandbox.jikeyun.documents import Part, Selection, products_of
from erp_sandbox.jikeyun.trade_rows import CHANNEL_ID
from erp_sandbox.jikeyun.trade_rows import number as trade_number
from erp_sandbox.jikeyun.values import (
    Style,
    barcode,
    digits,
    long_id,
    shop_name,
    time,
    unit_price,
    warehouse_code,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from erp_sandbox.jikeyun.asking import Asked
    from erp_sandbox.jikeyun.erp import Erp
    from erp_sandbox.retail.facts import Fact, Item, ProductRow

    Row = dict[str, Any]

CHANGES = Part("return", ids=(25, 26))
REFUNDS = Part("return", ids=(27, 28))
STATUSES = {"cancelled": 4, "created": 1, "received": 2, "finished": 3}
REFUND_STATUSES = {
    "cancelled": "CLOSED",
    "created": "WAIT_SELLER_AGREE",
    "received": "WAIT_REFUND",
    "finished": "SUCCESS",
}
MOST_REFUNDS = 100
ASKED_BEFORE, ANSWERED_BEFORE = 300, 60
"""Seconds by which the platform's times come before ours."""
REFUND_PAIRS = (
    ("gmtModifiedBegin", "gmtModifiedEnd", "modified", 0),
    ("gmtCreateBegin", "gmtCreateEnd", "created", 0),
    ("createTimeBegin", "createTimeEnd", "created", ASKED_BEFORE),
    ("modifiedTimeBegin", "modifiedTimeEnd", "modified", ANSWERED_BEFORE),
)


def change_number(fact: Fact) -> str:
    """Return 退换单号."""
    return f"SH{fact.id}"


def refund_number(fact: Fact) -> str:
    """Return the platform's 退款单号."""
    return f"TK{fact.id}"


def changes(erp: Erp, asked: Asked) -> Row:
    """Answer ``ass-business.returnchange.fullinfoget``: 退换补发单."""
    window = asked.window("startModified", "endModified")
    numbers = [digits(text, "SH") for text in asked.texts("returnChangeNo")]
    if window is None and not numbers:
        raise asked.wrong("修改时间与退换单号不能同时为空")
    narrowed = {"ids": numbers} if numbers else {}
    selection = Selection("", (CHANGES,), window=window, narrowed=narrowed)
    found = [fact for _, fact in documents.rows(erp, selection, asked.page())]
    products, style = products_of(erp.db, found), Style(erp.settings)
    return {"returnChangeList": [_change(fact, products, style) for fact in found]}


def refunds(erp: Erp, asked: Asked) -> str:
    """Answer ``omsapi-business.refund.listrefund``: the data are a JSON text, and the count comes without rows."""
    if not asked.text("memberName"):
        raise asked.wrong("gmtModified、gmtCreate、createTime、modifiedTime至少传入一组")  # the vendor blames the times
    windows = [
        (window, by, moved)
        for start, end, by, moved in REFUND_PAIRS
        if (window := asked.window(start, end)) is not None
    ]
    if not windows:
        raise asked.wrong("gmtModified、gmtCreate、createTime、modifiedTime至少传入一组")
    window, by, moved = windows[0]
    rest = [(Window(*other).moved(seconds), of) for other, of, seconds in windows[1:]]

    def holds(fact: Fact) -> bool:
        return all(other.holds(getattr(fact, of)) for other, of in rest)

    part = REFUNDS._replace(holds=holds) if rest else REFUNDS
    selection = Selection(f"refunds {asked.key('pageInfo')}", (part,), by=by, window=window.moved(moved))
    page = asked.under("pageInfo").page(first=1, most=MOST_REFUNDS)
    if asked.flag("isQueryCount"):
        return _text({"count": documents.count(erp, selection), "tradeAfterOnlineDtoArr": []})
    found = [fact for _, fact in documents.rows(erp, selection, page)]
    products, style = products_of(erp.db, found), Style(erp.settings)
    return _text({"count": 0, "tradeAfterOnlineDtoArr": [_refund(fact, products, style) for fact in found]})


def _text(data: Row) -> str:
    return msgspec.json.encode(data).decode()


def _change(fact: Fact, products: Mapping[int, ProductRow], style: Style) -> Row:
    total = sum(item.amount for item in fact.items)
    odd = style.odd(fact.id)
    return {
        "returnChangeId": style.identifier(long_id(CHANGES.ids[0], fact.id), fact.id),
        "returnChangeNo": change_number(fact),
        "status": STATUSES[fact.status],
        "tradeNo": trade_number(fact),
        "sourceTradeNo": f"T{fact.basket}",
        "shopId": long_id(CHANNEL_ID, fact.store),
        "shopName": shop_name(fact.store),
        "warehouseCode": warehouse_code(fact.warehouse),
        "customerName": f"会员{fact.household:04d}",
        "gmtCreate": time(fact.created),
        "gmtModified": style.moment(fact.modified, as_text=not odd),
        "returnChangePay": {
            "returnTotal": style.amount(total, as_number=odd),
            "payStatus": int(fact.status == "finished"),
            "payTime": time(fact.modified) if fact.status == "finished" else None,
            "refundType": 1,
        },
        "returnChangeGoodsDetail": [_changed(item, products, style) for item in fact.items],
    }


def _changed(item: Item, products: Mapping[int, ProductRow], style: Style) -> Row:
    odd = style.odd(item.line_id)
    return {
        "detailId": long_id(CHANGES.ids[1], item.line_id),
        "goodsNo": f"G{item.product_id}",
        "goodsName": products[item.product_id].name,
        "skuName": products[item.product_id].size,
        "barcode": barcode(item.product_id),
        "unit": "个",
        "returnCount": style.quantity(item.quantity, as_text=odd),
        "returnPrice": style.price(unit_price(item.amount, item.quantity), as_number=odd),
        "returnTotal": style.amount(item.amount, as_number=not odd),
    }


def _refund(fact: Fact, products: Mapping[int, ProductRow], style: Style) -> Row:
    total = sum(item.amount for item in fact.items)
    return {
        "tradeAfterOnlineDTO": {
            "id": long_id(REFUNDS.ids[0], fact.id),
            "refundNo": refund_number(fact),
            "sourceTradeNo": f"T{fact.basket}",
            "shopId": long_id(CHANNEL_ID, fact.store),
            "shopName": shop_name(fact.store),
            "buyerNick": f"会员{fact.household:04d}",
            "refundStatus": REFUND_STATUSES[fact.status],
            "refundFee": style.amount(total, as_number=style.odd(fact.id)),
            "createTime": time(fact.created - ASKED_BEFORE),
            "modifiedTime": time(fact.modified - ANSWERED_BEFORE),
            "gmtCreate": fact.created * 1000,
            "gmtModified": style.moment(fact.modified, as_text=style.odd(fact.id)),
        },
        "tradeAfterOnlineGoodsDTOList": [
            {
                "id": long_id(REFUNDS.ids[1], item.line_id),
                "sourceSubtradeNo": f"T{fact.basket}-{item.line_id}",
                "goodsName": products[item.product_id].name,
                "outerId": f"SKU{item.product_id}",
                "goodsNo": f"G{item.product_id}",
                "refundCount": style.quantity(item.quantity, as_text=style.odd(item.line_id)),
                "refundTotal": style.amount(item.amount, as_number=False),
            }
            for item in fact.items
        ],
    }
