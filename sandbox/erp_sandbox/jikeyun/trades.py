"""销售单: ``oms.trade.fullinfoget`` and ``oms.trade.countget`` (contract 8.3)."""

from __future__ import annotations

import base64
import binascii
import heapq
from typing import TYPE_CHECKING, Any

import msgspec

from erp_sandbox.jikeyun import documents
from erp_sandbox.jikeyun.asking import Window, seconds_of
from erp_sandbox.jikeyun.documents import Selection
from erp_sandbox.jikeyun.selecting import Columns
from erp_sandbox.jikeyun.trade_rows import (
    AUDIT_AFTER,
    CHANNEL_ID,
    PART,
    SHIPPED,
    TRADE_BEFORE,
    TRADE_ID,
    TradeRows,
    is_deleted,
    status,
    trade_type,
)
from erp_sandbox.jikeyun.transfers import WAREHOUSE_ID
from erp_sandbox.jikeyun.values import DAY_SECONDS, digits, number_of

if TYPE_CHECKING:
    from erp_sandbox.jikeyun.asking import Asked, Page
    from erp_sandbox.jikeyun.erp import Erp
    from erp_sandbox.retail.facts import Fact

    Row = dict[str, Any]

LONGEST = 7 * DAY_SECONDS
ARCHIVED = 2
RENAMED = {"columnExt": "tradeOrderColumnExt"}
"""What is asked for by another name than it comes back with."""
NOT_FILTERS = ("pageIndex", "pageSize", "fields", "scrollId", "currentMaxId", "hasTotal")
PAIRS = (
    ("startModified", "endModified", "modified", 0, None),
    ("startCreated", "endCreated", "created", 0, None),
    ("startAuditTime", "endAuditTime", "created", -AUDIT_AFTER, ("audited", *SHIPPED)),
    ("startConsignTime", "endConsignTime", "happened", 0, SHIPPED),
    ("startTradeTime", "endTradeTime", "created", TRADE_BEFORE, None),
)
"""The pairs of times: what of a fact they are about, so many seconds away, and which sales have such a time at all."""


class Scroll(msgspec.Struct, array_like=True, frozen=True):
    """A scrollId: the last row that was given, and when."""

    moment: int
    number: int
    given: int


def fullinfoget(erp: Erp, asked: Asked) -> Row:
    """Answer ``oms.trade.fullinfoget``: by cursor when ``scrollId`` is sent, else page by page."""
    named = asked.texts("fields")
    if not named:
        raise asked.wrong("fields不能为空")
    fields = Columns([RENAMED.get(name, name) for name in named if name not in RENAMED.values()])
    selection = _selection(erp, asked)
    page = asked.page()
    answer: Row = {}
    if asked.whole("hasTotal") == 1:
        answer["totalResults"] = erp.total(documents.count(erp, selection))
    if asked.has("scrollId") and "scrollId" in fields:
        found, scroll = _scrolled(erp, asked, selection, page)
        if scroll:
            answer["scrollId"] = scroll
    elif asked.has("currentMaxId"):
        found = _after_id(erp, asked, selection, page)
    else:
        found = [fact for _, fact in documents.rows(erp, selection, page)]
    rows = TradeRows(erp, found)
    answer["trades"] = [fields.of(rows.trade(fact)) for fact in found]
    return answer


def countget(erp: Erp, asked: Asked) -> Row:
    """Answer ``oms.trade.countget``."""
    return {"totalResults": documents.count(erp, _selection(erp, asked))}


def _selection(erp: Erp, asked: Asked) -> Selection:
    windows = [
        (Window(*window).moved(-moved), by, statuses)
        for start, end, by, moved, statuses in PAIRS
        if (window := asked.window(start, end)) is not None
    ]
    narrowed = _numbers(asked)
    if not windows and not narrowed:
        raise asked.wrong("时间区间与单号不能同时为空")
    for window, _by, _statuses in windows:
        if window.start is None or window.end is None:
            raise asked.wrong("开始时间和结束时间必须成对传入")
        if window.end - window.start > LONGEST:
            raise asked.wrong("查询时间跨度不能超过7天")
    window, by, _ = windows[0] if windows else (None, "modified", None)
    shops = asked.wholes("shopIds")
    if shops:
        narrowed["stores"] = [number_of(CHANNEL_ID, shop) for shop in shops]
    warehouses = asked.wholes("warehouseIds")
    if warehouses:
        narrowed["warehouses"] = [number_of(WAREHOUSE_ID, warehouse) for warehouse in warehouses]
    part = PART._replace(holds=_holds(erp, asked, windows))
    return Selection(
        f"trades {erp.settings.archive_before} {asked.key(*NOT_FILTERS)}",
        (part,),
        by=by,
        window=window,
        narrowed=narrowed,
    )


def _numbers(asked: Asked) -> dict[str, Any]:
    """Read the filters by number: a trade's, the platform's, the id."""
    baskets = [digits(text, "JY") for text in asked.texts("tradeNo")]
    baskets += [digits(text, "T") for text in asked.texts("sourceTradeNos")]
    narrowed: dict[str, Any] = {}
    if baskets:
        narrowed["baskets"] = baskets
    identifiers = asked.wholes("tradeIds")
    if identifiers:
        narrowed["ids"] = [number_of(TRADE_ID, identifier) for identifier in identifiers]
    return narrowed


def _holds(erp: Erp, asked: Asked, windows: list[tuple[Window, str, Any]]) -> Any:
    """Return what no index tells about the trades that are asked for; None: nothing more."""
    statuses = frozenset(asked.wholes("tradeStatusList", "tradeStatus"))
    types = frozenset(asked.wholes("tradeTypeList", "tradeType"))
    deleted = asked.text("isDelete")
    archived = asked.whole("isTableSwitch") == ARCHIVED
    cut = seconds_of(erp.settings.archive_before) if erp.settings.archive_before else 0
    plain = len(windows) <= 1 and all(only is None for _, _, only in windows)
    if plain and not (statuses or types or deleted or archived or cut):
        return None

    def holds(fact: Fact) -> bool:
        return (
            (not statuses or status(fact) in statuses)
            and (not types or trade_type(fact) in types)
            and (not deleted or deleted == str(int(is_deleted(fact))))
            and archived == (fact.created < cut)
            and all(
                window.holds(getattr(fact, by)) and (only is None or fact.status in only)
                for window, by, only in windows
            )
        )

    return holds


def _scrolled(erp: Erp, asked: Asked, selection: Selection, page: Page) -> tuple[list[Fact], str]:
    """Return the rows behind a cursor, and the next cursor, empty at the end."""
    sent = asked.text("scrollId")
    found: list[Fact] = []
    if sent:
        scroll = _scroll(erp, asked, sent)
        after = (scroll.moment, scroll.number)
        window = Window(scroll.moment, selection.window.end if selection.window else None)
        rest = Selection(selection.key, selection.parts, selection.by, window, selection.narrowed)
        for moment, _, fact in documents.each(erp.db, rest):
            if (moment, fact.id) > after:
                found.append(fact)
            if len(found) == page.size:
                break
    else:
        for _, _, fact in documents.each(erp.db, selection):
            found.append(fact)
            if len(found) == page.size:
                break
    documents.edit_first(erp, selection)
    if len(found) < page.size:
        return found, sent if erp.settings.scroll_end == "same" else ""
    last = found[-1]
    following = Scroll(getattr(last, selection.by), last.id, erp.now())
    return found, base64.urlsafe_b64encode(msgspec.msgpack.encode(following)).decode()


def _scroll(erp: Erp, asked: Asked, sent: str) -> Scroll:
    try:
        scroll = msgspec.msgpack.decode(base64.urlsafe_b64decode(sent), type=Scroll)
    except (binascii.Error, msgspec.MsgspecError, ValueError):
        raise asked.wrong("scrollId不正确") from None
    lives = erp.settings.scroll_seconds
    if lives and erp.now() - scroll.given > lives:
        raise asked.wrong("scrollId已失效")
    return scroll


def _after_id(erp: Erp, asked: Asked, selection: Selection, page: Page) -> list[Fact]:
    """Return the rows of the window behind an id, by id."""
    after = number_of(TRADE_ID, asked.whole("currentMaxId") or 0)
    behind = (fact for _, _, fact in documents.each(erp.db, selection) if fact.id > after)
    found = heapq.nsmallest(page.size, behind, key=lambda fact: fact.id)
    documents.edit_first(erp, selection)
    return found
