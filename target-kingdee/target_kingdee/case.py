"""What a delivery is about: one document's case, the policy for its form, and how it can end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from target_kingdee.outcomes import BASE_DATA_MISSING, FIELD_INVALID, NOT_ALLOCATED, NOT_AUDITED, Reason, classify
from target_kingdee.waiting import refers_to_nothing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_kingdee.api.answers import Complaint, Id
    from target_kingdee.document import Document, Entry

OnExisting = Literal["skip", "update", "fail"]
Goal = Literal["audited", "submitted", "saved"]
MissingBaseData = Literal["dead_letter", "create", "park"]

# FDocumentStatus (contract 8.6)
DRAFT, CREATED, SUBMITTED, AUDITED, REOPENED = "Z", "A", "B", "C", "D"
EDITABLE = frozenset({DRAFT, CREATED, REOPENED})


class Fate(Enum):
    """How a document ended; the values name the counters of the run summary.

    Compare with `is`, or with `in` a tuple: hashing a member of an Enum costs more than a row of the ledger.
    """

    DELIVERED = "delivered"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    EXISTING = "skipped_existing"
    SAVED = "saved_not_audited"
    PARKED = "parked"
    DEAD = "dead"
    LEFT = "left_to_its_record"
    ASIDE = "set_aside"


class Stage(IntEnum):
    """What a document needs next, in the order in which the needs of a batch are met."""

    LOOK = 0
    PROVIDE = 1
    SAVE = 2
    CANCEL = 3
    UNAUDIT = 4
    UPDATE = 5
    SUBMIT = 6
    AUDIT = 7
    ALLOCATE = 8


@dataclass(frozen=True, slots=True)
class Policy:
    """How the documents of one form are delivered.

    Attributes:
        goal: The status in which a document counts as delivered.
        auto_audit: Whether batchSave submits and audits by itself (IsAutoSubmitAndAudit).
        verify_audit: Whether to look whether it really does; for the first batch of a run.
        look_first: Whether to look for every new number before its first save.
        floor_id: The form's highest primary key before this run; None when it is not known.
        allow_unaudit: With ``update``, whether to take back a submission or an audit.
        overwrite_edits: With ``update``, whether to save over what a person changed since.
        allocate_to: Base data: the organisations, by number, that are to use it as well.
        missing_base_data: What becomes of a document that refers to base data which is not there.
        max_outage_seconds: How long a Kingdee that cannot be reached is waited for.
        backoff_seconds: The first pause after a failure; doubles up to five times itself.
        throttle_seconds: The first pause after a throttled call; doubles up to twelve times itself.
        max_throttle_seconds: How long to wait for calls to be allowed again, all pauses together.
    """

    goal: Goal = "audited"
    auto_audit: bool = True
    verify_audit: bool = False
    look_first: bool = False
    on_existing: OnExisting = "skip"
    allow_unaudit: bool = False
    overwrite_edits: bool = False
    allocate_to: tuple[str, ...] = ()
    missing_base_data: MissingBaseData = "dead_letter"
    batch_size: int = 20
    max_retries: int = 5
    floor_id: int | None = None
    max_outage_seconds: float = 3600.0
    backoff_seconds: float = 1.0
    throttle_seconds: float = 5.0
    max_throttle_seconds: float = 900.0

    @property
    def updates(self) -> bool:
        """Whether a document that is there is saved over."""
        return self.on_existing == "update"

    def is_reached(self, status: str) -> bool:
        """Whether a document in this FDocumentStatus is where it should be."""
        if self.goal == "saved":
            return status != DRAFT
        return status == AUDITED or (status == SUBMITTED and self.goal == "submitted")

    @property
    def audits_inline(self) -> bool:
        """Whether a batchSave alone reaches the goal."""
        return self.auto_audit and self.goal == "audited"


class Ending(NamedTuple):
    """How a document ends that is not delivered."""

    fate: Fate
    reason: Reason
    message: str


class Case(msgspec.Struct, eq=False, gc=False):
    """One document in a delivery, and how far it is.

    Attributes:
        document: What to deliver.
        prior: What the ledger knew of its number.
        fate: None as long as it is open.
        kingdee_id: Its id in Kingdee, once known.
        status: Its FDocumentStatus in Kingdee, as far as known.
        is_ours: Whether the document in Kingdee was made by us.
        is_resumed: An earlier run left it on its way; there is no model, only what the ledger knows.
        letter_id: The open dead letter of a resumed one.
        held_hash: The hash of the content that Kingdee holds, as far as known.
        was_saved: Kingdee confirmed the save of this delivery.
        was_sent: A save of this delivery may have reached Kingdee.
        is_update: It is saved over a document that was there.
        reopened_from: B or C, when we took back its submission or audit in order to save over it.
        ending: What it ends with once it is submitted and audited again, its save having been refused.
        was_provided: The base data that it brings was asked for, once.
        lost: How often a call gave no verdict on it.
        locks: How often it was refused because somebody was editing it.
        refused_at: Where Kingdee refused it last; None after a new attempt.
        reason: Why, as a class; with `message`, `field_name` and Kingdee's own `complaints`.
        aside: What its mapping could not give of the base data that it brings; told when it is refused for that.
        returned: What NeedReturnFields asked for, as JSON.
        modified_at: FModifyDate as Kingdee last told it, verbatim; None when a call of ours may have moved it since.
        waits_for: Of a parked one, the base data that is missing, as JSON: ``[{"form": …, "number": …}, …]``.
    """

    document: Document
    prior: Entry | None
    fate: Fate | None = None
    kingdee_id: Id | None = None
    status: str = ""
    is_ours: bool = False
    is_resumed: bool = False
    letter_id: int | None = None
    held_hash: bytes | None = None
    was_saved: bool = False
    was_sent: bool = False
    is_update: bool = False
    reopened_from: str = ""
    ending: Ending | None = None
    was_provided: bool = False
    lost: int = 0
    locks: int = 0
    refused_at: Stage | None = None
    reason: Reason | None = None
    message: str = ""
    field_name: str | None = None
    complaints: Sequence[Complaint] = ()
    aside: str = ""
    returned: bytes | None = None
    modified_at: str | None = None
    waits_for: str | None = None

    @property
    def number(self) -> str:
        """The document's number."""
        return self.document.number

    def refuse(
        self, stage: Stage, complaints: Sequence[Complaint], msg_code: int, reason: Reason | None = None
    ) -> None:
        """Note why Kingdee refused it, and where."""
        self.refused_at = stage
        self.complaints = complaints
        self.reason = reason or classify(complaints, msg_code)
        if self.reason is FIELD_INVALID and refers_to_nothing(self.document.model, complaints):
            self.reason = BASE_DATA_MISSING
        self.locks += self.reason.retriable
        self.message = "; ".join(dict.fromkeys(map(str, complaints))) or "Kingdee gave no reason"
        self.field_name = next((each.FieldName for each in complaints if each.FieldName), None)

    @property
    def own_id(self) -> str | None:
        """The id of the document that the ledger says we put there; None when it knows of none."""
        prior = self.prior
        if prior is None or prior.status == "existing":
            return None
        # A row that was `existing` when a save over it began has the id of somebody else's document.
        is_somebody_elses = prior.status == "sending" and prior.delivered_hash is None
        return None if is_somebody_elses else prior.kingdee_id

    def may_try_again(self, policy: Policy) -> bool:
        """Whether it was refused only because somebody is editing it, and not too often."""
        return self.reason is not None and self.reason.retriable and self.locks <= policy.max_retries

    def bury(self, reason: Reason, message: str) -> None:
        """End it as a dead letter."""
        self.end(Ending(Fate.DEAD, reason, message))

    def end(self, ending: Ending) -> None:
        """End it otherwise than delivered."""
        self.fate, self.reason, self.message = ending

    def settle(self, status: str) -> None:
        """End it as delivered, in this FDocumentStatus."""
        self.status, self.held_hash = status, self.document.content_hash
        self.fate = Fate.UPDATED if self.is_update else Fate.DELIVERED

    def leave_saved(self) -> None:
        """End it as a document that is in Kingdee, and not as far as it should be."""
        self._leave(NOT_AUDITED, f"saved in Kingdee (id {self.kingdee_id}) but not audited: {self.message}")

    def leave_unallocated(self, why: str) -> None:
        """End it as base data that is in Kingdee, and not usable in all organisations that should use it."""
        self._leave(NOT_ALLOCATED, f"in Kingdee (id {self.kingdee_id}) but not allocated: {why}")

    def _leave(self, reason: Reason, how: str) -> None:
        if self.held_hash is None:
            self.held_hash = self.document.content_hash
        self.end(Ending(Fate.SAVED, reason, f"{self.number} is {how}"))
