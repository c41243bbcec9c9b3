"""What a delivery asks for, one step at a time; a courier carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from target_kingdee.api.answers import Answer, Failure, Found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_kingdee.api.answers import Id
    from target_kingdee.case import Case


Service = Literal["Submit", "Audit", "CancelAssign", "UnAudit"]


@dataclass(frozen=True, slots=True)
class Look:
    """Find the documents with these numbers. Answer: a list of `Found`."""

    numbers: Sequence[str]


@dataclass(frozen=True, slots=True)
class Save:
    """Save these documents in one batchSave, with their Kingdee ids when it is an update."""

    cases: Sequence[Case]
    is_update: bool
    auto_audit: bool


@dataclass(frozen=True, slots=True)
class Operate:
    """Carry out one of these services on these ids."""

    service: Service
    ids: Sequence[Id]


@dataclass(frozen=True, slots=True)
class Provide:
    """See that the base data these documents bring exists in Kingdee.

    Answer: document number -> why its base data cannot be had, as a sentence; a number that is not in it has everything
    it brings, and is saved again.
    """

    cases: Sequence[Case]


@dataclass(frozen=True, slots=True)
class Allocate:
    """See that the organisations of the form's ``allocate_to`` may use this base data.

    Answer: number -> why one of them may not, as a sentence; a number that is not in it is allocated to all of them.
    """

    cases: Sequence[Case]


@dataclass(frozen=True, slots=True)
class Wait:
    """Pause; the answer is ignored."""

    seconds: float
    why: str
    kind: Literal["retry", "throttle", "outage"]


Step = Look | Save | Operate | Provide | Allocate | Wait
Result = Answer | Failure | list[Found] | dict[str, str]
