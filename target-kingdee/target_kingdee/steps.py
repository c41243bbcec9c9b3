"""What a delivery asks for, one step at a time; a courier carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from target_kingdee.api.answers import Answer, Failure, Found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_kingdee.api.answers import Id
    from target_kingdee.case import Case


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
    """Carry out Submit or Audit on these ids."""

    service: Literal["Submit", "Audit"]
    ids: Sequence[Id]


@dataclass(frozen=True, slots=True)
class Wait:
    """Pause; the answer is ignored."""

    seconds: float
    why: str
    is_throttled: bool


Step = Look | Save | Operate | Wait
Result = Answer | Failure | list[Found]
