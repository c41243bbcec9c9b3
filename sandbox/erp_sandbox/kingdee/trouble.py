"""What a fault does to the documents of one call, inside the service that works on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from erp_sandbox.faults import Fault
    from erp_sandbox.kingdee.metadata import Form

REJECTED_HALF = "rejected_half"
ROLLED_BACK = "audit_rolled_back"
STAYS_SAVED = "audit_stays_saved"
AUDIT_REFUSED = "audit_refused"
AUDITS = frozenset({ROLLED_BACK, STAYS_SAVED, AUDIT_REFUSED})
STATES_BY_TURNS = "BA"


@dataclass(frozen=True, slots=True)
class Trouble:
    """The kind of fault, and the numbers of the documents it is about; without numbers it is about any."""

    kind: str = ""
    documents: frozenset[str] = frozenset()

    @classmethod
    def of(cls, fault: Fault | None) -> Trouble:
        """Return what a fault does to documents; without a fault, nothing."""
        return NONE if fault is None else cls(fault.kind, fault.documents)

    def rejection(self, form: Form, number: str | None, place: int, count: int) -> str | None:
        """Return why a document is refused: the named ones, else every second one, and a single one."""
        if self.kind != REJECTED_HALF:
            return None
        if number not in self.documents if self.documents else place % 2 == 0 and count > 1:
            return None
        return f"单据编号为“{number or ''}”的{form.name}，校验不通过，请检查数据后重试！"

    def audit_refusal(self, form: Form, number: str | None) -> str | None:
        """Return why a document cannot be audited."""
        if self.kind not in AUDITS or (self.documents and number not in self.documents):
            return None
        return f"单据编号为“{number or ''}”的{form.name}，审核校验不通过！"

    def left_in(self, number: str | None, place: int) -> str | None:
        """Return what a document that could not be audited at once stays in.

        Returns:
            A or B by turns, an empty text when nothing stays, None when the tenant's own switch decides.
        """
        if self.kind not in AUDITS or (self.documents and number not in self.documents):
            return None
        return STATES_BY_TURNS[place % 2] if self.kind == STAYS_SAVED else ""


NONE = Trouble()
