"""The algorithm by which a batch of documents gets into Kingdee, exactly once and audited. No I/O of its own.

A `Delivery` is made of documents and of what the ledger knows of their numbers. It asks for one step at a time, is told
what came of it, and is done when every document has a fate::

    while (step := delivery.next()) is not None:
        delivery.answer(perform(step))

What it relies on: a document is sent only when it is known not to be there. A refused document is looked up before it
is called refused, since IsAutoSubmitAndAudit may leave a document saved whose audit failed (contract 8.5), and since
its number may exist already. What has a primary key above the form's highest before the first attempt was made by us.

How to read it: this file sends and reads answers; `looking` says what a document needs after a look, `existing` what is
done about one that is there with other content, `resume` what becomes of those that an earlier run left on their way,
`outcomes` what an answer means, and `patience` how long to go on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from erp_sdk.messages import decode, encode

from target_kingdee.api.answers import Answer, Complaint, Failure, Found
from target_kingdee.case import AUDITED, CREATED, REOPENED, SUBMITTED, Case, Ending, Fate, Policy, Stage
from target_kingdee.existing import give_up, put_back
from target_kingdee.looking import after_look, arrive, first_need, go_on
from target_kingdee.outcomes import BASE_DATA_MISSING, REJECTED, Action, Meaning, Row, row_of, sentence_of
from target_kingdee.patience import DeliveryStoppedError, Patience
from target_kingdee.resume import after_look_resumed
from target_kingdee.steps import Allocate, Look, Operate, Provide, Result, Save, Service, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import msgspec

    from target_kingdee.api.answers import Id
    from target_kingdee.document import Document, Entry

MOST_NUMBERS_A_LOOK = 200
SERVICES: dict[Stage, tuple[Service, str]] = {
    Stage.CANCEL: ("CancelAssign", REOPENED),
    Stage.UNAUDIT: ("UnAudit", REOPENED),
    Stage.SUBMIT: ("Submit", SUBMITTED),
    Stage.AUDIT: ("Audit", AUDITED),
}
"""Stage: the service, and the status that it leads to (contract 8.6)."""


@dataclass(slots=True)
class Delivery:
    """One batch of documents of one form; no number occurs twice.

    Attributes:
        cases: One a document, in order; each has a fate once `next` gives None.
        audit_is_ignored: Kingdee saved documents with IsAutoSubmitAndAudit and did not audit them.
        repeats: How many documents were sent again.
    """

    documents: Iterable[Document]
    known: Mapping[str, Entry]
    policy: Policy
    number_key: str = "FBillNo"
    cases: list[Case] = field(init=False)
    audit_is_ignored: bool = field(init=False, default=False)
    repeats: int = field(init=False, default=0)
    _waiting: list[list[Case]] = field(init=False)
    _current: tuple[Stage, list[Case]] | None = field(init=False, default=None)
    _patience: Patience = field(init=False)

    def __post_init__(self) -> None:
        self._patience = Patience(self.policy)
        self._waiting = [[] for _ in Stage]
        self.cases = [Case(document, self.known.get(document.number)) for document in self.documents]
        for case in self.cases:
            self._need(case, first_need(case, self.policy))

    @classmethod
    def of_resumed(cls, cases: Sequence[Case], policy: Policy) -> Delivery:
        """Make a delivery of cases that an earlier run left on their way; see `resume`."""
        delivery = cls((), {}, policy)
        delivery.cases = list(cases)
        delivery._waiting[Stage.LOOK] = list(cases)
        return delivery

    def open_cases(self) -> list[Case]:
        """Return the documents that need Kingdee: their intention must be in the ledger before the first step."""
        return [case for case in self.cases if case.fate is None]

    def next(self) -> Step | None:
        """Return what to do next; None when every document has its fate."""
        pause = self._patience.take_pause()
        if pause is not None:
            return pause
        for stage in Stage:
            waiting = self._waiting[stage]
            if waiting:
                size = self._chunk_size(stage, waiting[0])
                chunk, self._waiting[stage] = waiting[:size], waiting[size:]
                self._current = (stage, chunk)
                return self._step(stage, chunk)
        return None

    def answer(self, result: Result | None) -> None:
        """Take what came of the last step; None after a pause.

        Raises:
            DeliveryStoppedError: It makes no sense to go on; documents without a fate stay as the ledger has them.
        """
        if self._current is None or result is None:
            return
        (stage, cases), self._current = self._current, None
        if isinstance(result, dict):
            told = self._provided if stage is Stage.PROVIDE else _allocated
            told(cases, result)
            return
        if isinstance(result, list):
            self._patience.reached()
            self._looked(cases, result)
            return
        row = row_of(result)
        if row.action is not Action.OUTAGE:
            self._patience.reached()
        if stage is Stage.LOOK or row.meaning is not Meaning.JUDGED or isinstance(result, Failure):
            self._trouble(row, sentence_of(result), stage, cases)
        elif stage in (Stage.SAVE, Stage.UPDATE):
            self._saved(stage, cases, result)
        else:
            self._operated(stage, cases, result)

    # Steps.

    def _chunk_size(self, stage: Stage, first: Case) -> int:
        if stage is Stage.LOOK:
            return MOST_NUMBERS_A_LOOK
        # A call without a verdict is sent again in a quarter of its size, so that one bad document ends up alone.
        return max(1, self.policy.batch_size >> (2 * first.lost))

    def _step(self, stage: Stage, cases: list[Case]) -> Step:
        if stage is Stage.LOOK:
            return Look([case.number for case in cases])
        if stage is Stage.PROVIDE:
            return Provide(cases)
        if stage is Stage.ALLOCATE:
            return Allocate(cases)
        for case in cases:
            case.refused_at = case.modified_at = None
        if stage in SERVICES:
            return Operate(SERVICES[stage][0], [_known_id(case) for case in cases])
        self.repeats += sum(case.was_sent for case in cases)
        is_update = stage is Stage.UPDATE
        return Save(cases, is_update, auto_audit=self.policy.audits_inline and not is_update)

    # Answers.

    def _looked(self, cases: list[Case], found: list[Found]) -> None:
        by_number: dict[str, list[Found]] = {}
        for row in found:
            by_number.setdefault(row.number, []).append(row)
        for case in cases:
            decide = after_look_resumed if case.is_resumed else after_look
            rows = by_number.get(case.number, [])
            self._need(case, decide(case, rows, self.policy))
            if case.was_saved and self.policy.audits_inline and not case.is_update and rows and case.status != AUDITED:
                self.audit_is_ignored = True

    def _saved(self, stage: Stage, cases: list[Case], answer: Answer) -> None:
        entities = {entity.DIndex: entity for entity in answer.entities}
        complaints: dict[int | None, list[Complaint]] = {}
        for complaint in answer.complaints:
            complaints.setdefault(complaint.DIndex, []).append(complaint)
        if entities:
            self._patience.succeed()
        for index, case in enumerate(cases):
            entity, errors = entities.get(index), complaints.get(index)
            case.was_sent = True
            if entity is not None and entity.Id and errors is None and entity.Number in (case.number, None, ""):
                case.kingdee_id, case.was_saved, case.is_ours = entity.Id, True, True
                case.held_hash = case.document.content_hash
                self._after_save(case, stage)
                continue
            if errors:
                case.refuse(stage, errors, answer.msg_code)
            else:
                case.lost += 1
            self._need(case, Stage.LOOK)
        if answer.returned:
            attach_returned(cases, answer.returned, self.number_key)

    def _after_save(self, case: Case, stage: Stage) -> None:
        if self.policy.audits_inline and stage is Stage.SAVE:
            if self.policy.verify_audit:
                self._need(case, Stage.LOOK)
            else:
                self._need(case, arrive(case, AUDITED, self.policy))
        else:
            case.status = REOPENED if case.status == REOPENED else CREATED
            self._need(case, go_on(case, self.policy))

    def _operated(self, stage: Stage, cases: list[Case], answer: Answer) -> None:
        # DIndex counts the documents found, and ids that are not there are dropped silently (contract 8.7).
        done = {str(entity.Id) for entity in answer.entities}
        if done:
            self._patience.succeed()
        for case in cases:
            if str(case.kingdee_id) not in done:
                about = [each for each in answer.complaints if case.number in str(each)]
                case.refuse(stage, about or answer.complaints, answer.msg_code)
                self._need(case, Stage.LOOK)
                continue
            before, case.status = case.status, SERVICES[stage][1]
            if stage in (Stage.CANCEL, Stage.UNAUDIT):
                case.reopened_from = before
                self._need(case, Stage.UPDATE)
            else:
                self._need(case, put_back(case, self.policy) if case.ending else go_on(case, self.policy))

    def _provided(self, cases: list[Case], missing: dict[str, str]) -> None:
        for case in cases:
            why, stage = missing.get(case.number), case.refused_at or Stage.SAVE
            case.refused_at = None
            if why is not None:
                ending = Ending(Fate.DEAD, BASE_DATA_MISSING, f"{case.message}; {why}")
                self._need(case, give_up(case, ending, self.policy))
            else:
                self._need(case, stage)

    # Trouble: a call without a verdict on its documents.

    def _trouble(self, row: Row, sentence: str, stage: Stage, cases: list[Case]) -> None:
        if row.action is Action.STOP:
            raise DeliveryStoppedError(f"{sentence}.")
        if stage is Stage.LOOK and row.meaning is Meaning.JUDGED:
            raise DeliveryStoppedError(
                f"documents cannot be looked up ({sentence}), and without that nothing can be sent safely; "
                "give the integration user the right to query this form."
            )
        is_harmless = row.meaning is Meaning.NOT_DONE or stage is Stage.LOOK
        if row.action is Action.WAIT:
            self._patience.throttle(sentence)
        elif row.action is Action.OUTAGE:
            self._patience.wait_out(sentence)
        if row.action is not Action.WAIT and not (is_harmless and row.action is Action.OUTAGE):
            # One document may be what breaks the site each time, so what may have been done counts as well.
            self._strike(row, sentence, stage, cases)
        if is_harmless:
            self._waiting[stage] = [*cases, *self._waiting[stage]]
            return
        for case in cases:
            case.was_sent = case.was_sent or stage not in SERVICES
            case.lost += 1
            case.message = f"{sentence}."
            self._need(case, Stage.LOOK)

    def _strike(self, row: Row, sentence: str, stage: Stage, cases: list[Case]) -> None:
        self._patience.strike()
        if self._patience.is_exhausted:
            if not (row.blames_document and len(cases) == 1 and stage is not Stage.LOOK):
                raise self._patience.give_up(sentence)
            # Kingdee answers queries in between, and an exception to this one document each time.
            cases[0].refuse(stage, [Complaint(None, f"{sentence}.")], 0, REJECTED)
            self._patience.succeed()
        self._patience.back_off(sentence)

    def _need(self, case: Case, stage: Stage | None) -> None:
        """Put a document where its need is met; it has its fate when it needs nothing more."""
        if stage is None:
            return
        if case.refused_at is stage:
            self._patience.back_off(case.message)
        self._waiting[stage].append(case)


def _allocated(cases: list[Case], missing: dict[str, str]) -> None:
    for case in cases:
        why = missing.get(case.number)
        if why is None:
            case.settle(case.status)
        else:
            case.leave_unallocated(why)


def attach_returned(cases: list[Case], returned: msgspec.Raw, number_key: str) -> None:
    """Give each saved document what NeedReturnFields asked for: one object a saved document (contract 8.4)."""
    rows = [row for row in decode(returned) or [] if isinstance(row, dict) and row]
    saved = [case for case in cases if case.was_saved]
    by_number = {str(row[number_key]): row for row in rows if row.get(number_key)}
    in_order = rows if len(rows) == len(saved) else []
    for index, case in enumerate(saved):
        row = by_number.get(case.number) or (in_order[index] if in_order and not by_number else None)
        if row is not None:
            case.returned = encode(row)


def _known_id(case: Case) -> Id:
    if case.kingdee_id is None:
        raise AssertionError(f"{case.number} is to be submitted without an id")
    return case.kingdee_id
