"""What can be wrong with a scheme or with a record, by the vendor contract's codes (contract 13)."""

from __future__ import annotations


class SchemeError(Exception):
    """The scheme itself cannot be taken: an import error. `code` is UNKNOWN_COLLECTION, UNKNOWN_PARSER, …"""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(f"{code}: {what}")
        self.code = code


class Rejected(Exception):  # noqa: N818 - a record that is rejected is an outcome, not an error of the program
    """A value that rejects its record. `code` is FUNCTION_ERROR, MAP_MISS, REQUIRED_MISSING, …"""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Failure(Exception):  # noqa: N818 - what SQL calls a failing expression
    """An expression that has no value: an unknown function, a division by zero, a text that is no expression."""
