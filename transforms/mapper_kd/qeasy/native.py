"""What passes between the reader of a scheme's values and the translation of the whole scheme.

`expressions.translate` reads one ``value`` of a scheme; its `Context` says what the names in it are at that place, and
a `Native` is the answer: a constant, or the text of an expression of our own language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Native:
    """A value in our own language.

    Attributes:
        expression: The text of an expression, without the leading ``=``; None for a constant.
        constant: The constant.
        cases: For a ``CASE`` at the top, its tests (expressions) and values, in order: the long form ``case:`` says the
            same as `expression`, however many there are. Empty for everything else.
        otherwise: What holds when no test does.
    """

    expression: str | None = None
    constant: Any = None
    cases: tuple[tuple[str, Native], ...] = ()
    otherwise: Native | None = None


NOTHING = Native()
"""No value at all: the entry sends nothing."""


@dataclass(frozen=True)
class Reference:
    """A path of the scheme in our own language.

    Attributes:
        expression: What reads it, such as ``line.goods_no``; a missing one is null.
        kind: What is known of it from the tap's SCHEMA: ``text``, ``number``, ``boolean``, ``list``, or ``any``.
    """

    expression: str
    kind: str = "any"


@dataclass(frozen=True)
class Options:
    """How a scheme is read where the vendor's own papers disagree.

    Attributes:
        on_function_error: What a failing ``_function`` gives: ``reject`` the record, ``raw_text`` or ``null``.
        string_compare: ``any_case``, or ``exact``: capitals and blanks at the end count.
        time_unit: Of bare time variables: ``s`` or ``ms``.
        datetime_seconds: Whether the format ``dateTime`` of ``formatResponse`` shows seconds.
        lenient_keywords: Read ``function`` and ``findCollection`` without their underscore as keywords.
    """

    on_function_error: str = "reject"
    string_compare: str = "any_case"
    time_unit: str = "s"
    datetime_seconds: bool = False
    lenient_keywords: bool = False


class SchemeError(ValueError):
    """A value that cannot be translated; the caller knows the place.

    Attributes:
        code: ``FUNCTION_ERROR``, ``UNKNOWN_FILTER``, ``UNKNOWN_FORMAT``, ``UNKNOWN_COLLECTION``, ``REFUSED_CODE`` …
    """

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class Context(Protocol):
    """What the names of a value mean at one place of a scheme."""

    @property
    def options(self) -> Options:
        """How the scheme is read."""

    def path(self, segments: Sequence[str]) -> Reference | None:
        """Return what reads a path in this row's context; None when the tap's SCHEMA has no such field.

        Args:
            segments: Names; an index is digits (``items.0.sku`` and ``items[0].sku`` alike).
        """

    def rows(self, segments: Sequence[str]) -> str | None:
        """Return the expression of a path's values in all rows of the record's list; None when no list is on it."""

    def moment(self, name: str) -> str | None:
        """Return the expression of ``LAST_SYNC_TIME`` or ``CURRENT_TIME``, whose value is ``yyyy-MM-dd HH:mm:ss``."""

    def variable(self, name: str) -> Native | None:
        """Return any other variable: one of paging, or one of the importer's ``vars``."""

    def table(self, collection: str, keys: Sequence[str], columns: Sequence[str]) -> str:
        """Return the name of the native table that holds a collection.

        Args:
            collection: The scheme's uuid.
            keys: The columns it is asked with, in order; none for all its rows. Several rows may have one key: the
                first is meant.
            columns: The columns that are read from it.

        Raises:
            SchemeError: ``UNKNOWN_COLLECTION``.
        """

    def warn(self, code: str, message: str) -> None:
        """Note something that the report should say."""
