"""Goods and specs 货品档案 (contract 8.E10, 8.F18), and how they stand on the lines of documents."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from erp_sandbox.wangdiantong.fields import (
    NO_TIME,
    Style,
    constant_number,
    constant_text,
    lines,
    members,
    money,
    number,
    plain,
    short,
    template,
    text,
    time,
)
from erp_sandbox.wangdiantong.query import Selection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from erp_sandbox.wangdiantong.query import Query

DEFAULT_SPEC = "默认规格"
LINES_REMEMBERED = 50_000

LINE_GOODS = (
    number("goods_id"),
    plain("goods_no"),
    text("goods_name"),
    number("spec_id"),
    plain("spec_no"),
    text("spec_name"),
    constant_text("spec_code"),
    text("brand_name"),
    plain("barcode"),
)

ENTERPRISE_GOODS = (
    number("goods_id"),
    plain("goods_no"),
    text("goods_name"),
    constant_text("short_name"),
    constant_number("goods_type", "1"),
    constant_number("spec_count", "1"),
    text("class_name"),
    text("brand_name"),
    constant_text("brand_no"),
    constant_text("unit_name", "件"),
    constant_text("aux_unit_name"),
    constant_text("remark"),
    number("deleted"),
    plain("modified"),
    constant_text("created", NO_TIME),
    lines("spec_list", "specs"),
)
ENTERPRISE_SPEC = (
    number("spec_id"),
    number("goods_id"),
    plain("spec_no"),
    constant_text("spec_code"),
    text("spec_name"),
    plain("barcode"),
    number("retail_price"),
    number("market_price", "retail_price"),
    constant_number("wholesale_price", "0.0000"),
    constant_number("member_price", "0.0000"),
    constant_number("lowest_price", "0.0000"),
    constant_number("tax_rate", "0.0000"),
    constant_number("weight", "0.0000"),
    constant_text("img_url"),
    constant_text("remark"),
    number("deleted"),
    plain("modified"),
    plain("created"),
)

FLAGSHIP_GOODS = (
    number("goods_id"),
    plain("goods_no"),
    text("goods_name"),
    constant_text("short_name"),
    constant_text("alias"),
    constant_number("goods_type", "1"),
    constant_number("spec_count", "1"),
    text("brand_name"),
    constant_number("brand_id"),
    constant_text("remark"),
    text("class_name"),
    constant_number("class_id"),
    constant_text("unit_name", "件"),
    constant_text("aux_unit_name"),
    constant_text("flag_name"),
    number("deleted"),
    number("goods_modified", "modified_ms"),
    plain("goods_created", "created"),
    plain("modified"),
    lines("spec_list", "specs"),
)
FLAGSHIP_SPEC = (
    number("spec_id"),
    number("goods_id"),
    plain("spec_no"),
    constant_text("spec_code"),
    text("spec_name"),
    plain("barcode"),
    number("retail_price"),
    number("market_price", "retail_price"),
    constant_number("wholesale_price"),
    constant_number("member_price"),
    constant_number("lowest_price"),
    constant_number("validity_days"),
    constant_number("tax_rate"),
    constant_number("weight", "0.0000"),
    constant_text("remark"),
    number("deleted"),
    number("spec_modified", "modified_ms"),
    plain("spec_created", "created"),
    lines("barcode_list", "barcodes"),
)


class Goods(NamedTuple):
    """One row of ``wdt_goods``; the columns in the table's order."""

    goods_id: int
    name: str
    department: str
    brand: str
    size: str
    price: int
    deleted: int
    created: int
    modified: int


def spec_id(goods_id: int) -> int:
    """Return the id of the one spec that goods have here."""
    return goods_id * 10 + 1


def goods_id_of(code: str, suffix: str = "") -> int:
    """Return the id in a goods_no ``G…`` or spec_no ``G…-1``; -1 when it is none of ours."""
    digits = code.removeprefix("G").removesuffix(suffix)
    return int(digits) if code == f"G{digits}{suffix}" and digits.isascii() and digits.isdigit() else -1


def select(query: Query, _db: sqlite3.Connection) -> Selection:
    """Select on ``modified``, or by number; deleted goods only where they are asked for."""
    values = query.values
    selection = Selection("wdt_goods", "goods_id", "modified, goods_id")
    if query.window is not None:
        selection.add("modified BETWEEN ? AND ?", *query.window)
    if "goods_no" in values:
        selection.add("goods_id = ?", goods_id_of(values["goods_no"]))
    if "spec_no" in values:
        selection.add("goods_id = ?", goods_id_of(values["spec_no"], "-1"))
    if "barcode" in values:
        barcode = values["barcode"]
        ours = barcode.isascii() and barcode.isdigit() and barcode.startswith("69")
        selection.add("goods_id = ?", int(barcode[2:] or "0") if ours else -1)
    for name, column in (("class_name", "department"), ("brand_name", "brand")):
        if name in values:
            selection.add(f"{column} = ?", values[name])
    if not values.get("deleted") and values.get("hide_deleted", True):
        selection.add("NOT deleted")
    return selection


def render(_db: sqlite3.Connection, rows: Iterable[tuple[Any, ...]], style: Style) -> Iterator[str]:
    """Yield each row of ``wdt_goods`` as a JSON object in a dialect's style."""
    head, spec = _templates(style)
    for values in rows:
        row = Goods._make(values)
        pieces = _pieces(row, style)
        pieces["specs"] = f"[{spec % pieces}]"
        yield head % pieces


def on_a_line(db: sqlite3.Connection, product_id: int, style: Style) -> str:
    """Return the members that describe the goods on a document's line, with a comma behind; they recur, so are kept."""
    known = _remembered[style.value]
    found = known.get(product_id)
    if found is None:
        values = db.execute("SELECT * FROM wdt_goods WHERE goods_id = ?", (product_id,)).fetchone()
        found = _line_template(style) % _pieces(Goods._make(values), style)
        if len(known) >= LINES_REMEMBERED:
            known.clear()
        known[product_id] = found
    return found


_remembered: defaultdict[str, dict[int, str]] = defaultdict(dict)
"""By style. Goods never change while a state is served."""


@lru_cache(maxsize=len(Style))
def _templates(style: Style) -> tuple[str, str]:
    if style is Style.FLAGSHIP:
        return template(FLAGSHIP_GOODS, style), template(FLAGSHIP_SPEC, style)
    return template(ENTERPRISE_GOODS, style), template(ENTERPRISE_SPEC, style)


@lru_cache(maxsize=len(Style))
def _line_template(style: Style) -> str:
    return members(LINE_GOODS, style) + ","


def _pieces(row: Goods, style: Style) -> dict[str, Any]:
    barcode = f"69{row.goods_id:011d}"
    modified = time(row.modified)
    return {
        "goods_id": row.goods_id,
        "goods_no": f"G{row.goods_id}",
        "goods_name": style.text(row.name),
        "spec_id": spec_id(row.goods_id),
        "spec_no": f"G{row.goods_id}-1",
        "spec_name": style.text(row.size or DEFAULT_SPEC),
        "class_name": style.text(row.department),
        "brand_name": style.text(row.brand or "无"),
        "barcode": barcode,
        "barcodes": f'[{{"barcode":"{barcode}","type":0,"is_master":1,"modified":"{modified}"}}]',
        "retail_price": short(row.price) if style is Style.FLAGSHIP else money(row.price),
        "deleted": row.deleted,
        "modified": modified,
        "modified_ms": row.modified * 1_000,
        "created": time(row.created),
    }
