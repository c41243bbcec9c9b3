"""Sinks: records become documents of a batch, batches go to the run, dead letters to the ledger."""

from __future__ import annotations

import abc
import time
from typing import TYPE_CHECKING, Any

import msgspec
from erp_sdk.command import UserError
from erp_sdk.messages import NOTHING, Source
from singer_sdk import metrics
from singer_sdk.sinks import BatchSink

from target_kingdee.document import (
    Document,
    canonical_key,
    content_hash,
    document_number,
    read_model,
)
from target_kingdee.forms import TOTAL_KEYS
from target_kingdee.ledger_rows import DeadLetter
from target_kingdee.outcomes import EXISTING_NUMBER
from target_kingdee.totals import UNKNOWN, totals_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_kingdee.run import OpenForm
    from target_kingdee.target import TargetKingdee

DEAD_LETTERS = "dead_letters"
MOST_LETTERS = 1000
_NO_RECORD = msgspec.Raw(b"null")
NUMBER_MISSING_FIX = "Map a value to the number field, or fill it in the source; then replay."


class KingdeeSink(BatchSink):
    """What the two sinks share: no validation a record, and one metric line for many batches.

    Records are not validated against the stream's schema: the mapper makes them by it, and Kingdee checks each field.
    """

    _target: TargetKingdee

    def __init__(self, target: Any, stream_name: str, schema: dict[str, Any], key_properties: Any) -> None:
        super().__init__(target, stream_name, schema, key_properties)
        self._target = target
        self.first_position: int | None = None
        self.waiting_since = 0.0

    def get_validator(self) -> None:
        """Validate nothing."""

    def get_batch_processing_timer(self) -> metrics.Timer:
        """Return a timer that does not log each batch: the run summary says what took how long."""
        return QuietTimer(metrics.Metric.BATCH_PROCESSING_TIME)

    @abc.abstractmethod
    def take(self, message: Mapping[str, Any], position: int) -> None:
        """Take one RECORD message.

        Args:
            message: What `ModelReader` made of it.
            position: Its place among all records, from 1 on.
        """

    def _begin_batch(self, position: int) -> None:
        self.first_position = position
        self.waiting_since = time.monotonic()

    def drained(self, count: int) -> None:
        """Note that a batch of so many records was handed over."""
        self.first_position = None
        self.tally_record_read(count)
        self.record_counter_metric.increment(count)


class QuietTimer(metrics.Timer):
    """Measures, and says nothing."""

    def __exit__(self, *_: object) -> None:
        """Say nothing."""


class FormSink(KingdeeSink):
    """Documents of one form."""

    def setup(self) -> None:
        """Open the form: see that it exists, and become its one writer."""
        super().setup()
        self.form: OpenForm = self._target.run.open_form(self.stream_name)
        self._number_key = self.form.settings.keys.number
        self._total_keys = TOTAL_KEYS.get(self.stream_name)
        self._most = self.form.settings.policy.batch_size
        self._documents: dict[str, Document] = {}
        self._letters: list[DeadLetter] = []
        self._taken = 0

    @property
    def current_size(self) -> int:
        """How many records wait."""
        return self._taken

    @property
    def max_size(self) -> int:
        """How many may."""
        return self._most

    @property
    def is_full(self) -> bool:
        """Whether the batch is full."""
        return len(self._documents) >= self._most or self._taken >= MOST_LETTERS

    def take(self, message: Mapping[str, Any], position: int) -> None:
        """Make a document of a record; a record that cannot be one is a dead letter."""
        if self.first_position is None:
            self._begin_batch(position)
        self._taken += 1
        raw: msgspec.Raw = message["record"]
        model = read_model(raw)
        source: Source | None = message["source"]
        number = document_number(model.get(self._number_key))
        if source is None:
            source = self._own_source(raw, model, number)
        elif source.record is NOTHING:
            source.record = _NO_RECORD  # the model is no source record: a mapping could make nothing of it
        document = Document(
            number or "",
            raw,
            content_hash(model),
            source.stream,
            canonical_key(source.key),
            source.mapping,
            source.record,
            message["base_data"],
            UNKNOWN if self._total_keys is None else totals_of(model, self._total_keys),
            message["replay"],
            [canonical_key(key) for key in source.members],
        )
        if number is None:
            self._letters.append(self._numberless(document))
            return
        earlier = self._documents.get(number)
        if earlier is None:
            self._documents[number] = document
        else:
            self._merge(earlier, document)

    def process_batch(self, context: dict[str, Any]) -> None:  # noqa: ARG002 - singer-sdk's signature
        """Hand the batch over to the run."""
        run = self._target.run
        run.keep_letters(self._letters)
        if self._documents:
            run.dispatch(self.form, list(self._documents.values()), self.first_position or 0)
        self._documents, self._letters = {}, []
        taken, self._taken = self._taken, 0
        self.drained(taken)

    def _merge(self, earlier: Document, document: Document) -> None:
        """Decide on a number that is in the batch already: the last content of one source record wins."""
        is_same_source = earlier.source_key == document.source_key and earlier.source_stream == document.source_stream
        if is_same_source or earlier.content_hash == document.content_hash:
            self._documents[document.number] = document if is_same_source else earlier
            self._target.run.summary.superseded += 1
            self.tally_duplicate_merged()
            return
        owner = f"{earlier.source_stream} {earlier.source_key}"
        said = f"The number {document.number} already belongs to another source record, {owner}."
        self._letters.append(self._letter(document, EXISTING_NUMBER.name, said, EXISTING_NUMBER.fix))

    def _own_source(self, raw: msgspec.Raw, model: dict[str, Any], number: str | None) -> Source:
        """Return the source of a record that came without one: itself."""
        key = {name: model[name] for name in self.key_properties if model.get(name) is not None}
        if not key:
            key = {self._number_key: number} if number else {"content_hash": content_hash(model).hex()}
        return Source(stream=self.stream_name, key=key, record=raw)

    def _numberless(self, document: Document) -> DeadLetter:
        said = f"The document of {document.source_stream} {document.source_key} has no {self._number_key} 单据编号."
        return self._letter(document, "number_missing", said, NUMBER_MISSING_FIX, self._number_key)

    def _letter(self, document: Document, reason: str, said: str, fix: str, field: str | None = None) -> DeadLetter:
        return DeadLetter(
            form=self.stream_name,
            source_stream=document.source_stream,
            source_key=document.source_key,
            reason=reason,
            message=said,
            fix=fix,
            record=bytes(document.record).decode(),
            number=document.number or None,
            mapping=document.mapping,
            field=field,
            model=bytes(document.model).decode(),
        )


class _Letter(msgspec.Struct):
    """A record of the stream `dead_letters`, as a mapper emits it."""

    stream: str
    key: str
    form: str
    reason: str
    message: str = ""
    fix: str = ""
    mapping: str = ""
    field: str | None = None
    record: msgspec.Raw = NOTHING
    occurred_at: str | None = None


_decode_letter = msgspec.json.Decoder(_Letter).decode


class DeadLetterSink(KingdeeSink):
    """The stream `dead_letters`: source records that no mapping could make a document of."""

    def setup(self) -> None:
        """Begin empty."""
        super().setup()
        self._letters: list[DeadLetter] = []

    @property
    def current_size(self) -> int:
        """How many letters wait."""
        return len(self._letters)

    @property
    def max_size(self) -> int:
        """How many may."""
        return MOST_LETTERS

    def take(self, message: Mapping[str, Any], position: int) -> None:
        """Take a dead letter.

        Raises:
            UserError: It is none.
        """
        if self.first_position is None:
            self._begin_batch(position)
        try:
            letter = _decode_letter(message["record"])
        except msgspec.ValidationError as error:
            raise UserError(
                f"a record of the stream {DEAD_LETTERS} is no dead letter ({error}); this stream name is a mapper's."
            ) from None
        self._letters.append(
            DeadLetter(
                form=letter.form,
                source_stream=letter.stream,
                source_key=_canonical(letter.key),
                reason=letter.reason,
                message=letter.message,
                fix=letter.fix,
                record=bytes(letter.record or b"null").decode(),
                mapping=letter.mapping,
                field=letter.field,
                occurred_at=letter.occurred_at,
            )
        )

    def process_batch(self, context: dict[str, Any]) -> None:  # noqa: ARG002 - singer-sdk's signature
        """Keep the letters."""
        self._target.run.keep_letters(self._letters)
        count, self._letters = len(self._letters), []
        self.drained(count)


def _canonical(key: str) -> str:
    try:
        return canonical_key(msgspec.json.decode(key))
    except msgspec.DecodeError:
        return key
