from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from erp_sandbox.errors import SandboxError
from erp_sandbox.jushuitan.refusals import REFUSALS

Count = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]


class Settings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Switches for what the vendor leaves open, differs between merchants, or does only sometimes.

    Attributes:
        address: whether the caller's address is on the white list: ``listed`` or ``unlisted`` (110).
        batches: whether the merchant has switched on batches 批次 and unique codes 唯一码.
        code_as_text: whether ``code`` of an answer is a text.
        codes: answer numbers that replace the ones of `refusals`, by refusal name.
        cursor_filters: what a start_ts with further filters is where the documents say paging parameters only:
            ``refuse`` (130) or ``accept``.
        empty_list: what an empty page has for its list: ``list`` or ``null``.
        extras: whether answers carry ``issuccess`` and ``requestId`` too.
        grant_type: whether getInitToken takes ``any`` known grant_type, or the ``documented`` one only.
        latency_ms: how long each call takes at least.
        live_edits: so many rows of a page's selection are edited after it when more pages follow (0: none).
        not_granted: comma-joined paths that no app is granted (190).
        other_ts: whether rows of 其它出入库 carry a row version, which the documents do not list.
        page_size_over: whether a larger page_size is cut to the most (``clamp``), or refused (``error``).
        per_minute: calls a minute an app may make with a token.
        per_second: calls a second.
        same_second: whether a row of a window's last second is in it: ``no``, since stored times have milliseconds and
            the window's end has none, or ``yes``.
        timestamp_minutes: how wrong a timestamp may be.
        token_seconds: how long an authorisation is good for.
        token_values: whether a refreshed token has the ``same`` values, or ``new`` ones and the old ones die.
    """

    address: Literal["listed", "unlisted"] = "listed"
    batches: bool = True
    code_as_text: bool = False
    codes: dict[str, int] = {}
    cursor_filters: Literal["refuse", "accept"] = "refuse"
    empty_list: Literal["list", "null"] = "list"
    extras: bool = False
    grant_type: Literal["any", "documented"] = "any"
    latency_ms: Count = 0
    live_edits: Count = 0
    not_granted: str = ""
    other_ts: bool = False
    page_size_over: Literal["clamp", "error"] = "clamp"
    per_minute: Positive = 100
    per_second: Positive = 5
    same_second: Literal["no", "yes"] = "no"
    timestamp_minutes: Positive = 15
    token_seconds: Positive = 2_592_000
    token_values: Literal["same", "new"] = "same"  # noqa: S105 - no secret


def changed(settings: Settings, changes: dict[str, Any]) -> Settings:
    """Return the settings with some of them changed; values may be texts, as on a command line.

    Raises:
        SandboxError: an unknown switch or a wrong value.
    """
    unknown = sorted(set(changes) - set(settings.__struct_fields__))
    if unknown:
        raise SandboxError(f"Jushuitan has no switch {unknown[0]!r}; it has {', '.join(settings.__struct_fields__)}.")
    try:
        new = msgspec.convert({**msgspec.to_builtins(settings), **changes}, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SandboxError(f"A Jushuitan switch is wrong: {error}.") from None
    strangers = sorted(set(new.codes) - set(REFUSALS))
    if strangers:
        raise SandboxError(f"codes names {strangers[0]!r}, which is no refusal; these are: {', '.join(REFUSALS)}.")
    return new
