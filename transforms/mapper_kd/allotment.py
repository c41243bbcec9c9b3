"""What mapping one record may cost: a mapping is bounded in size, but a loop in a loop over a huge record is not.

Only long texts and long lists are counted, so ordinary documents pay nothing. Generated code begins anew with each
record; there is one record at a time.
"""

from __future__ import annotations

from mapper_kd.failures import RecordError

MAX_ITEMS = 100_000
"""Items: a function that makes a longer list fails."""

LONG_LIST = 1_000
LONG_TEXT = 10_000
_ITEMS = 3_000_000
_CHARACTERS_AS_ONE_ITEM = 20

_left = [_ITEMS]


def begin() -> None:
    """Start with the whole allotment: the next record."""
    _left[0] = _ITEMS


def take(items: int) -> None:
    """Take the cost of going through so many items of a long list.

    Raises:
        RecordError: The record has cost too much already.
    """
    _left[0] -= items
    if _left[0] < 0:
        raise RecordError(
            "the record's long texts and lists are gone through too often",
            "calculate what does not depend on the line once, in let:, or filter the list",
        )


def take_text(characters: int) -> None:
    """Take the cost of going through so many characters of a long text."""
    take(characters // _CHARACTERS_AS_ONE_ITEM)
