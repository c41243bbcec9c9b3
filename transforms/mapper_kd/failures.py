"""Why a record cannot be mapped: each reason is one class of error, and ends as one dead letter."""

from __future__ import annotations

from dataclasses import dataclass


class MappingError(ValueError):
    """Something wrong in a mapping file; the text says where and what."""


class RecordError(Exception):
    """A record that cannot be mapped as the mapping says.

    Attributes:
        reason: The class of the failure, as dead letters carry it.
        fix: What to do about it, one sentence; empty where the place of the failure says more.
    """

    reason = "expression_failed"

    def __init__(self, message: str, fix: str = "") -> None:
        self.fix = fix
        super().__init__(message)


class Invalid(RecordError):  # noqa: N818 - named as the reason it gives
    """A value that is not what the function or the field needs: text where a number is wanted."""

    reason = "value_invalid"


class Refused(Invalid):
    """A value that a function of the user's own refuses; its text is the whole message."""


class Missing(RecordError):  # noqa: N818 - named as the reason it gives
    """No value where one is needed."""

    reason = "value_missing"


class NumberMissing(Missing):
    """A document without its number: it could never be found again, so it must not be sent."""

    reason = "number_missing"


class Miss(RecordError):  # noqa: N818 - named as the reason it gives
    """A code table or lookup that has no such row; the field's policy decides what follows."""

    reason = "code_missing"


class OrganisationsContradict(RecordError):  # noqa: N818 - named as the reason it gives
    """Rows of one document that say different things of the same organisation; no single field is to blame."""

    reason = "organisations_contradict"


class KeyMissing(Miss):
    """The key that the table should be asked with is empty itself."""

    reason = "value_missing"


@dataclass(frozen=True)
class Failure:
    """What a dead letter says about the place and the reason.

    Attributes:
        field: Kingdee field key path such as ``FEntity[2].FMaterialID.FNumber``; None when no field is to blame.
        expression: What the mapping has there, such as ``=code("warehouse", line.warehouse)``; None likewise.
    """

    field: str | None
    reason: str
    message: str
    fix: str
    expression: str | None = None
