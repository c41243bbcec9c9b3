"""What is asked for: from the tap's settings to the parameter sets that read a list together (vendor contract 8).

Most lists hide something unless it is asked for, cancelled documents above all (contract 6). A list of several sets is
walked set by set, in the order in which a document passes through their states: one that moves on meanwhile is seen
twice and not missed. What two sets both show is handed on once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_wangdiantong.dialects import Asks

Params = dict[str, Any]

ENTERPRISE_STATUSES = ("95", "105", "110", "113", "5")
"""已发货, 部分打款, 已完成, 异常发货, 已取消."""

FLAGSHIP_STATUSES = ("90", "110", "5")
"""延时发货, 已完成, 已取消."""

FLAGSHIP_TRADE_STATUSES = (
    "4", "6", "7", "10", "12", "15", "16", "19", "20", "21", "23", "24", "25", "27", "30", "35", "40", "55", "95", "96",
    "101", "110", "5",
)  # fmt: skip
"""All that the contract knows (8.F1, 8.F4); written out, since 旗舰版 lists leave cancelled ones out."""

_CANCELLED = "5"


def always(*sets: Params) -> Asks:
    """Return what asks for the same whatever the settings say."""
    return lambda _: sets


def each_status(*statuses: str) -> Asks:
    """Return what asks for one status after the other: 企业版 takes one a call and shows some only when asked."""
    return always(*({"status": status} for status in statuses))


def statuses(*chosen: str, **more: Any) -> Asks:
    """Return what asks for several statuses at once, as 旗舰版 takes them."""
    return always({**more, "status": ",".join(chosen)})


def enterprise_stockouts(config: Mapping[str, Any]) -> Sequence[Params]:
    """One call a status; by modified for all of them, or by consign_time for those from 95 on (contract 8.E1)."""
    chosen = [str(status) for status in config.get("statuses") or ENTERPRISE_STATUSES]
    if config["status_list"]:
        chosen = [",".join(chosen)]
    by = {"is_by_modified": 1} if config["filter_by"] == "modified" else {}
    return [{"status": status, **by} for status in chosen]


def flagship_stockouts(config: Mapping[str, Any]) -> Sequence[Params]:
    """One call for all statuses by modified; by consign_time the shipped ones, and cancelled ones apart (8.F1)."""
    chosen = [str(status) for status in config.get("statuses") or FLAGSHIP_STATUSES]
    if config["filter_by"] == "modified":
        return ({"status_type": 3, "status": ",".join(chosen)},)
    cancelled = ({"status_type": 1},) if _CANCELLED in chosen else ()
    return ({"status_type": 0}, *cancelled)


def enabled_and_disabled(config: Mapping[str, Any]) -> Sequence[Params]:
    """One query shows one of the two (8.E11, 8.E12)."""
    return ({"is_disabled": 0}, {"is_disabled": 1}) if config["include_disabled"] else ({"is_disabled": 0},)


def hidden_warehouses_too(config: Mapping[str, Any]) -> Sequence[Params]:
    """Hidden unless told otherwise (8.F21)."""
    return ({"hide_delete": 0 if config["include_disabled"] else 1},)


def hidden_logistics_too(config: Mapping[str, Any]) -> Sequence[Params]:
    """Hidden unless told otherwise (8.F23)."""
    return ({"hide_delete": not config["include_disabled"]},)


def deleted_goods_too(config: Mapping[str, Any]) -> Sequence[Params]:
    """Left out unless asked for (8.E10)."""
    return ({"deleted": 1},) if config["include_deleted"] else ({},)


def hidden_goods_too(config: Mapping[str, Any]) -> Sequence[Params]:
    """Hidden unless told otherwise (8.F18, 8.F19)."""
    return ({"hide_deleted": 0 if config["include_deleted"] else 1},)


def deleted_suppliers_too(config: Mapping[str, Any]) -> Sequence[Params]:
    """Left out unless asked for; whether "asked for" means "only those" is not said (8.E13)."""
    return ({}, {"is_deleted": 1}) if config["include_deleted"] else ({},)


def hidden_suppliers_too(config: Mapping[str, Any]) -> Sequence[Params]:
    """The method has filters for disabled and for deleted ones, and does not say what it shows without (8.F22)."""
    disabled: Sequence[Params] = ({"is_disabled": 1},) if config["include_disabled"] else ()
    deleted: Sequence[Params] = ({"deleted": 1},) if config["include_deleted"] else ()
    return ({}, *disabled, *deleted)
