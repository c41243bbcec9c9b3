"""The source side of a scheme: the query it sends, and the settings of our taps that do the same (contract 12, 15)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mapper_kd.qeasy.rendering import Renderer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mapper_kd.qeasy.report import Report
    from mapper_kd.qeasy.scheme import Entry, Scheme, Source
    from mapper_kd.qeasy.surroundings import Surroundings

BILL_QUERY = "executebillquery"
_SYSTEM = {
    *("FormId", "FilterString", "OrderString", "TopRowCount", "Limit", "StartRow", "FieldKeys", "SubSystemId"),
}
_STREAMS = {
    "wdt.stockout.order.query.trade": ("tap-wangdiantong", "qimen", "sales_stockouts"),
    "stockout_order_query_trade": ("tap-wangdiantong", "openapi", "sales_stockouts"),
    "wms.stockout.sales.querywithdetail": ("tap-wangdiantong", "flagship", "sales_stockouts"),
    "wdt.wms.stockout.sales.querywithdetail": ("tap-wangdiantong", "flagship", "sales_stockouts"),
    "goods_query": ("tap-wangdiantong", "openapi", "goods"),
    "wdt.goods.query": ("tap-wangdiantong", "qimen", "goods"),
    "goods.goods.querywithspec": ("tap-wangdiantong", "flagship", "goods"),
    "shop": ("tap-wangdiantong", "openapi", "shops"),
    "warehouse_query": ("tap-wangdiantong", "openapi", "warehouses"),
}
"""Interfaces by their name in small letters without a suffix: the tap that reads them, its dialect, its stream."""

_FORMS = {
    "BD_Customer": "customers",
    "BD_MATERIAL": "materials",
    "BD_STOCK": "stocks",
    "ORG_Organizations": "organizations",
    "BD_Saler": "salers",
    "SAL_SaleOrder": "sale_orders",
    "SAL_OUTSTOCK": "outstocks",
}
"""Forms that tap-kingdee reads, and their streams."""

_WINDOW = re.compile(r"LAST_SYNC_TIME|CURRENT_TIME|lastSyncTime|currentTime|DAYS_AGO_|\$lastExecuteTime")


def _api(source: Source, surroundings: Surroundings | None = None) -> str:
    api = source.api
    if surroundings is not None:
        api = surroundings.api_aliases.get(api, api)
    return api.lower().removesuffix(".php").rpartition("/")[2]


def form_id(source: Source) -> str:
    """Return the form that a bill query asks for."""
    entries = (*source.request, *source.other)
    return next((one.written or "" for one in entries if one.field == "FormId"), "")


def stream_of(scheme: Scheme) -> str:
    """Return the stream of our taps that a scheme's source is, or a name made of its interface."""
    source = scheme.source
    if source is None:
        return scheme.name
    if _api(source) == BILL_QUERY:
        form = form_id(source)
        return _FORMS.get(form) or re.sub(r"\W", "_", form).lower() or scheme.name
    known = _STREAMS.get(_api(source))
    return known[2] if known else re.sub(r"\W+", "_", source.api.strip("/")).lower() or scheme.name


def is_bill_query(source: Source) -> bool:
    """Whether the source is Kingdee's executeBillQuery."""
    return _api(source) == BILL_QUERY


def columns(source: Source) -> list[Entry]:
    """Return the entries of a bill query that are columns of its answer."""
    return [entry for entry in source.request if entry.field not in _SYSTEM]


class Query:
    """The request of a source.

    Args:
        source: The source.
        surroundings: Its variables; with the time of the last run it can be rendered.
        report: Receives what is wrong.
    """

    def __init__(self, source: Source, surroundings: Surroundings, report: Report) -> None:
        self._source = source
        self._surroundings = surroundings
        self._report = report

    def render(self, replaced: Sequence[Entry] = ()) -> dict[str, Any]:
        """Return the request of the first page; `replaced` take the places of entries of the same field."""
        source = self._source
        others = {entry.field: entry for entry in replaced}
        entries = [others.pop(entry.field, entry) for entry in source.request]
        entries += list(others.values())
        asked = [entry for entry in entries if is_bill_query(source) and entry.field not in _SYSTEM]
        sent = [entry for entry in entries if entry not in asked]
        node = source.node.get("request") or source.node
        renderer = Renderer([*sent, *source.other], node, self._surroundings, self._report, page_size=source.page_size)
        query = renderer.render({})
        if is_bill_query(source):
            query.setdefault("FieldKeys", ",".join(entry.written or entry.field for entry in asked))
            if source.page_size is not None:
                query.setdefault("Limit", source.page_size)
                query.setdefault("StartRow", 0)
        return query

    def remedy(self) -> dict[str, Any] | None:
        """Return the request of the backfill (补漏); None without one."""
        return None if self._source.remedy is None else self.render(self._source.remedy.request)


def tap_settings(scheme: Scheme, surroundings: Surroundings, report: Report) -> dict[str, Any]:
    """Return the part of meltano.yml that reads what the source reads, and note what each of its entries becomes."""
    source = scheme.source
    if source is None:
        return {}
    if is_bill_query(source):
        return _kingdee(source, stream_of(scheme), report)
    known = _STREAMS.get(_api(source, surroundings))
    for entry in (*source.request, *source.other):
        _note(entry, known is not None, report)
    _note_rest(source, report)
    if known is None:
        report.warning(
            "NO_TAP",
            source.node.get("api") or source.node,
            f"No tap here reads {source.api}; the mapping takes the stream {stream_of(scheme)}.",
            "Use any Singer tap that does, and write its stream's name into stream:.",
        )
        return {}
    tap, dialect, stream = known
    config: dict[str, Any] = {"dialect": dialect}
    if source.page_size is not None:
        config["page_size"] = source.page_size
    statuses = next((one.written for one in source.request if one.field == "status" and one.written), None)
    if statuses and stream == "sales_stockouts":
        config["statuses"] = [part.strip() for part in statuses.split(",")]
    return {"extractors": [{"name": tap, "config": config, "select": [f"{stream}.*"]}, *_backfill(source, tap)]}


def _kingdee(source: Source, name: str, report: Report) -> dict[str, Any]:
    form = form_id(source)
    stream = _FORMS.get(form)
    written = next((one.written or "" for one in (*source.request, *source.other) if one.field == "FilterString"), "")
    _note_rest(source, report)
    node = source.node.get("request") or source.node
    if stream is None:
        report.warning(
            "NO_TAP",
            node,
            f"tap-kingdee reads {', '.join(_FORMS)}, and not {form or 'a query without a FormId'}: no tap here reads "
            f"what this query reads; the mapping takes the stream {name}.",
            "Add the form to tap-kingdee (a class and a schema file, see its README), or use another tap.",
        )
        return {}
    report.warning(
        "FLAT_ROWS",
        node,
        f"The query gives a row for each line, with columns named {_some(source)}; tap-kingdee's stream {stream} gives "
        "whole documents under the names of its own schema. The mapping has the names of the query.",
        f"Write the names of {stream} into the mapping, and lines: with each:; or use a tap that gives these rows.",
    )
    for entry in (*source.request, *source.other):
        if entry.field in {"OrderString", "TopRowCount", "SubSystemId", "FieldKeys"}:
            report.note("PARAMETER", entry.place, f"{entry.field} is not sent: tap-kingdee orders and selects itself.")
        elif entry.field in {"Limit", "StartRow"}:
            report.note("PAGING", entry.place, f"{entry.field} is paging, which the tap does by itself.")
    kept = [part for part in re.split(r"\s+and\s+", written, flags=re.IGNORECASE) if part and not _WINDOW.search(part)]
    if kept and " or " in f" {written.lower()} ":
        report.warning("FILTER", node, "FilterString has an or; it is not taken apart.", "Write filters: by hand.")
        kept = []
    config: dict[str, Any] = {"filters": {stream: " and ".join(kept)}} if kept else {}
    if source.page_size is not None:
        config["page_size"] = source.page_size
    if _WINDOW.search(written):
        report.note("WINDOW", node, "The window of FilterString is the tap's: bookmark, start_date, lookback_minutes.")
    return {
        "extractors": [
            {"name": "tap-kingdee", "config": config, "select": [f"{stream}.*"]},
            *_backfill(source, "tap-kingdee"),
        ]
    }


def _some(source: Source) -> str:
    names = [entry.field for entry in columns(source)]
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")  # noqa: PLR2004 - enough to recognise them


def _backfill(source: Source, tap: str) -> list[dict[str, Any]]:
    if source.remedy is None:
        return []
    days = [int(found) for one in source.remedy.request for found in re.findall(r"DAYS_AGO_(\d+)", one.written or "")]
    minutes = max(days, default=1) * 24 * 60
    return [{"name": f"{tap}--backfill", "inherit_from": tap, "config": {"lookback_minutes": minutes}}]


def _note(entry: Entry, known: bool, report: Report) -> None:
    written = entry.written or ""
    if _WINDOW.search(written):
        report.note("WINDOW", entry.place, f"{entry.field} is the window: bookmark, start_date, lookback_minutes.")
    elif "PAGINATION_" in written or re.fullmatch(
        r"page_?(no|size|index)|pageIndex|pageSize", entry.field, re.IGNORECASE
    ):
        report.note("PAGING", entry.place, f"{entry.field} is paging, which the tap does by itself.")
    elif entry.value is None and not entry.children:
        report.note("UNSET", entry.node, f"{entry.field} has no value and is not sent.")
    elif not (known and entry.field == "status"):
        report.warning(
            "PARAMETER",
            entry.place,
            f"{entry.field} narrows what the source gives; no setting of a tap says the same.",
            "Write it into where: of the mapping.",
        )


def _note_rest(source: Source, report: Report) -> None:
    id_node = source.node.get("idCheck") or source.node.get("id")
    if id_node is not None:
        what = (
            "a key that came before is not sent again: target-kingdee's ledger knows it, and updates what has changed"
            if source.id_check
            else "a changed record is sent again: on_existing: update of target-kingdee does that"
        )
        report.note("ID_CHECK", id_node, f"idCheck: {what}.")
    if source.remedy is not None:
        report.note(
            "BACKFILL",
            source.remedy.node,
            f"omissionRemedy ({source.remedy.crontab}) is a second job with a longer lookback.",
            "Give the extractor --backfill a schedule of its own, and a state of its own.",
        )
    if source.derived or source.conditions or source.flat:
        node = source.node.get("condition", "formatResponse", "beatFlat", "flattenConfig") or source.node
        report.note(
            "SHAPING", node, "formatResponse, condition and beatFlat are where:, let: and documents: of the mapping."
        )


def keyed(source: Source, raw: Any) -> Any:
    """Return a row of a bill query, which comes as a list, by the names of its columns."""
    if isinstance(raw, list) and is_bill_query(source):
        return {entry.field: value for entry, value in zip(columns(source), raw, strict=False)}
    return raw
