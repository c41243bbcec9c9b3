"""Merging in a run of the mapper: records are gathered as they come, documents leave at the end of the input.

Nothing of a group is held in memory before that. STATE waits until the documents are out, so what a run did not get to
is read again; and what is read again is in the book already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from erp_sdk.command import SetupError
from erp_sdk.messages import decode, encode, encode_sorted

from mapper_kd.failures import Failure, RecordError
from mapper_kd.merging.book import Book, Gathered
from mapper_kd.merging.compiling import struct_attributes
from mapper_kd.merging.folding import Folding, lines_of
from mapper_kd.merging.rows import Rows, record_key
from mapper_kd.merging.section import PART
from mapper_kd.merging.statements import AT_ONCE, DOCUMENTS_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal
    from pathlib import Path

    from mapper_kd.compiled import Companion, CompiledMapping
    from mapper_kd.merging.book import Due, Member, Page
    from mapper_kd.merging.compiling import CompiledMerge

MERGED_ELSEWHERE = "merged_elsewhere"
MERGE_CHANGED = "merge_changed"
_NO_RECORD = msgspec.Raw(b"null")


class Merged(NamedTuple):
    """What became of the records of one document, or of one record that cannot be merged.

    Attributes:
        key: The key of the document (its `by` and its part), or of the record.
        members: The keys of its records, a JSON list.
        record: The source record of its first member.
        models: The documents; several where the mapping has ``documents:``, none where it wants none.
        failure: Why there is none.
    """

    flow: CompiledMapping
    key: dict[str, Any]
    record: msgspec.Raw
    members: msgspec.Raw = msgspec.Raw(b"[]")
    models: Sequence[Any] = ()
    base_data: list[Companion] | None = None
    failure: Failure | None = None
    is_replay: bool = False


class Merger:
    """All merging of a run.

    Args:
        url: The merge book's SQLAlchemy URL.
        folder: Where a relative SQLite file lies.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder
        self._book: Book | None = None
        self._flows: dict[str, _Flow] = {}

    def open(self, flow: CompiledMapping, key: Sequence[str]) -> None:
        """Take up a mapping that merges, when its stream's SCHEMA has come; again, when it comes again.

        Raises:
            SetupError: The stream has no key.
            UserError: Another run merges with this mapping.
        """
        name = flow.mapping.name
        if not key:
            raise SetupError(
                f"the mapping {name} merges records of {flow.mapping.stream}, which has no key_properties; without a "
                "key a record that is read again would count twice."
            )
        if self._book is None:
            self._book = Book(self._url, self._folder)
        known = self._flows.get(name)
        if known is None:
            shape = _merge_of(flow).section.shape
            self._flows[name] = _Flow(flow, self._book.page(name, flow.mapping.form, shape), shape)
        else:
            known.flow = flow

    def take(
        self, flow: CompiledMapping, key: dict[str, Any], model: Any, failure: Failure | None, raw: msgspec.Raw, *,
        is_replay: bool,
    ) -> Sequence[Merged]:  # fmt: skip
        """Take what one record gives.

        Args:
            flow: The mapping.
            key: The record's key.
            model: Its contribution; None when it is not merged, or cannot be.
            failure: Why it cannot.
            raw: The record.
            is_replay: It comes from a dead letter.

        Returns:
            Dead letters of records that were taken before.
        """
        return self._flows[flow.mapping.name].take(key, model, failure, raw, is_replay=is_replay)

    def finish(self) -> Iterator[Merged]:
        """Yield what became of all that was gathered, documents in the order in which their groups first appeared."""
        for flow in self._flows.values():
            yield from flow.finish()

    def settle(self) -> None:
        """Note that everything is out, and close the book."""
        for flow in self._flows.values():
            flow.page.settle()
        self.close()

    def close(self) -> None:
        """Close the book."""
        if self._book is not None:
            self._book.close()
        self._book, self._flows = None, {}


class _Flow:
    """Merging with one mapping."""

    def __init__(self, flow: CompiledMapping, page: Page, shape: str) -> None:
        self.flow = flow
        self.page = page
        self._shape = shape
        self._batch: dict[str, Gathered] = {}
        self._rows = Rows() if self._merge.section.each is not None else None

    @property
    def _merge(self) -> CompiledMerge:
        return _merge_of(self.flow)

    def take(
        self, key: dict[str, Any], model: Any, failure: Failure | None, raw: msgspec.Raw, *, is_replay: bool
    ) -> Sequence[Merged]:
        if failure is not None:
            gathered = Gathered(is_failed=True)
            failed = [Merged(self.flow, key, raw, failure=failure)]
        elif None in key.values():
            missing = ", ".join(name for name, value in key.items() if value is None)
            return [Merged(self.flow, key, raw, failure=_keyless(missing))]
        else:
            gathered, failed = Gathered(), []
        if self._rows is not None:
            given = [self._gathered(one, raw, is_replay=is_replay) for one in model or ()]
            self._rows.put(self._batch, key, given, gathered)
        else:
            if model is not None:
                gathered = self._gathered(model, raw, is_replay=is_replay)
            self._batch[encode_sorted(key).decode()] = gathered
        is_full = max(len(self._batch), len(self._rows or ())) >= AT_ONCE
        return failed + self._gather() if is_full else failed

    def _gathered(self, model: Any, raw: msgspec.Raw, *, is_replay: bool) -> Gathered:
        return Gathered(self._group(model), encode(model), raw, is_replay)

    def _group(self, model: Any) -> str:
        attributes = struct_attributes(type(model))
        by = {
            one.name: _plain(getattr(model, attributes[f"b{index}"]))
            for index, one in enumerate(self._merge.section.by)
        }
        return encode_sorted(by).decode()

    def _gather(self) -> list[Merged]:
        keeps_records = self._merge.section.max_lines is not None
        if self._rows is not None:
            self._rows.add_gone(self._batch, self.page)
        items, self._batch = list(self._batch.items()), {}
        strays = [
            stray
            for start in range(0, len(items), AT_ONCE)
            for stray in self.page.gather(dict(items[start : start + AT_ONCE]), keeps_records=keeps_records)
        ]
        return [
            Merged(self.flow, decode(one.key), msgspec.Raw(bytes(one.gathered.record) or b"null"),
                   failure=_elsewhere(one.number, one.gathered.group))
            for one in strays
        ]  # fmt: skip

    def finish(self) -> Iterator[Merged]:
        yield from self._gather()
        section = self._merge.section
        most = section.max_lines
        self.page.part(None if most is None else lines_of(section), most or 0)
        numbers: list[tuple[Due, str]] = []
        for due, members in self.page.due():
            merged = self._document(due, members)
            yield merged
            numbers.append((due, "\n".join(self.numbers(merged))))
            if len(numbers) >= DOCUMENTS_AT_ONCE:
                self.page.send(numbers)
                numbers = []
        self.page.send(numbers)

    def numbers(self, merged: Merged) -> list[str]:
        if self._merge.building.mapping.number is None:
            return []
        return [str(getattr(model, self._merge.number_attribute(model))) for model in merged.models]

    def _document(self, due: Due, members: Iterator[Member]) -> Merged:
        by = decode(due.group)
        keys, last = bytearray(b"["), b""
        folding, failure = Folding(self._merge.section, by, due.part), None
        outdated = 0
        for member in members:
            key = member.key.encode() if self._rows is None else encode_sorted(record_key(member.key))
            if not member.astray and key != last:
                keys, last = keys + key + b",", key
            outdated += member.shape != self._shape
            if failure is None and not outdated:
                failure = self._fold(folding, member)
        merged = Merged(
            flow=self.flow,
            key=by | {PART: due.part},
            record=msgspec.Raw(bytes(due.record)) if due.record else _NO_RECORD,
            members=msgspec.Raw(bytes(keys[:-1] if len(keys) > 1 else keys) + b"]"),
            failure=_outdated(outdated) if outdated else failure,
            is_replay=due.due > 1,
        )
        if merged.failure is not None:
            return merged
        models, base_data, failure = self._merge.make(folding.result())
        made = merged._replace(models=models, base_data=base_data, failure=failure)
        lost = set((due.numbers or "").splitlines()) - set(self.numbers(made))
        if failure is None and lost and not made.is_replay:
            # What is in them would be in Kingdee twice: there, and in the documents that are made now.
            return merged._replace(failure=_no_longer_made(sorted(lost)))
        return made

    def _fold(self, folding: Folding, member: Member) -> Failure | None:
        try:
            folding.take(bytes(member.contribution))
        except (RecordError, TypeError) as error:
            section = self._merge.section
            reason = error.reason if isinstance(error, RecordError) else "expression_failed"
            place = f"{section.place.file}:{section.place.line}"
            return Failure(
                None, reason, f"merge: the record {member.key} cannot be taken together with the others: {error}.",
                f"correct the record in the source, or values: below {place}.",
            )  # fmt: skip
        return None


def _merge_of(flow: CompiledMapping) -> CompiledMerge:
    assert flow.merge is not None  # noqa: S101 - narrows the type; only mappings that merge come here
    return flow.merge


def _plain(value: Any) -> Any:
    """Spell a number of `by` in one way: 1, 1.0 and 1.00 are one group."""
    if value.__class__ is str or value is None or not hasattr(value, "normalize"):
        return value
    number: Decimal = value.normalize()
    return int(number) if number == number.to_integral_value() else number


def _keyless(missing: str) -> Failure:
    return Failure(
        None, "value_missing", f"the record has no {missing}, by which it is known when it is read again.",
        f"fill {missing} in the source.",
    )  # fmt: skip


def _elsewhere(number: str, group: str) -> Failure:
    shown = number.replace("\n", ", ") or "a document that was not made"
    now = f"it belongs to the group {group} now" if group else "it is not merged any more (where: is false)"
    return Failure(
        None, MERGED_ELSEWHERE, f"the record is part of {shown}, as it was then; {now}.",
        f"correct {shown} in Kingdee by hand, then discard this letter; a replay changes nothing.",
    )  # fmt: skip


def _no_longer_made(numbers: Sequence[str]) -> Failure:
    shown = ", ".join(numbers)
    return Failure(
        None, MERGED_ELSEWHERE, f"{shown} went out before, and the records make other documents now; none was sent.",
        f"delete {shown} in Kingdee, then replay this letter: it sends the documents as they are now.",
    )  # fmt: skip


def _outdated(count: int) -> Failure:
    return Failure(
        None, MERGE_CHANGED,
        f"merge: was changed since {count} records of the document were read, so they do not fit together.",
        "read the period of the document from the source again.",
    )  # fmt: skip
