from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec

from erp_sandbox.errors import SandboxError
from erp_sandbox.jikeyun.refusals import REFUSALS

TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")
Count = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]


class Settings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Switches for what the vendor leaves open, differs between tenants, or does only sometimes.

    Attributes:
        archive_before: sales orders created before this time are in the archive tables only (``isTableSwitch`` 2).
        code_as_text: whether ``code`` is written as a text, as some clients meet it.
        codes: subCodes that replace the ones of `refusals`, by refusal name.
        latency_ms: how long each call takes at least.
        live_edits: so many documents of the window are edited after each page (0: none), so that later pages slide.
        lone_rows: whether a list of one row comes as that row (``object``), and an empty one as null.
        mixed: whether the type of a value changes from record to record (text or number, text or milliseconds).
        money: what the amounts of transfers are in: yuan, or whole cents as some tenants' exports have it.
        page_size_over: whether a pageSize above the most is refused or cut to it.
        per_minute: calls a minute an application may make (0: any number).
        per_second: calls a second an application may make (0: any number).
        quota: calls of one method an application may make (0: any number) until the counters are reset.
        same_page: comma-joined methods (``*`` and ``?`` are wildcards) that ignore pageIndex.
        scroll_end: at a short page, whether the scrollId is missing or the one that was sent.
        scroll_seconds: how long a scrollId can be used (0: for ever).
        subscribed: comma-joined methods (wildcards too) that the applications have subscribed 订阅.
        taobao_lines: whether Taobao orders come with their lines, which the vendor shows through 奇门 only.
        timestamp_minutes: how far a timestamp may be from the vendor's clock (0: it is not looked at).
        totals: whether totalCount and totalResults are right, or half of that, as totals may be off.
        wms_success: the ``code`` of a success of ``wms.*``.
    """

    archive_before: str = ""
    code_as_text: bool = False
    codes: dict[str, str] = {}
    latency_ms: Count = 0
    live_edits: Count = 0
    lone_rows: Literal["list", "object"] = "list"
    mixed: bool = True
    money: Literal["yuan", "cents"] = "yuan"
    page_size_over: Literal["error", "clamp"] = "error"
    per_minute: Count = 0
    per_second: Count = 0
    quota: Count = 0
    same_page: str = ""
    scroll_end: Literal["missing", "same"] = "missing"
    scroll_seconds: Count = 0
    subscribed: str = "*"
    taobao_lines: Literal["hidden", "shown"] = "hidden"
    timestamp_minutes: Count = 10
    totals: Literal["right", "half"] = "right"
    wms_success: Literal["200", "0"] = "200"


def changed(settings: Settings, changes: dict[str, Any]) -> Settings:
    """Return the settings with some of them changed; values may be texts, as on a command line.

    Raises:
        SandboxError: an unknown switch or a wrong value.
    """
    unknown = sorted(set(changes) - set(settings.__struct_fields__))
    if unknown:
        raise SandboxError(f"Jikeyun has no switch {unknown[0]!r}; it has {', '.join(settings.__struct_fields__)}.")
    try:
        new = msgspec.convert({**msgspec.to_builtins(settings), **changes}, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SandboxError(f"A Jikeyun switch is wrong: {error}.") from None
    strangers = sorted(set(new.codes) - set(REFUSALS))
    if strangers:
        raise SandboxError(f"codes names {strangers[0]!r}, which is no refusal; these are: {', '.join(REFUSALS)}.")
    if new.archive_before and not TIME.fullmatch(new.archive_before):
        raise SandboxError(f"archive_before must be a time such as 2026-01-05 00:00:00, not {new.archive_before!r}.")
    return new
