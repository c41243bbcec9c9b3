"""How a date is written, in the letters that vendors' manuals use: ``yyyy-MM-dd HH:mm:ss``. Never the locale's way."""

from __future__ import annotations

import re
from datetime import datetime

from erp_sdk.times import CST

from mapper_kd.kinds import DATE, DATETIME, Kind

_LETTERS = {
    "yyyy": ("year", 4),
    "yy": ("year", 2),
    "MM": ("month", 2),
    "dd": ("day", 2),
    "HH": ("hour", 2),
    "mm": ("minute", 2),
    "ss": ("second", 2),
}
_PIECE = re.compile(rf"(?P<letters>{'|'.join(_LETTERS)})|'(?P<quoted>[^']*)'|(?P<plain>[^A-Za-z'])|(?P<wrong>.+)")
_MAX_LENGTH = 60
_CENTURY = 2000


class Layout:
    """A way to write dates, made ready.

    Attributes:
        kind: What a text in this layout says: a date, or a time of a date.
    """

    def __init__(self, text: str) -> None:
        """Read a layout.

        Raises:
            ValueError: It has other letters, or a part of a date twice.
        """
        if not text or len(text) > _MAX_LENGTH:
            raise ValueError(f"is no layout of a date: it needs 1 to {_MAX_LENGTH} characters")
        self._text = text
        # Letters and plain text, in order; letters have the number of their digits.
        self._pieces: list[tuple[str, int]] = []
        for piece in _PIECE.finditer(text):
            if piece["wrong"]:
                raise ValueError(
                    f"has {piece['wrong'][0]} in a layout; it has {', '.join(_LETTERS)}; text stands in '…'"
                )
            plain = piece["plain"] if piece["quoted"] is None else piece["quoted"]
            self._pieces.append(_LETTERS[piece[0]] if piece["letters"] else (plain, 0))
        self._names = [name for name, digits in self._pieces if digits]
        if len(set(self._names)) < len(self._names):
            raise ValueError("has a part of the date twice")
        self._pattern = re.compile(
            "".join(f"([0-9]{{{digits}}})" if digits else re.escape(name) for name, digits in self._pieces)
        )
        self.kind: Kind = DATETIME if {"hour", "minute", "second"} & set(self._names) else DATE

    def spell(self, moment: datetime) -> str:
        """Return the moment in this layout."""
        return "".join(
            f"{getattr(moment, name) % 10**digits:0{digits}}" if digits else name for name, digits in self._pieces
        )

    def read(self, text: str) -> datetime:
        """Return the Beijing time that a text says in this layout; a part that is not there is the first.

        Raises:
            ValueError: It is not written so, or there is no such day.
        """
        match = self._pattern.fullmatch(text.strip())
        if match is None or "year" not in self._names:
            raise ValueError(f"is not written as {self._text}")
        found = dict(zip(self._names, map(int, match.groups()), strict=True))
        found["year"] += _CENTURY if ("year", 2) in self._pieces else 0
        return datetime(**{"month": 1, "day": 1, **found}, tzinfo=CST)
