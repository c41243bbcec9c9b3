"""Base data and stock: suites 组合装, suppliers 供应商, logistics companies 物流公司, stock 库存.

Contract 8.E10 (suites), 8.E13 to 8.E15, 8.F19, 8.F22 to 8.F24.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from erp_sandbox.retail import facts
from erp_sandbox.retail.facts import ProductRow, Stock, Supplier
from erp_sandbox.wangdiantong import documents, goods, sight
from erp_sandbox.wangdiantong.shapes import narrowed, shape
from erp_sandbox.wangdiantong.tables import PRICE_UNITS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from erp_sandbox.wangdiantong.documents import Scene, Values
    from erp_sandbox.wangdiantong.fields import Style
    from erp_sandbox.wangdiantong.query import Query

LISTS_REMEMBERED = 4
SUITE_GOODS = (40, 7)
"""Products with this remainder are sold as a suite too: one of it, and two of the next product."""
FIRST_SUITE_ID = 50_000_000
DELETED_SUPPLIER = Supplier(90, "GYS90", "西北供应商（已停用）")


@dataclass(frozen=True)
class ListRows:
    """A list that is put together whole, and cut into pages here.

    Attributes:
        section: its shape.
        find: gives all rows of a call, in order.
        tell: turns a row into values.
        change: modifies a row now, where people edit them.
    """

    section: str
    find: Callable[[Query, sqlite3.Connection], list[Any]]
    tell: Callable[[Scene, Query, Any], Values]
    change: Callable[[sqlite3.Connection, Any, int], None] | None = None

    def count(self, query: Query, db: sqlite3.Connection) -> int:
        """Count the rows of the whole list."""
        return len(self._found(query, db))

    def page(self, query: Query, db: sqlite3.Connection, style: Style) -> str:
        """Return the rows of a page as JSON texts joined by commas."""
        scene = documents.scene(db)
        columns = query.values.get("column")
        form = shape(style, self.section) if columns is None else narrowed(style, self.section, frozenset(columns))
        start = query.page * query.page_size
        rows = self._found(query, db)[start : start + query.page_size]
        return ",".join(form.write(self.tell(scene, query, row)) for row in rows)

    def edit(self, query: Query, db: sqlite3.Connection, count: int, now: int) -> None:
        """Let other people edit the first rows of the list."""
        if self.change is not None:
            with db:
                for row in self._found(query, db)[:count]:
                    self.change(db, row, now)

    def _found(self, query: Query, db: sqlite3.Connection) -> list[Any]:
        """Return all rows; kept as long as nothing is written, since each page of a list asks for them."""
        key = (id(self), id(db), db.total_changes, repr(query.values), query.window, query.range, repr(query.settings))
        if key not in _remembered:
            _remembered[key] = self.find(query, db)
            while len(_remembered) > LISTS_REMEMBERED:
                _remembered.popitem(last=False)
        return _remembered[key]


_remembered: OrderedDict[Any, list[Any]] = OrderedDict()


def _opened(db: sqlite3.Connection) -> int:
    """Return when the retailer began with the ERP."""
    (opened,) = db.execute("SELECT min(created) FROM wdt_warehouses").fetchone()
    return int(opened)


def _within(query: Query, moment: int) -> bool:
    return query.window is None or query.window[0] <= moment <= query.window[1]


def find_suites(query: Query, db: sqlite3.Connection) -> list[ProductRow]:
    """Select suites by ``modified``, number and name."""
    values = query.values
    start, end = query.window or (None, None)
    modulus, remainder = SUITE_GOODS
    found = [row for row in facts.products(db, by="modified", start=start, end=end) if row[0] % modulus == remainder]
    asked: dict[str, Callable[[ProductRow], str]] = {
        "suite_no": lambda row: f"ZH{row.product_id}",
        "suite_name": lambda row: f"组合装 {row.name}",
        "goods_no": lambda row: f"G{row.product_id}",
        "spec_no": lambda row: f"G{row.product_id}-1",
        "barcode": lambda row: f"68{row.product_id:011d}",
        "class_name": lambda row: row.department,
        "brand_name": lambda row: row.brand or "无",
    }
    found = [row for row in found if all(values.get(name, own(row)) == own(row) for name, own in asked.items())]
    return [row for row in found if not (row.disabled and values.get("hide_deleted", True))]


def suite(scene: Scene, _query: Query, row: ProductRow) -> Values:
    """Tell a product's suite."""
    partner = facts.products(scene.db, by="product", start=row.product_id + 1, limit=1)
    parts = [(row.product_id, 1), *((other.product_id, 2) for other in partner)]
    specs = [(documents.spec(scene.db, product), units) for product, units in parts]
    price = sum(spec["retail_price"] * units for spec, units in specs)
    return {
        "suite_id": FIRST_SUITE_ID + row.product_id,
        "number": f"ZH{row.product_id}",
        "suite_name": f"组合装 {row.name}",
        "class_name": row.department,
        "brand_name": row.brand or "无",
        "barcode": f"68{row.product_id:011d}",
        "retail_price": price,
        "deleted": row.disabled,
        "created": row.created,
        "modified": row.modified,
        "line": [
            {
                **spec,
                "rec_id": row.product_id * 10 + place,
                "suite_id": FIRST_SUITE_ID + row.product_id,
                "num": units * PRICE_UNITS,
                "fixed_price": spec["retail_price"],
                "deleted": spec["spec_deleted"],
                "created": row.created,
                "modified": row.modified,
            }
            for place, (spec, units) in enumerate(specs, start=1)
        ],
    }


class _Provider(NamedTuple):
    supplier: Supplier
    deleted: int
    created: int
    modified: int
    bought: int | None


def find_suppliers(query: Query, db: sqlite3.Connection) -> list[_Provider]:
    """Select suppliers; 企业版 leaves deleted ones out unless ``is_deleted`` is sent, 旗舰版 filters when asked."""
    values = query.values
    opened = _opened(db)
    bought: dict[int, int] = {}
    for fact in facts.each(db, "purchase", by="happened"):
        bought[fact.supplier] = fact.happened
    rows = [
        _Provider(
            supplier, int(supplier == DELETED_SUPPLIER), opened, opened + supplier.id * 60, bought.get(supplier.id)
        )
        for supplier in (*facts.SUPPLIERS, DELETED_SUPPLIER)
    ]
    asked: dict[str, Callable[[_Provider], Any]] = {
        "provider_no": lambda row: row.supplier.number,
        "provider_name": lambda row: row.supplier.name,
        "is_disabled": lambda row: row.deleted,
        "deleted": lambda row: row.deleted,
        **dict.fromkeys(("telno", "mobile", "description", "contact"), lambda _row: ""),
    }
    rows = [row for row in rows if all(values.get(name, own(row)) == own(row) for name, own in asked.items())]
    if "is_deleted" in values and not values["is_deleted"]:
        rows = [row for row in rows if not row.deleted]
    return [row for row in rows if _within(query, row.created if query.range == "created" else row.modified)]


def supplier(_scene: Scene, _query: Query, row: _Provider) -> Values:
    """Tell a supplier."""
    return {
        "provider_id": row.supplier.id,
        "number": row.supplier.number,
        "provider_name": row.supplier.name,
        "deleted": row.deleted,
        "created": row.created,
        "modified": row.modified,
        "last_purchase_time": row.bought,
    }


class _Carrier(NamedTuple):
    logistics_id: int
    number: str
    name: str
    type: int
    disabled: int


CARRIERS = (
    _Carrier(1, "WU", "无", 0, 0),
    _Carrier(5, "SF", "顺丰速运", 8, 0),
    _Carrier(6, "YTO", "圆通速递", 4, 0),
    _Carrier(7, "ZTO", "中通快递", 6, 0),
    _Carrier(8, "JD", "京东物流", 1311, 0),
    _Carrier(9, "HTKY", "百世快递（已停用）", 2, 1),
)


def find_logistics(query: Query, _db: sqlite3.Connection) -> list[_Carrier]:
    """Select logistics companies; 旗舰版 leaves disabled ones out unless ``hide_delete`` says otherwise."""
    values = query.values
    return [
        row
        for row in CARRIERS
        if values.get("logistics_no", row.number) == row.number
        and values.get("logistics_name", row.name) == row.name
        and not (row.disabled and values.get("hide_delete", False))
    ]


def carrier(scene: Scene, _query: Query, row: _Carrier) -> Values:
    """Tell a logistics company."""
    opened = _opened(scene.db)
    return {
        "logistics_id": row.logistics_id,
        "number": row.number,
        "logistics_name": row.name,
        "logistics_type": row.type,
        "status": 1 - row.disabled,
        "is_disabled": bool(row.disabled),
        "created": opened,
        "modified": opened + row.logistics_id * 60,
    }


def find_stock(query: Query, db: sqlite3.Connection) -> list[Stock]:
    """Select stock by ``modified``, goods and warehouse."""
    values = query.values
    products: list[int] | None = None
    specs = values.get("spec_nos") or ([values["spec_no"]] if "spec_no" in values else None)
    if specs is not None:
        products = [goods.goods_id_of(code, "-1") for code in specs]
    if "goods_no" in values:
        products = [goods.goods_id_of(values["goods_no"])]
    if "barcode" in values:
        digits = values["barcode"].removeprefix("69")
        products = [int(digits) if digits.isascii() and digits.isdigit() else -1]
    allowed = sight.warehouses(query)
    start, end = query.window or (None, None)
    found = facts.stock(db, products=products, by="modified", start=start, end=end)
    return [row for row in found if allowed is None or row.warehouse in allowed]


SALES_MASK, COST_MASK = 1, 2


def stock(scene: Scene, query: Query, row: Stock) -> Values:
    """Tell what is left of a product in a warehouse."""
    spec = documents.spec(scene.db, row.product_id)
    mask = query.values.get("mask", 0)
    return {
        **spec,
        **documents.warehouse(row.warehouse),
        "rec_id": row.product_id * 10 + row.warehouse,
        "number": spec["spec_no"],
        "stock": row.quantity * PRICE_UNITS,
        "locked": row.locked * PRICE_UNITS,
        "available": (row.quantity - row.locked) * PRICE_UNITS,
        "sold": 0 if mask & SALES_MASK else None,
        "cost": 0 if mask & COST_MASK else None,
        "created": spec["spec_created"],
        "modified": row.modified,
    }


def change_stock(db: sqlite3.Connection, row: Stock, now: int) -> None:
    """Let somebody touch a stock record."""
    db.execute(
        "UPDATE retail_stock SET modified = ?, version = 1 + (SELECT max(version) FROM retail_stock) "
        "WHERE product_id = ? AND warehouse = ?",
        (now, row.product_id, row.warehouse),
    )


SUITES = ListRows("suites", find_suites, suite)
SUPPLIERS = ListRows("suppliers", find_suppliers, supplier)
LOGISTICS = ListRows("logistics", find_logistics, carrier)
STOCK = ListRows("stock", find_stock, stock, change_stock)
