"""商品资料: what is sold, by SKU and by style (contract 8.4, 8.5). Every style of this retailer has one SKU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from erp_sandbox.clock import to_text
from erp_sandbox.jushuitan.accounts import CO_ID
from erp_sandbox.jushuitan.figures import price
from erp_sandbox.jushuitan.goods import i_id, product_of, sku_id
from erp_sandbox.jushuitan.parties import supplier_id
from erp_sandbox.retail import facts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from erp_sandbox.jushuitan.erp import Erp
    from erp_sandbox.jushuitan.query import Query, Row
    from erp_sandbox.retail.facts import ProductRow

    Keep = Callable[[ProductRow], bool]

SPARE = 500
"""Every so many-th product is kept in reserve 备用."""
NO_SUPPLIER = 7
"""Every so many-th product has no supplier, which is told as the code "0" (contract 9.6)."""
CATEGORIES = {supplier.name.removesuffix("供应商"): supplier.id for supplier in facts.SUPPLIERS}
COST_PERCENT = 60


@dataclass
class Wares:
    """The products that a call selects."""

    erp: Erp
    query: Query
    render: Callable[[ProductRow], Row]
    numbers: Collection[int] | None = None
    keep: Keep | None = None

    def count(self) -> int:
        """Count them all."""
        return len(self._found()) if self._is_narrow() else self._count()

    def rows(self, offset: int, limit: int) -> list[Row]:
        """Return so many of them, in the order of the clock that they are selected by."""
        found = self._found()[offset : offset + limit] if self._is_narrow() else self._found(offset, limit)
        return [self.render(row) for row in found]

    def edit(self, number: int, now: int) -> None:
        """Nobody edits goods while they are read."""

    def _is_narrow(self) -> bool:
        """Whether rows must be looked at one by one: products are found by their last change only."""
        return self.keep is not None or self.query.by != "modified"

    def _found(self, offset: int = 0, limit: int | None = None) -> list[ProductRow]:
        query = self.query
        ids = None if self.numbers is None else list(self.numbers)
        db = self.erp.context.db
        if not self._is_narrow():
            return facts.products(
                db, by="modified", start=query.start, end=query.end, ids=ids, limit=limit, offset=offset
            )
        start, end = query.start or 0, query.end
        rows = [
            row
            for row in facts.products(db, ids=ids)
            if (moment := getattr(row, query.by)) >= start
            and (end is None or moment <= end)
            and (self.keep is None or self.keep(row))
        ]
        return sorted(rows, key=lambda row: (getattr(row, query.by), row.product_id))

    def _count(self) -> int:
        if self.numbers is not None:
            return len(self._found())
        end = self.query.end
        bounds = (self.query.start or 0, 1 << 60 if end is None else end)
        statement = "SELECT count(*) FROM retail_products WHERE modified BETWEEN ? AND ?"
        (counted,) = self.erp.context.db.execute(statement, bounds).fetchone()
        return int(counted)


def skus(erp: Erp, query: Query) -> Wares:
    """Select SKUs."""
    values = query.values
    columns = values.get("flds", [])
    selected = Wares(erp, query, lambda row: _sku(row, columns), _numbers(values))
    exact, part, codes = values.get("exactly_name"), values.get("name"), values.get("sku_codes")
    if not (exact is None and part is None and codes is None):
        selected.keep = lambda row: (
            (exact is None or row.name == exact)
            and (part is None or part in row.name)
            and (codes is None or barcode(row.product_id) in codes)
        )
    return selected


def items(erp: Erp, query: Query) -> Wares:
    """Select styles."""
    bare = query.values.get("only_item", False)
    pictures = "f_json" in query.values.get("item_flds", [])
    return Wares(erp, query, lambda row: _item(row, bare=bare, pictures=pictures), _numbers(query.values))


def _numbers(values: dict[str, Any]) -> list[int] | None:
    found: set[int] | None = None
    for name, prefix in (("sku_ids", "SKU"), ("i_ids", "K")):
        if name in values:
            named = {product_of(number, prefix) for number in values[name]}
            found = named if found is None else found & named
    return None if found is None else sorted(found)


def barcode(product_id: int) -> str:
    """Return the 国标码 of a product."""
    return f"69{product_id:011d}"


def enabled(row: ProductRow) -> int:
    """Return 1 启用, 0 备用 or -1 禁用."""
    if row.disabled:
        return -1
    return 0 if row.product_id % SPARE == 1 else 1


def _supplier(row: ProductRow) -> int:
    """Return the supplier of a product's department, 0 for none."""
    return 0 if row.product_id % NO_SUPPLIER == 0 else supplier_id(CATEGORIES.get(row.department, 1))


def _cost(row: ProductRow) -> int | float:
    return price(row.price * COST_PERCENT // 100)


SKU_BLANKS: dict[str, Any] = {
    "short_name": "",
    "sku_codes": None,
    "color": "",
    "vc_name": None,
    "unit": "件",
    "item_type": "成品",
    "sku_type": "normal",
    "weight": 0.25,
    "l": None,
    "w": None,
    "h": None,
    "shelf_life": None,
    "pic": None,
    "pic_big": None,
    "supplier_sku_id": "",
    "supplier_i_id": "",
    "remark": "",
    "labels": None,
    "stock_disabled": 0,
    "stock_type": None,
    "is_series_number": False,
    "batch_enabled": None,
    "production_licence": None,
    **{f"other_price_{at}": None for at in range(1, 11)},
    **{f"other_{at}": None for at in range(1, 11)},
    "creator": 501,
}


def _sku(row: ProductRow, columns: Collection[str]) -> Row:
    supplier = _supplier(row)
    found = SKU_BLANKS | {
        "sku_id": sku_id(row.product_id),
        "autoid": 880_000_000 + row.product_id,
        "i_id": i_id(row.product_id),
        "name": row.name,
        "sku_code": barcode(row.product_id),
        "properties_value": row.size,
        "c_id": CATEGORIES.get(row.department),
        "category": row.department,
        "brand": row.brand or None,
        "enabled": enabled(row),
        "sale_price": price(row.price),
        "cost_price": _cost(row),
        "market_price": price(row.price),
        "supplier_id": str(supplier),  # a text here, a number elsewhere (contract 9.4)
        "supplier_name": f"{row.department}供应商" if supplier else "",
        "created": to_text(row.created),
        "modified": to_text(row.modified),
    }
    if "purchase_price" in columns:
        found["purchase_price"] = _cost(row)
    return found


ITEM_BLANKS: dict[str, Any] = {
    "co_id": CO_ID,
    "remark": "",
    "pic": None,
    "unit": "件",
    "vc_name": None,
    "item_type": "成品",
    "weight": 0.25,
    "l": None,
    "w": None,
    "h": None,
    "shelf_life": None,
    "productionbatch_format": None,
    "production_licence": None,
}


def _item(row: ProductRow, *, bare: bool, pictures: bool) -> Row:
    found = ITEM_BLANKS | {
        "i_id": i_id(row.product_id),
        "name": row.name,
        "c_id": CATEGORIES.get(row.department),
        "c_name": row.department,
        "s_price": price(row.price),
        "c_price": _cost(row),
        "market_price": str(price(row.price)),  # a text here, a number in skus (contract 9.4)
        "brand": row.brand or None,
        "created": to_text(row.created),
        "modified": to_text(row.modified),
        "ups": [{"p_id": 1, "p_name": "规格", "pv_id": 2, "pv_value": row.size}] if row.size else [],
    }
    if pictures:
        found["f_json"] = "[]"
    if not bare:
        found["skus"] = [_nested(row)]
    return found


def _nested(row: ProductRow) -> Row:
    sku = _sku(row, ())
    kept = {name: value for name, value in sku.items() if name not in NOT_NESTED}
    return kept | {
        "co_id": CO_ID,
        "purchase_price": int(_cost(row)),
        "supplier_id": _supplier(row),
        "shelf_life": "",  # a text here, a number in the style
        "creator_name": "",
        "modifier": 501,
        "modifier_name": "",
        "drp_co_id_to": None,
    }


NOT_NESTED = frozenset(
    {"autoid", "sku_codes", "color", "sku_type", "stock_disabled", "stock_type", "is_series_number", "batch_enabled"}
    | {"production_licence", "created", "modified"}
    | {f"other_price_{at}" for at in range(6, 11)}
    | {f"other_{at}" for at in range(6, 11)}
)
