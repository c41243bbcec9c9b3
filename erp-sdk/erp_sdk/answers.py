"""What a vendor's answer means and what to do about it: one table a vendor, read top down, the first match wins.

Vendors answer HTTP 200 with a code and a text of their own, and their codes are neither complete nor unique
(旺店通旗舰版 says 100 for twenty different things), so a row may match on code, on text, or on both. Each row ends in
one sentence a user can act on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from singer_sdk.exceptions import FatalAPIError, RetriableAPIError, SkippableAPIError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import requests


class Action(Enum):
    """What follows from an answer."""

    RETRY = "retry"
    """Ask again after a back-off that grows."""
    REFRESH = "refresh"
    """Get a new token (session), then ask again at once."""
    WAIT = "wait"
    """Ask again after a fixed number of seconds."""
    SKIP = "skip"
    """Leave this one call out and go on."""
    FATAL = "fatal"
    """Asking again would change nothing: end the run."""


class RetryLaterError(RetriableAPIError):
    """The call may be repeated; ``seconds`` is None for the growing back-off."""

    def __init__(
        self, message: str, *, seconds: float | None = None, response: requests.Response | None = None
    ) -> None:
        super().__init__(message, response)
        self.seconds = seconds


class RefreshError(RetryLaterError):
    """The call may be repeated with a new token; the stream gets one before it does."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of a vendor's table.

    Attributes:
        action: What to do.
        sentence: What is wrong and what to do, for the user. ``{code}`` and ``{text}`` stand for what the vendor said.
        codes: The vendor's codes it applies to, as text; empty for any.
        text: A regular expression searched in the vendor's text, case ignored; empty for any.
        seconds: For `Action.WAIT`: how long.
    """

    action: Action
    sentence: str
    codes: Sequence[str] = ()
    text: str = ""
    seconds: float | None = None
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pattern", re.compile(self.text, re.IGNORECASE))

    def matches(self, code: str, text: str) -> bool:
        """Tell whether the row is about this answer."""
        return (not self.codes or code in self.codes) and self._pattern.search(text) is not None


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """A vendor's rows.

    Attributes:
        rows: Read top down.
        otherwise: For an answer that no row knows. Fatal by default: an unknown refusal repeated a hundred times helps
            nobody, and nothing is lost by stopping.
    """

    rows: Sequence[Answer]
    otherwise: Answer = Answer(Action.FATAL, "the vendor refuses with code {code}: {text}")

    def find(self, code: object, text: str | None) -> Answer:
        """Return the row for a code (compared as text) and a text."""
        return next((row for row in self.rows if row.matches(str(code), text or "")), self.otherwise)

    def error(
        self, code: object, text: str | None, *, where: str, response: requests.Response | None = None
    ) -> FatalAPIError | RetryLaterError | SkippableAPIError:
        """Return the exception to raise for an answer.

        Args:
            code: The vendor's code, number or text.
            text: The vendor's message; its first 300 characters are shown.
            where: Starts the sentence: the stream and the method or address.
            response: Goes with a retriable error.
        """
        row = self.find(code, text)
        shown = " ".join((text or "no text").split())[:300]
        sentence = f"{where}: {row.sentence.format(code=code, text=shown)}"
        match row.action:
            case Action.FATAL:
                return FatalAPIError(sentence)
            case Action.SKIP:
                return SkippableAPIError(sentence)
            case Action.REFRESH:
                return RefreshError(sentence, seconds=0, response=response)
            case Action.WAIT:
                return RetryLaterError(sentence, seconds=row.seconds, response=response)
            case Action.RETRY:
                return RetryLaterError(sentence, response=response)
