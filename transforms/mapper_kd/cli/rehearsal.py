"""Records mapped as a run of the mapper maps them, without a run: for looking at them and for cases."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mapper_kd.dead_letters import dead_letter
from mapper_kd.merging.merger import Merger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import msgspec

    from mapper_kd.compiled import Companion
    from mapper_kd.failures import Failure
    from mapper_kd.flows import Flows, Outcome, StreamFlows
    from mapper_kd.mapping import Mapping
    from mapper_kd.merging.merger import Merged

_COUNTED = "record"
"""Stands for a key where records have none: the how-manieth it is."""


class Rehearsed(NamedTuple):
    """What one record, or those of one merged document, have become in one mapping.

    Attributes:
        key: The record's key, or the merged document's.
        record: The record; of a merged document its first.
        models: Documents; none when ``where`` is false.
        failure: Why there are none.
        is_merged: Whether several records may have made it.
    """

    mapping: Mapping
    key: dict[str, Any]
    record: msgspec.Raw
    models: Sequence[Any] = ()
    failure: Failure | None = None
    base_data: list[Companion] | None = None
    is_merged: bool = False

    def letter(self) -> dict[str, Any] | None:
        """Return the record of the stream ``dead_letters``, or None."""
        return None if self.failure is None else dead_letter(self.mapping, self.key, self.failure, self.record)


def rehearse(flows: Flows, stream: str, messages: Iterable[dict[str, Any]]) -> Iterator[Rehearsed]:
    """Yield what becomes of records, merged documents last.

    Args:
        flows: The mapping.
        stream: Its stream.
        messages: SCHEMA and RECORD messages of it; without a SCHEMA, every field name is taken on trust.
    """
    with tempfile.TemporaryDirectory(prefix="mapper-kd-") as folder:
        merger = Merger("sqlite:///merge-book.sqlite", Path(folder))
        try:
            yield from _rehearse(flows, stream, messages, merger)
            for merged in merger.finish():
                yield _merged(merged)
        finally:
            merger.close()


def _rehearse(flows: Flows, stream: str, messages: Iterable[dict[str, Any]], merger: Merger) -> Iterator[Rehearsed]:
    opened: StreamFlows | None = None
    keys: Sequence[str] = ()
    for number, message in enumerate(messages, start=1):
        if message["type"] == "SCHEMA" or opened is None:
            keys = message.get("key_properties") or ()
            opened = flows.open(stream, message.get("schema") or {}, keys)
            for flow in opened.flows:
                if flow.merge is not None:
                    merger.open(flow, keys or [_COUNTED])
        if message["type"] == "RECORD":
            key, outcomes = opened.map(message["record"])
            for outcome in outcomes:
                yield from _one(outcome, key, message["record"], merger, number)


def _one(outcome: Outcome, key: dict[str, Any], raw: msgspec.Raw, merger: Merger, number: int) -> Iterator[Rehearsed]:
    flow = outcome.flow
    if flow.merge is not None:
        known = key or {_COUNTED: number}
        taken = merger.take(flow, known, outcome.model, outcome.failure, raw, is_replay=False)
        yield from map(_merged, taken)
        return
    models = [] if outcome.model is None else [outcome.model] if flow.mapping.documents is None else outcome.model
    yield Rehearsed(flow.mapping, key, raw, models, outcome.failure, outcome.base_data)


def _merged(merged: Merged) -> Rehearsed:
    return Rehearsed(
        merged.flow.mapping,
        merged.key,
        merged.record,
        merged.models,
        merged.failure,
        merged.base_data,
        is_merged=True,
    )
