"""出库单 and 入库单: the v2 methods, the old ones, and the flat search (contract 8.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sandbox.jikeyun import documents
from erp_sandbox.jikeyun.documents import Part, Selection
from erp_sandbox.jikeyun.selecting import Columns
from erp_sandbox.jikeyun.stockdoc_rows import SHIPPED, TRANSFER_IN, StockDocRows, bill, number

if TYPE_CHECKING:
    from collections.abc import Callable

    from erp_sandbox.jikeyun.asking import Asked
    from erp_sandbox.jikeyun.erp import Erp
    from erp_sandbox.retail.facts import Fact, Item

    Row = dict[str, Any]

FINISHED = ("finished",)


def _gained(fact: Fact) -> list[Item]:
    return [item for item in fact.items if item.quantity > 0]


def _lost(fact: Fact) -> list[Item]:
    return [_positive(item) for item in fact.items if item.quantity < 0]


def _positive(item: Item) -> Item:
    return type(item)(item.line_id, item.product_id, -item.quantity, item.amount)


OUTS = (
    Part("sale", SHIPPED, ids=(61, 62), type=201),
    Part("transfer", ("shipped", "finished"), ids=(63, 64), type=202),
    Part("count", FINISHED, holds=lambda fact: bool(_lost(fact)), items=_lost, ids=(65, 66), type=203),
    Part("other_out", FINISHED, ids=(67, 68), type=204),
    Part("purchase_return", FINISHED, ids=(69, 70), type=205),
)
INS = (
    Part("purchase_in", FINISHED, ids=(71, 72), type=101),
    Part("transfer", FINISHED, ids=(73, 74), type=TRANSFER_IN),
    Part("count", FINISHED, holds=lambda fact: bool(_gained(fact)), items=_gained, ids=(75, 76), type=103),
    Part("other_in", FINISHED, ids=(77, 78), type=104),
    Part("return", ("received", "finished"), ids=(79, 80), type=105),
)
"""What goes out and comes in, by inouttype 出入库类型."""

Answer = Any


def second(parts: tuple[Part, ...]) -> Callable[[Erp, Asked], list[Row]]:
    """Return the v2 method: documents with the fields that ``selelctFields`` (sic) names."""

    def answer(erp: Erp, asked: Asked) -> list[Row]:
        named = asked.texts("selelctFields")
        if not named:
            raise asked.wrong("selelctFields不能为空")
        chosen, page = Columns(named), asked.page()
        pairs = (("gmtModifiedStart", "gmtModifiedEnd", "modified"), ("gmtCreateStart", "gmtCreateEnd", "created"))
        found = documents.rows(erp, _selection(asked, parts, pairs), page)
        rows = StockDocRows(erp, [fact for _, fact in found])
        return [chosen.of(rows.document(part, fact)) for part, fact in found]

    return answer


def first(parts: tuple[Part, ...]) -> Callable[[Erp, Asked], Row]:
    """Return the old method: all fields, by the time of the movement, with lower-case paging."""

    def answer(erp: Erp, asked: Asked) -> Row:
        page = asked.page("pageindex", "pagesize")
        found = documents.rows(erp, _selection(asked, parts, _DATES), page)
        rows = StockDocRows(erp, [fact for _, fact in found])
        return {"goodsDocList": [rows.document(part, fact) for part, fact in found]}

    return answer


def pages(erp: Erp, asked: Asked) -> Row:
    """Answer ``erp.storage.outcount``: how many pages the old 出库单 method has."""
    size = asked.page("pageindex", "pagesize").size or 1
    total = documents.count(erp, _selection(asked, OUTS, _DATES))
    return {"page": -(-total // size), "count": total}


def search(parts: tuple[Part, ...]) -> Callable[[Erp, Asked], list[Row]]:
    """Return the flat search: one row a line, with the columns that ``cols`` names."""

    def answer(erp: Erp, asked: Asked) -> list[Row]:
        named = asked.texts("cols")
        if not named:
            raise asked.wrong("cols不能为空")
        chosen, page = Columns(named), asked.page()
        found = documents.lines(erp, _searched(asked, parts), page)
        rows = StockDocRows(erp, [fact for _, fact, _ in found])
        return [chosen.of(rows.flat(part, fact, place)) for part, fact, place in found]

    return answer


def lines(parts: tuple[Part, ...]) -> Callable[[Erp, Asked], Row]:
    """Return the search's companion, which counts lines."""
    return lambda erp, asked: {"count": documents.count(erp, _searched(asked, parts), by_line=True)}


_DATES = (("startDate", "endDate", "happened"),)


def _searched(asked: Asked, parts: tuple[Part, ...]) -> Selection:
    if asked.flag("archived"):
        parts = tuple(part._replace(statuses=()) for part in parts)
    return _selection(
        asked,
        parts,
        (
            ("inOutDateStart", "inOutDateEnd", "happened"),
            ("gmtModifiedDateStart", "gmtModifiedDateEnd", "modified"),
            ("gmtModifiedDetailDateStart", "gmtModifiedDetailDateEnd", "modified"),
        ),
    )


def _selection(asked: Asked, parts: tuple[Part, ...], pairs: tuple[tuple[str, str, str], ...]) -> Selection:
    """Return what is asked for; the first pair of times that is sent gives the order."""
    types = set(asked.wholes("inouttypes", "inouttype"))
    wanted = tuple(part for part in parts if not types or part.type in types)
    if not wanted:
        wanted = (parts[0]._replace(statuses=()),)
    windows = [(window, by) for start, end, by in pairs if (window := asked.window(start, end)) is not None]
    numbers = [(asked.text("goodsdocNo"), number), (asked.text("billNo"), bill), (asked.text("outBillNo"), _no_number)]

    def holding(part: Part) -> Part:
        if len(windows) < 2 and not any(text for text, _ in numbers):  # noqa: PLR2004 - a second window is left to us
            return part

        def holds(fact: Fact) -> bool:
            return (
                (part.holds is None or part.holds(fact))
                and all(window.holds(getattr(fact, by)) for window, by in windows[1:])
                and all(text in {"", of(part, fact)} for text, of in numbers)
            )

        return part._replace(holds=holds)

    window, by = windows[0] if windows else (None, "modified")
    sent = asked.key("pageIndex", "pageSize", "pageindex", "pagesize", "selelctFields", "cols")
    name = f"{parts[0].type} {[pair[0] for pair in pairs]} {sent}"
    return Selection(name, tuple(holding(part) for part in wanted), by=by, window=window)


def _no_number(_part: Part, _fact: Fact) -> str:
    return ""
