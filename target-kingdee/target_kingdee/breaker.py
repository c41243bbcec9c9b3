"""When a run is to be stopped because too much is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from erp_sdk.command import UserError

from target_kingdee.case import Case, Fate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from target_kingdee.ledger_rows import DeadLetter

SMALLEST_SAMPLE = 50
_REFUSED = (Fate.DEAD, Fate.SAVED)
_WENT_THROUGH = (Fate.DELIVERED, Fate.UPDATED)
_HAS_A_LETTER = ("dead", "deleted", "saved", "parked")


class TooManyRefusalsError(UserError):
    """A wrong setting is not a hundred thousand dead letters."""


@dataclass
class Breaker:
    """Ends a run when too much of it becomes dead letters: what Kingdee refuses, and what no mapping can make.

    What already had an open letter does not count when it is refused once more: a replay of many letters is meant to
    come to its end.

    Args:
        max_rate: The part of refused documents that is too much, from the 50th document on.
        max_consecutive: So many in a row are too much; 0 never is.
        stops_at_first: Whether one is; here a letter that was open counts too.
    """

    max_rate: float
    max_consecutive: int
    stops_at_first: bool = False
    _judged: int = field(default=0, init=False)
    _refused: int = field(default=0, init=False)
    _in_a_row: int = field(default=0, init=False)
    _longest: int = field(default=0, init=False)
    _reasons: Counter[str] = field(default_factory=Counter, init=False)
    _examples: dict[str, str] = field(default_factory=dict, init=False)

    def judge(self, cases: Iterable[Case]) -> None:
        """Take how documents ended.

        Raises:
            TooManyRefusalsError: It is too much.
        """
        first: Case | None = None
        for case in cases:
            if case.fate in _WENT_THROUGH:
                self._judged += 1
                self._in_a_row = 0
            elif case.fate in _REFUSED:
                first = first or case
                if case.prior is None or case.prior.status not in _HAS_A_LETTER:
                    self._refuse(case.reason.name if case.reason else "rejected", case.message)
        if self.stops_at_first and first is not None:
            name = first.reason.name if first.reason else "rejected"
            raise TooManyRefusalsError(_told("dead_letter=stop: a document was refused", name, first.message))
        self._see()

    def judge_letters(self, letters: Iterable[DeadLetter], known: Collection[tuple[str, str, str]]) -> None:
        """Take dead letters that never were documents.

        Args:
            letters: They.
            known: Form, source stream and source key of those that were open before.

        Raises:
            TooManyRefusalsError: It is too much.
        """
        for letter in letters:
            if (letter.form, letter.source_stream, letter.source_key) not in known:
                self._refuse(letter.reason, letter.message)
        self._see()

    def _refuse(self, name: str, message: str) -> None:
        self._judged += 1
        self._refused += 1
        self._in_a_row += 1
        self._longest = max(self._longest, self._in_a_row)
        self._reasons[name] += 1
        self._examples.setdefault(name, message)

    def _see(self) -> None:
        if self.max_consecutive and self._longest >= self.max_consecutive:
            raise self._trip(f"{self._longest} documents in a row were refused (max_consecutive_errors)")
        if self._judged >= SMALLEST_SAMPLE and self._refused > self.max_rate * self._judged:
            rate = f"{self._refused} of {self._judged} documents were refused"
            raise self._trip(f"{rate}, more than max_error_rate={self.max_rate:g}")

    def _trip(self, what: str) -> TooManyRefusalsError:
        name, times = self._reasons.most_common(1)[0]
        return TooManyRefusalsError(_told(f"{what}, {times} of them", name, self._examples[name]))


def _told(what: str, name: str, example: str) -> str:
    return (
        f"{what} as {name}: {example.rstrip('.')}. "
        "Mend that and run again; nothing is acknowledged beyond the last good batch."
    )
