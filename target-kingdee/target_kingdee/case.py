"""What a delivery is about: one document's case, the policy for its form, and how it can end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Literal

import msgspec

from target_kingdee.outcomes import Reason, classify

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


class Stage(IntEnum):
    """What a document needs next, in the order in which the needs of a batch are met."""

    LOOK = 0
    PROVIDE = 1
    SAVE = 2
    UPDATE = 3
    SUBMIT = 4
    AUDIT = 5


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
    missing_base_data: MissingBaseData = "dead_letter"
    batch_size: int = 20
    max_retries: int = 5
    floor_id: int | None = None
    max_outage_seconds: float = 3600.0
    backoff_seconds: float = 1.0
    throttle_seconds: float = 5.0
    max_throttle_seconds: float = 900.0

    @property
    def audits_inline(self) -> bool:
        """Whether a batchSave alone reaches the goal."""
        return self.auto_audit and self.goal == "audited"


class Case(msgspec.Struct, eq=False, gc=False):
    """One document in a delivery, and how far it is.

    Attributes:
        document: What to deliver.
        prior: What the ledger knew of its number.
        fate: None as long as it is open.
        kingdee_id: Its id in Kingdee, once known.
        status: Its FDocumentStatus in Kingdee, as far as known.
        is_ours: Whether the document in Kingdee was made by us.
        held_hash: The hash of the content that Kingdee holds, as far as known.
        was_saved: Kingdee confirmed the save of this delivery.
        was_sent: A save of this delivery may have reached Kingdee.
        is_update: It is saved over a document that was there.
        was_provided: The base data that it brings was asked for, once.
        lost: How often a call gave no verdict on it.
        locks: How often it was refused because somebody was editing it.
        refused_at: Where Kingdee refused it last; None after a new attempt.
        reason: Why, as a class; with `message` and `field_name`.
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
    held_hash: bytes | None = None
    was_saved: bool = False
    was_sent: bool = False
    is_update: bool = False
    was_provided: bool = False
    lost: int = 0
    locks: int = 0
    refused_at: Stage | None = None
    reason: Reason | None = None
    message: str = ""
    field_name: str | None = None
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
        self.reason = reason or classify(complaints, msg_code)
        self.locks += self.reason.retriable
        self.message = "; ".join(dict.fromkeys(map(str, complaints))) or "Kingdee gave no reason"
        self.field_name = next((each.FieldName for each in complaints if each.FieldName), None)

    def bury(self, reason: Reason, message: str) -> None:
        """End it as a dead letter."""
        self.fate, self.reason, self.message = Fate.DEAD, reason, message
