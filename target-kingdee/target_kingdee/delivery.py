"""The algorithm by which a batch of documents gets into Kingdee, exactly once and audited. No I/O of its own.

A `Delivery` is made of documents and of what the ledger knows of their numbers. It asks for one step at a time, is told
what came of it, and is done when every document has a fate::

    while (step := delivery.next()) is not None:
        delivery.answer(perform(step))

What it relies on: a document is sent only when it is known not to be there. A refused document is looked up before it
is called refused, since IsAutoSubmitAndAudit may leave a document saved whose audit failed (contract 8.5), and since
its number may exist already. What has a primary key above the form's highest before the first attempt was made by us.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from erp_sdk.messages import decode, encode

from target_kingdee.api.answers import Answer, Complaint, Failure, Found
from target_kingdee.case import AUDITED, CREATED, DRAFT, EDITABLE, SUBMITTED, Case, Fate, Policy, Stage
from target_kingdee.outcomes import (
    BASE_DATA_MISSING,
    EXISTING_NUMBER,
    NOT_AUDITED,
    REJECTED,
    Action,
    Meaning,
    Row,
    row_of,
    sentence_of,
)
from target_kingdee.patience import DeliveryStoppedError, Patience
from target_kingdee.steps import Look, Operate, Provide, Result, Save, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import msgspec

    from target_kingdee.api.answers import Id
    from target_kingdee.document import Document, Entry

MOST_NUMBERS_A_LOOK = 200


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
            self._begin(case)

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
        if isinstance(result, list):
            self._looked(cases, result)
            return
        if isinstance(result, dict):
            self._provided(cases, result)
            return
        row = row_of(result)
        if stage is Stage.LOOK or row.meaning is not Meaning.JUDGED or isinstance(result, Failure):
            self._trouble(row, sentence_of(result), stage, cases)
        elif stage in (Stage.SAVE, Stage.UPDATE):
            self._saved(stage, cases, result)
        else:
            self._operated(stage, cases, result)

    # The way in: what the ledger knows decides the first need.

    def _begin(self, case: Case) -> None:
        prior = case.prior
        if prior is None or (prior.status == "dead" and not prior.kingdee_id):
            self._need(case, Stage.LOOK if self.policy.look_first else Stage.SAVE)
            return
        content = case.document.content_hash
        case.kingdee_id, case.status = prior.kingdee_id, prior.document_status or ""
        if prior.status == "delivered" and prior.delivered_hash == content:
            case.fate = Fate.UNCHANGED
        elif not prior.is_of(case.document):
            owner = f"{prior.source_stream} {prior.source_key}"
            case.bury(EXISTING_NUMBER, f"The number {case.number} already belongs to another source record, {owner}.")
        elif prior.status in ("delivered", "existing") and self.policy.on_existing != "update":
            self._treat_existing(case)
        else:
            self._need(case, Stage.LOOK)

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
        for case in cases:
            case.refused_at = None
        if stage in (Stage.SAVE, Stage.UPDATE):
            self.repeats += sum(case.was_sent for case in cases)
            is_update = stage is Stage.UPDATE
            return Save(cases, is_update, auto_audit=self.policy.audits_inline and not is_update)
        return Operate("Submit" if stage is Stage.SUBMIT else "Audit", [_known_id(case) for case in cases])

    # Answers.

    def _looked(self, cases: list[Case], found: list[Found]) -> None:
        by_number: dict[str, list[Found]] = {}
        for row in found:
            by_number.setdefault(row.number, []).append(row)
        for case in cases:
            rows = by_number.get(case.number)
            if rows is None:
                self._not_there(case)
                continue
            row = next((row for row in rows if self._made_by_us(case, row)), rows[0])
            case.is_ours = self._made_by_us(case, row)
            case.kingdee_id, case.status = row.id, row.status
            if not case.is_ours or self._holds_other_content(case):
                self._treat_existing(case)
            else:
                self._go_on(case)

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
                self._settle(case, AUDITED)
        elif self.policy.goal == "saved":
            self._settle(case, CREATED)
        else:
            self._need(case, Stage.SUBMIT)

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
            elif stage is Stage.SUBMIT and self.policy.goal == "audited":
                self._need(case, Stage.AUDIT)
            else:
                self._settle(case, AUDITED if stage is Stage.AUDIT else SUBMITTED)

    def _provided(self, cases: list[Case], missing: dict[str, str]) -> None:
        for case in cases:
            why = missing.get(case.number)
            if why is None:
                self._need(case, case.refused_at or Stage.SAVE)
            else:
                case.bury(BASE_DATA_MISSING, f"{case.message}; {why}")

    # What a look tells.

    def _made_by_us(self, case: Case, row: Found) -> bool:
        prior = case.prior
        if case.was_saved:
            return str(row.id) == str(case.kingdee_id)
        if prior is not None and prior.kingdee_id and prior.status != "existing":
            return str(row.id) == prior.kingdee_id
        was_unknown = prior is not None and prior.status == "sending"
        if not case.was_sent and not was_unknown:
            return False
        floor = prior.floor_id if prior is not None and was_unknown else self.policy.floor_id
        if floor is None or not isinstance(row.id, int):
            return case.reason is not EXISTING_NUMBER
        return row.id > floor

    def _holds_other_content(self, case: Case) -> bool:
        prior = case.prior
        if prior is None or case.was_sent:
            return False
        case.held_hash = prior.delivered_hash if prior.kingdee_id else prior.content_hash
        return case.held_hash != case.document.content_hash

    def _not_there(self, case: Case) -> None:
        prior = case.prior
        if case.was_saved:
            self._end_invisible(case)
        elif case.refused_at is not None and case.reason is not None:
            self._end_refused(case, Stage.SAVE)
        elif prior is not None and prior.kingdee_id and not case.was_sent and prior.status != "existing":
            case.kingdee_id = None
            said = f"{case.number} was in Kingdee with id {prior.kingdee_id} and is gone: somebody deleted it."
            case.bury(REJECTED, said)
        elif case.lost > self.policy.max_retries:
            case.bury(REJECTED, case.message or "Kingdee gave no verdict on the document, time and again.")
        else:
            self._need(case, Stage.SAVE)

    def _end_invisible(self, case: Case) -> None:
        # Kingdee confirmed the save; queries hide the rows of organisations the user may not see (contract 9).
        if case.refused_at is None and not case.lost:
            self._settle(case, AUDITED)
        else:
            self._leave_saved(case)

    def _go_on(self, case: Case) -> None:
        """Continue our own document, which holds the right content, from the status Kingdee shows."""
        goal, status = self.policy.goal, case.status
        if case.was_saved and self.policy.audits_inline and not case.is_update and status != AUDITED:
            self.audit_is_ignored = True
        if case.is_update and not case.was_saved:
            self._treat_existing(case)  # lost: an update that is sent again changes nothing that it did
        elif status == AUDITED or (status == SUBMITTED and goal != "audited") or (goal == "saved" and status != DRAFT):
            self._settle(case, status)
        elif status == DRAFT:
            self._need_update(case)
        else:
            self._push(case, Stage.AUDIT if status == SUBMITTED else Stage.SUBMIT)

    def _push(self, case: Case, stage: Stage) -> None:
        """Submit or audit, unless Kingdee has just refused that."""
        if case.refused_at is not stage:
            self._need(case, stage)
        elif not self._try_again(case, stage):
            self._leave_saved(case)

    def _try_again(self, case: Case, stage: Stage) -> bool:
        """Repeat what was refused because somebody is editing the document, a few times."""
        if case.reason is None or not case.reason.retriable or case.locks > self.policy.max_retries:
            return False
        self._patience.back_off(case.message)
        self._need(case, stage)
        return True

    def _end_refused(self, case: Case, stage: Stage) -> None:
        """End what Kingdee did not save, unless an edit lock or missing base data is all that was in the way."""
        if case.reason is None or self._try_again(case, stage):
            return
        ways = self.policy.missing_base_data if case.reason is BASE_DATA_MISSING else "dead_letter"
        if ways == "create" and case.document.base_data and not case.was_provided:
            case.was_provided = True
            self._need(case, Stage.PROVIDE)
        elif ways == "park":
            case.fate = Fate.PARKED
        else:
            case.bury(case.reason, case.message)

    def _treat_existing(self, case: Case) -> None:
        """Decide on a document that is there with content other than the one to deliver."""
        updates = self.policy.on_existing == "update"
        if case.refused_at is Stage.UPDATE and case.reason is not None:
            self._end_refused(case, Stage.UPDATE)
        elif updates and case.status in EDITABLE:
            self._need_update(case)
        elif case.is_ours and case.status != AUDITED and self.policy.goal == "audited":
            case.message = "it holds the content of an earlier attempt. Delete it, or set on_existing to update."
            self._leave_saved(case)
        elif self.policy.on_existing == "skip":
            case.fate = Fate.EXISTING
        else:
            hint = " and can be changed in status A or D only: unaudit 反审核 it first" if updates else ""
            status = f" in status {case.status}" if case.status else ""
            said = f"{case.number} is already in Kingdee{status} with other content (id {case.kingdee_id}){hint}."
            case.bury(EXISTING_NUMBER, said)

    def _need_update(self, case: Case) -> None:
        if case.lost > self.policy.max_retries:
            case.bury(REJECTED, case.message or "Kingdee gave no verdict on the update, time and again.")
            return
        case.is_update = True
        self._need(case, Stage.UPDATE)

    # Trouble: a call without a verdict on its documents.

    def _trouble(self, row: Row, sentence: str, stage: Stage, cases: list[Case]) -> None:
        if row.action is Action.STOP:
            raise DeliveryStoppedError(f"{sentence}.")
        if stage is Stage.LOOK and row.meaning is Meaning.JUDGED:
            raise DeliveryStoppedError(
                f"documents cannot be looked up ({sentence}), and without that nothing can be sent safely; "
                "give the integration user the right to query this form."
            )
        if row.action is Action.WAIT:
            self._patience.throttle(sentence)
        else:
            self._strike(row, sentence, stage, cases)
        if row.meaning is Meaning.NOT_DONE or stage is Stage.LOOK:
            self._waiting[stage] = [*cases, *self._waiting[stage]]
            return
        for case in cases:
            case.was_sent = True
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

    # Ends.

    def _need(self, case: Case, stage: Stage) -> None:
        self._waiting[stage].append(case)

    def _settle(self, case: Case, status: str) -> None:
        case.status, case.held_hash = status, case.document.content_hash
        case.fate = Fate.UPDATED if case.is_update else Fate.DELIVERED

    def _leave_saved(self, case: Case) -> None:
        if case.held_hash is None:
            case.held_hash = case.document.content_hash
        case.fate, case.reason = Fate.SAVED, NOT_AUDITED
        case.message = f"{case.number} is saved in Kingdee (id {case.kingdee_id}) but not audited: {case.message}"


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
