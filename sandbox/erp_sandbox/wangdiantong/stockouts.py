"""Sales stock-outs 销售出库单: what each dialect's parameters select (contract 8.E1, 8.F1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from erp_sandbox.retail import words
from erp_sandbox.retail.world import (
    AUDITED,
    CANCELLED,
    FINISHED,
    RETAIL_TRADE,
    SHIPPED,
    SHIPPED_STATES,
    WHOLESALE_HOUSEHOLDS,
    WHOLESALE_TRADE,
)
from erp_sandbox.wangdiantong import sight
from erp_sandbox.wangdiantong.query import Selection, moment
from erp_sandbox.wangdiantong.refusals import Refusal
from erp_sandbox.wangdiantong.tables import TAOBAO, Stockout

if TYPE_CHECKING:
    import sqlite3

    from erp_sandbox.wangdiantong.query import Query

KNOWN_STATUSES = frozenset({CANCELLED, 50, AUDITED, *SHIPPED_STATES, 115, 120})
DEFAULT_STATUSES = (SHIPPED, FINISHED)
"""企业版 without a status: shipped and completed (已发货, 已完成), nothing else."""

FLAGSHIP_STATUS = {CANCELLED: 5, AUDITED: 70, **dict.fromkeys(SHIPPED_STATES, 110)}
"""The 旗舰版 code of each of ours: 待发货 for what is audited, 已完成 for all that is shipped."""
STATUS_TYPE_CODES = {0: range(90, 111), 1: range(5, 6), 2: range(60, 91)}
"""旗舰版 status_type: 延时发货 + 已完成, cancelled, 待分配 to 延时发货."""
EXACT_STATUSES = 3

NUMBER_PATTERNS = {
    "stockout_no": re.compile(r"CK(\d+)(?:-(\d+))?"),
    "src_order_no": re.compile(r"JY(\d+)"),
    "src_tid": re.compile(r"T(\d+)"),
    "logistics_no": re.compile(r"SF(\d+)"),
}


def order_no(row: Stockout) -> str:
    """Return the stock-out number, which changes when the document is rejected and audited again."""
    return f"CK{row.basket_id}-{row.reaudits}" if row.reaudits else f"CK{row.basket_id}"


def remark(row: Stockout) -> str:
    """Return the remark: every tenth document has one, unless somebody wrote another."""
    if row.remark is not None:
        return row.remark
    tenth, rest = divmod(row.stockout_id, 10)
    return "" if rest else words.REMARKS[tenth % len(words.REMARKS)]


def warehouse(store_id: int) -> int:
    """Return the number of the store's warehouse: 1 is WH01."""
    return store_id % len(words.WAREHOUSES) + 1


def distributor(store_id: int) -> str:
    """Return the store's distributor 分销商."""
    return words.DISTRIBUTORS[store_id % len(words.DISTRIBUTORS)]


def trade_type(row: Stockout) -> int:
    """Return 4 批发 for shipped wholesale, else 1 网店销售."""
    wholesale = row.household_id % WHOLESALE_HOUSEHOLDS == 0 and row.status in SHIPPED_STATES
    return WHOLESALE_TRADE if wholesale else RETAIL_TRADE


def select_enterprise(query: Query, db: sqlite3.Connection) -> Selection:
    """Apply the status rules of 企业版 (contract 8.E1)."""
    values = query.values
    statuses = values.get("status")
    if statuses is not None:
        if len(statuses) > 1 and query.settings.status_list == "refuse":
            raise Refusal("status_wrong", name="status")
        if not KNOWN_STATUSES.issuperset(statuses):
            raise Refusal("status_wrong", name="status")
    by_modified = values.get("is_by_modified", False) or (statuses is not None and min(statuses) < SHIPPED)
    selection = _selection("modified" if by_modified else "consigned")
    if statuses is not None:
        selection.add_in("status", statuses)
    elif query.window is None:
        selection.add("status <> ?", CANCELLED)
    else:
        selection.add_in("status", DEFAULT_STATUSES)
    if query.window is not None:
        _within(selection, query, "modified" if by_modified else "consigned")
    _numbers(selection, query)
    _shops(selection, query, db)
    _visible(selection, query)
    return selection


def select_flagship(query: Query, db: sqlite3.Connection) -> Selection:
    """Apply the status_type rules of 旗舰版 (contract 8.F1)."""
    values = query.values
    status_type = values.get("status_type")
    if status_type is None and query.window is not None:
        raise Refusal("value_missing", name="status_type")
    if status_type not in {None, EXACT_STATUSES, *STATUS_TYPE_CODES}:
        raise Refusal("value_wrong", name="status_type")
    by_consign = status_type == 0 or (status_type == EXACT_STATUSES and "status" not in values)
    selection = _selection("consigned" if by_consign else "modified", values.get("order_type", 0))
    if status_type in STATUS_TYPE_CODES:
        codes = STATUS_TYPE_CODES[status_type]
        selection.add_in("status", [ours for ours, theirs in FLAGSHIP_STATUS.items() if theirs in codes])
    elif "status" in values:
        selection.add_in("status", [ours for ours, theirs in FLAGSHIP_STATUS.items() if theirs in values["status"]])
    if query.window is not None:
        _within(selection, query, "consigned" if by_consign else "modified")
    _numbers(selection, query)
    _shops(selection, query, db)
    _visible(selection, query)
    return selection


def _selection(column: str, order_type: int = 0) -> Selection:
    """Order by the filter's column, then by id: an edit then moves a row only where it moves it out of the window."""
    if order_type not in {0, 1, 2}:
        raise Refusal("value_wrong", name="order_type")
    order = f"{column}, stockout_id"
    if order_type:
        order = f"{('modified', 'consigned')[order_type - 1]} DESC, stockout_id DESC"
    return Selection("wdt_stockouts", "stockout_id", order)


def _within(selection: Selection, query: Query, column: str) -> None:
    selection.add(f"{column} BETWEEN ? AND ?", *(query.window or ()))
    if column == "consigned":
        selection.add(f"status >= {SHIPPED}")  # what is not shipped has no consign time; the index holds the same


def _numbers(selection: Selection, query: Query) -> None:
    for name, pattern in NUMBER_PATTERNS.items():
        if name in query.values:
            found = pattern.fullmatch(query.values[name])
            selection.add("basket_id = ?", int(found[1]) if found else -1)
            if found and name == "stockout_no":
                selection.add("reaudits = ?", int(found[2] or 0))


def _shops(selection: Selection, query: Query, db: sqlite3.Connection) -> None:
    found = sight.shops(query, db)
    if found is not None:
        selection.add_in("store_id", found)


def _visible(selection: Selection, query: Query) -> None:
    """Leave out what the account may not see: Taobao rows on the direct way, other warehouses, the other age."""
    settings = query.settings
    if not query.through_qimen:
        selection.add("platform <> ?", TAOBAO)
    elif settings.qimen_rows == "taobao":
        selection.add("platform = ?", TAOBAO)
    allowed = sight.warehouses(query)
    if allowed:
        remainders = [number - 1 for number in allowed]
        selection.add(f"store_id % {len(words.WAREHOUSES)} IN ({','.join('?' * len(remainders))})", *remainders)
    if settings.history_before:
        cut_off = moment("history_before", settings.history_before)
        selection.add("consigned < ?" if query.history else "consigned >= ?", cut_off)
    elif query.history:
        selection.add("0")
