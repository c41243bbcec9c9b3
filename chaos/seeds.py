"""Which seeds a campaign runs: ``SEEDS=17``, ``SEEDS=1-300``, ``SEEDS=1,5,9-12``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_SEEDS = 100_000


class SeedsError(ValueError):
    """One sentence about what is wrong with the selection."""


def parse_seeds(text: str) -> list[int]:
    """Return the seeds of a selection, each once, in the order in which they are named.

    Raises:
        SeedsError: It is no list of numbers and ranges.
    """
    chosen: dict[int, None] = {}
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not (first.isdecimal() and (last.isdecimal() if dash else True)):
            raise SeedsError(f"SEEDS={text} is no selection of seeds; write 17, 1-300 or 1,5,9-12.")
        low, high = int(first), int(last or first)
        if high < low:
            raise SeedsError(f"SEEDS={text}: the range {part.strip()} ends before it begins.")
        if high - low >= MOST_SEEDS:
            raise SeedsError(f"SEEDS={text}: the range {part.strip()} has more than {MOST_SEEDS:,} seeds.")
        chosen.update(dict.fromkeys(range(low, high + 1)))
    return list(chosen)


def repeat_command(seeds: Iterable[int]) -> str:
    """Return the command that runs these seeds again."""
    return f"make chaos SEEDS={','.join(str(seed) for seed in seeds)}"
