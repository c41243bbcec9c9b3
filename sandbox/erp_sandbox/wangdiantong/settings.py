from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec

from erp_sandbox.errors import SandboxError
from erp_sandbox.wangdiantong.refusals import REFUSALS

TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")
Count = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]


class Settings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Switches for what the vendor leaves open, differs between builds, or does only sometimes.

    Attributes:
        account: ``ok``, or what the account suffers from: ``disabled`` 停用, ``ip`` restriction, ``otp`` 动态口令.
        cancelled: whether lists whose status takes several codes show what is cancelled to who does not ask for it.
        codes: answer numbers that replace the ones of `refusals`, by refusal name.
        comma: the comma of the rate-limit text: the error page has the full-width one, a method page the other.
        concurrency: calls in flight an account may have (the vendor's number is not public).
        count_details: whether 旗舰版 answers a count's lines with a bare array, or in ``pd_detail_list``.
        empty_list: whether an answer without rows leaves its list out (contract 9.5).
        empty_times: what equal start and end times are: an ``error`` (2105 on the 企业版 family) or one second.
        full_stock: whether the full-stock methods work from 00:00 to 02:00 only (``night``), or ``always``.
        history_before: rows consigned before this time are found by the history methods only; empty: no history.
        latency_ms: how long each call takes at least.
        live_edits: so many rows of the window are edited after each page (0: none), so that later pages slide.
        max_page_size: the most rows of a 企业版 page.
        max_page_size_flagship: the most rows of a 旗舰版 page (the vendor states none, and advises 200).
        max_page_size_stock: the most rows of a 旗舰版 stock page, the only one whose most the vendor states.
        max_page_size_transfer: the most rows of a page of transfers on the 企业版 family.
        page_size_over: whether a larger page_size is cut to the most, or refused.
        per_minute: calls a minute an account may make.
        qimen_answer: the gateway's envelope: ``response``, or the method's own name as one client met it.
        qimen_failure: which of the gateway's two failure envelopes is used.
        qimen_page_zero: whether page 0 of 旗舰奇门, whose first page is 1, is an error or an empty page.
        qimen_rows: ``all``, or the ``taobao`` rows only, which the direct interfaces never show.
        qimen_unknown: whether 旗舰奇门 refuses unknown parameter names as the direct interface does, or ignores them.
        status_list: whether a comma-joined ``status`` is accepted by the 企业版 family.
        total_as_text: whether 企业版 writes total_count as a text.
        warehouse_rights: comma-joined numbers of the warehouses the account may see; empty: all.
        window_edge: whether ``end - start`` may equal the longest window (``inclusive``), or must stay below it,
            since both ends belong to it (``strict``).
    """

    account: Literal["ok", "disabled", "ip", "otp"] = "ok"
    cancelled: Literal["hidden", "shown"] = "hidden"
    codes: dict[str, int] = {}
    comma: Literal["alternate", "full", "half"] = "alternate"
    concurrency: Positive = 10
    count_details: Literal["bare", "named"] = "bare"
    empty_list: Literal["missing", "present"] = "missing"
    equal_times: Literal["error", "allow"] = "error"
    full_stock: Literal["night", "always"] = "night"
    history_before: str = ""
    latency_ms: Count = 0
    live_edits: Count = 0
    max_page_size: Positive = 100
    max_page_size_flagship: Positive = 200
    max_page_size_stock: Positive = 1_000
    max_page_size_transfer: Positive = 30
    page_size_over: Literal["clamp", "error"] = "clamp"
    per_minute: Positive = 60
    qimen_answer: Literal["response", "named"] = "response"
    qimen_failure: Literal["response", "error_response"] = "response"
    qimen_page_zero: Literal["error", "empty"] = "error"
    qimen_rows: Literal["all", "taobao"] = "all"
    qimen_unknown: Literal["refuse", "ignore"] = "refuse"
    status_list: Literal["accept", "refuse"] = "accept"
    total_as_text: bool = False
    warehouse_rights: str = ""
    window_edge: Literal["inclusive", "strict"] = "inclusive"


def changed(settings: Settings, changes: dict[str, Any]) -> Settings:
    """Return the settings with some of them changed; values may be texts, as on a command line.

    Raises:
        SandboxError: an unknown switch or a wrong value.
    """
    unknown = sorted(set(changes) - set(settings.__struct_fields__))
    if unknown:
        raise SandboxError(
            f"Wangdiantong has no switch {unknown[0]!r}; it has {', '.join(settings.__struct_fields__)}."
        )
    try:
        new = msgspec.convert({**msgspec.to_builtins(settings), **changes}, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SandboxError(f"A Wangdiantong switch is wrong: {error}.") from None
    strangers = sorted(set(new.codes) - set(REFUSALS))
    if strangers:
        raise SandboxError(f"codes names {strangers[0]!r}, which is no refusal; these are: {', '.join(REFUSALS)}.")
    if new.history_before and not TIME.fullmatch(new.history_before):
        raise SandboxError(f"history_before must be a time such as 2026-01-05 00:00:00, not {new.history_before!r}.")
    return new
