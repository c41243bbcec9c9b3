"""Sales stock-outs as each dialect writes them. The field lists are the contract's (8.E1, 8.F1), the common ones."""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from erp_sandbox.retail import words
from erp_sandbox.retail.world import SHIPPED
from erp_sandbox.wangdiantong import goods, stockouts
from erp_sandbox.wangdiantong.fields import (
    NO_TIME,
    Style,
    constant_number,
    constant_text,
    lines,
    member,
    money,
    number,
    plain,
    short,
    template,
    text,
    time,
)
from erp_sandbox.wangdiantong.tables import CENT_UNITS, OWN_PLATFORM, WAREHOUSE_PLACES, Stockout, unit_price

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator

    Pieces = dict[str, Any]

ORDERED_BEFORE_SECONDS = 3_600
PAID_AFTER_SECONDS = 300
CREATED_AFTER_SECONDS = 600
CHECKED_AFTER_SECONDS = 900
FIRST_TRADE_ID = 5_000_000

ENTERPRISE_HEAD = (
    number("stockout_id"),
    plain("order_no"),
    plain("stockout_no", "order_no"),
    plain("src_order_no"),
    plain("trade_no", "src_order_no"),
    plain("src_trade_no"),
    plain("src_tids", "src_trade_no"),
    number("trade_id"),
    number("status"),
    number("trade_status", "status"),
    constant_number("order_type", "1"),
    constant_text("order_type_name", "销售出库"),
    number("trade_type"),
    plain("consign_time"),
    plain("trade_time"),
    plain("pay_time"),
    plain("created"),
    plain("stock_check_time"),
    plain("modified"),
    plain("shop_no"),
    text("shop_name"),
    constant_text("shop_remark"),
    plain("warehouse_no"),
    text("warehouse_name"),
    number("warehouse_id"),
    constant_number("warehouse_type", "1"),
    number("platform_id"),
    number("goods_count"),
    number("goods_type_count"),
    number("goods_total_amount"),
    constant_number("goods_total_cost", "0.0000"),
    number("receivable", "goods_total_amount"),
    number("paid", "goods_total_amount"),
    number("discount"),
    constant_number("post_amount", "0.0000"),
    constant_number("cod_amount", "0.0000"),
    constant_number("tax", "0.0000"),
    constant_number("tax_rate", "0.0000"),
    constant_text("currency", "CNY"),
    constant_text("logistics_name", "顺丰速运"),
    constant_text("logistics_code", "SF"),
    plain("logistics_no"),
    text("remark"),
    constant_text("cs_remark"),
    constant_text("buyer_message"),
    text("nick_name"),
    text("customer_name", "nick_name"),
    constant_number("fenxiao_type", "2"),
    text("fenxiao_nick"),
    text("receiver_name", "nick_name"),
    text("receiver_area"),
    constant_number("refund_status"),
    constant_number("block_reason"),
    constant_number("invoice_type"),
    constant_text("outer_no"),
    lines("details_list"),
)

ENTERPRISE_LINE = (
    number("rec_id"),
    number("stockout_id"),
    member("goods"),
    number("goods_count"),
    number("sell_price"),
    number("market_price"),
    constant_number("cost_price", "0.0000"),
    number("discount"),
    constant_number("total_amount", "0.0000"),
    number("share_amount"),
    constant_number("share_post", "0.0000"),
    constant_number("tax_rate", "0.0000"),
    number("gift_type"),
    constant_number("refund_status"),
    constant_text("suite_no"),
    plain("src_oid"),
    plain("src_tid"),
    number("platform_id"),
    plain("modified"),
)

FLAGSHIP_HEAD = (
    number("stockout_id"),
    plain("order_no"),
    plain("src_order_no"),
    plain("trade_no", "src_order_no"),
    plain("src_trade_no"),
    number("trade_id"),
    number("status"),
    number("trade_status"),
    constant_number("order_type", "1"),
    number("trade_type"),
    member("consign_time"),
    number("trade_time"),
    number("pay_time"),
    number("created"),
    number("stock_check_time"),
    plain("created_date"),
    plain("modified"),
    number("shop_id"),
    plain("shop_no"),
    text("shop_name"),
    constant_text("shop_remark"),
    number("warehouse_id"),
    plain("warehouse_no"),
    text("warehouse_name"),
    constant_number("warehouse_type", "1"),
    number("platform_id"),
    number("shop_platform_id", "platform_id"),
    constant_number("sub_platform_id"),
    number("goods_count"),
    number("goods_type_count"),
    plain("goods_total_amount"),
    constant_text("goods_total_cost", "0.0000"),
    number("receivable"),
    plain("paid", "goods_total_amount"),
    plain("discount"),
    constant_text("post_amount", "0.0000"),
    constant_text("cod_amount", "0.0000"),
    constant_text("tax", "0.0000"),
    constant_text("tax_rate", "0.0000"),
    constant_text("currency"),
    plain("logistics_no"),
    constant_text("logistics_name", "顺丰速运"),
    constant_text("logistics_code", "SF"),
    constant_number("logistics_id", "5"),
    text("remark"),
    constant_text("cs_remark"),
    constant_text("buyer_message"),
    text("nick_name"),
    member("buyer"),
    text("fenxiao_nick"),
    constant_number("refund_status"),
    constant_number("block_reason"),
    constant_number("bad_reason"),
    constant_number("invoice_type"),
    constant_text("outer_no"),
    lines("details_list"),
)

FLAGSHIP_LINE = (
    number("rec_id"),
    number("stockout_id"),
    number("src_order_detail_id", "rec_id"),
    member("goods"),
    number("goods_count"),
    number("num", "goods_count"),
    number("sell_price"),
    number("share_price", "sell_price"),
    number("market_price"),
    constant_number("cost_price"),
    number("discount"),
    constant_number("total_amount"),
    number("share_amount"),
    constant_number("share_post_amount"),
    constant_number("tax_rate"),
    number("gift_type"),
    constant_number("refund_status"),
    constant_text("suite_no"),
    constant_text("remark"),
    plain("src_oid"),
    plain("src_tid"),
    number("platform_id"),
    plain("modified_date", "modified"),
)


class Place(NamedTuple):
    """What a document has from its store, as JSON texts."""

    shop_name: str
    warehouse_name: str
    fenxiao_nick: str
    receiver_area: str


def render(db: sqlite3.Connection, rows: Iterable[tuple[Any, ...]], style: Style) -> Iterator[str]:
    """Yield each row of ``wdt_stockouts`` as a JSON object in a dialect's style."""
    head, line = _templates(style)
    pieces_of: Callable[[Stockout, Style], Pieces] = _flagship if style is Style.FLAGSHIP else _enterprise
    write: Callable[[int], str] = short if style is Style.FLAGSHIP else money
    for values in rows:
        row = Stockout._make(values)
        pieces = pieces_of(row, style)
        pieces["lines"] = "[" + ",".join(_lines(db, row, line, write, style)) + "]"
        yield head % pieces


@lru_cache(maxsize=len(Style))
def _templates(style: Style) -> tuple[str, str]:
    if style is Style.FLAGSHIP:
        return template(FLAGSHIP_HEAD, style), template(FLAGSHIP_LINE, style)
    return template(ENTERPRISE_HEAD, style), template(ENTERPRISE_LINE, style)


def _lines(
    db: sqlite3.Connection, row: Stockout, line: str, write: Callable[[int], str], style: Style
) -> Iterator[str]:
    described = goods.on_a_line
    pieces: Pieces = {
        "stockout_id": row.stockout_id,
        "src_tid": f"T{row.basket_id}",
        "platform_id": row.platform,
        "modified": time(row.modified),
    }
    sales = struct.iter_unpack("<4I", row.lines)
    for index, (product_id, quantity, amount, discount) in enumerate(sales):
        price = unit_price(amount, quantity)
        pieces["rec_id"] = row.first_rec_id + index
        pieces["goods"] = described(db, product_id, style)
        pieces["goods_count"] = write(quantity * 10_000)
        pieces["sell_price"] = write(price)
        pieces["market_price"] = write(unit_price(amount + discount, quantity)) if discount else pieces["sell_price"]
        pieces["discount"] = write(discount * CENT_UNITS)
        pieces["share_amount"] = write(amount * CENT_UNITS)
        pieces["gift_type"] = 0 if price else 1
        pieces["src_oid"] = f"T{row.basket_id}-{index + 1}"
        yield line % pieces


def _shared(row: Stockout, style: Style) -> Pieces:
    place = _place(row.store_id, style)
    ordered = row.consigned - ORDERED_BEFORE_SECONDS
    own = row.platform == OWN_PLATFORM
    return {
        "stockout_id": row.stockout_id,
        "order_no": stockouts.order_no(row),
        "src_order_no": f"JY{row.basket_id}",
        "src_trade_no": f"T{row.basket_id}",
        "trade_id": FIRST_TRADE_ID + row.stockout_id,
        "trade_type": stockouts.trade_type(row),
        "modified": time(row.modified),
        "shop_no": f"S{row.store_id:04d}",
        "shop_name": place.shop_name,
        "warehouse_no": f"WH{stockouts.warehouse(row.store_id):02d}",
        "warehouse_name": place.warehouse_name,
        "warehouse_id": stockouts.warehouse(row.store_id),
        "platform_id": row.platform,
        "goods_type_count": row.line_count,
        "goods_total_amount": money(row.amount * CENT_UNITS),
        "discount": money(row.discount * CENT_UNITS),
        "logistics_no": f"SF{row.basket_id}" if row.status >= SHIPPED else "",
        "remark": style.text(stockouts.remark(row)),
        "fenxiao_nick": place.fenxiao_nick,
        # privacy: buyer fields are filled for own-platform shops only (contract 1)
        "nick_name": style.text(f"会员{row.household_id:04d}") if own else '""',
        "receiver_area": place.receiver_area if own else '""',
        "trade_time": ordered,
        "pay_time": ordered + PAID_AFTER_SECONDS,
        "created": ordered + CREATED_AFTER_SECONDS,
        "stock_check_time": ordered + CHECKED_AFTER_SECONDS,
    }


def _enterprise(row: Stockout, style: Style) -> Pieces:
    pieces = _shared(row, style)
    for name in ("trade_time", "pay_time", "created", "stock_check_time"):
        pieces[name] = time(pieces[name])
    unshipped = "" if style is Style.QIMEN else NO_TIME
    pieces["status"] = row.status
    pieces["consign_time"] = time(row.consigned) if row.status >= SHIPPED else unshipped
    pieces["goods_count"] = money(row.quantity * 10_000)
    return pieces


def _flagship(row: Stockout, style: Style) -> Pieces:
    pieces = _shared(row, style)
    pieces["created_date"] = time(pieces["stock_check_time"])
    for name in ("trade_time", "pay_time", "created", "stock_check_time"):
        pieces[name] *= 1_000
    pieces["status"] = stockouts.FLAGSHIP_STATUS.get(row.status, row.status)
    pieces["trade_status"] = row.status if row.status < SHIPPED else 110
    pieces["consign_time"] = f'"consign_time":"{time(row.consigned)}",' if row.status >= SHIPPED else ""
    pieces["goods_count"] = short(row.quantity * 10_000)
    pieces["receivable"] = short(row.amount * CENT_UNITS)
    pieces["shop_id"] = row.store_id
    nick, area = pieces["nick_name"], pieces["receiver_area"]
    own = row.platform == OWN_PLATFORM
    pieces["buyer"] = f'"customer_name":{nick},"receiver_name":{nick},"receiver_area":{area},' if own else ""
    return pieces


@lru_cache(maxsize=4096)
def _place(store_id: int, style: Style) -> Place:
    index = stockouts.warehouse(store_id) - 1
    return Place(
        style.text(f"社区店{store_id:04d}号店"),
        style.text(words.WAREHOUSES[index]),
        style.text(stockouts.distributor(store_id)),
        style.text(" ".join(WAREHOUSE_PLACES[index])),
    )
