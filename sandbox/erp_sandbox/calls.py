from __future__ import annotations

from collections import Counter


class CallCounters:
    """Counts of the calls that vendors answered: by vendor, call and outcome (``ok``, ``throttle``, ``sign`` …)."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def count(self, vendor: str, call: str, outcome: str) -> None:
        """Count one call."""
        self._counts[vendor, call, outcome] += 1

    def clear(self) -> None:
        """Start again from nothing."""
        self._counts.clear()

    def as_dict(self) -> dict[str, dict[str, dict[str, int]]]:
        """Return vendor → call → outcome → count, sorted by name."""
        counts: dict[str, dict[str, dict[str, int]]] = {}
        for (vendor, call, outcome), number in sorted(self._counts.items()):
            counts.setdefault(vendor, {}).setdefault(call, {})[outcome] = number
        return counts
