"""``fields``, ``cols`` and ``selelctFields``: only what is named comes back (contract 10.8)."""

from __future__ import annotations

from typing import Any


class Columns:
    """The fields that were named; ``list.field`` names one of a nested list, ``list`` alone all of its fields.

    Args:
        named: the names; names that there are not select nothing.
    """

    def __init__(self, named: list[str]) -> None:
        self.top: dict[str, Columns | None] = {}
        for name in named:
            head, dot, rest = name.partition(".")
            inner = self.top.get(head)
            if not dot:
                self.top[head] = None
            elif head not in self.top:
                self.top[head] = Columns([rest])
            elif inner is not None:
                inner.add(rest)

    def add(self, name: str) -> None:
        """Name one more field of a nested list."""
        for key, inner in Columns([name]).top.items():
            self.top.setdefault(key, inner)

    def __contains__(self, name: object) -> bool:
        return name in self.top

    def of(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return what was named of a row."""
        chosen: dict[str, Any] = {}
        for name, inner in self.top.items():
            if name not in row:
                continue
            value = row[name]
            if inner is None:
                chosen[name] = value
            elif isinstance(value, list):
                chosen[name] = [inner.of(item) for item in value]
            else:
                chosen[name] = value if value is None else inner.of(value)
        return chosen
