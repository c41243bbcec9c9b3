"""What a mapping's form says of its fields: the seam through which values are checked while they are mapped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from mapper_kd.scope import Code, Names

    Rule = Callable[[str, Code, Names], Code]

_POSITION = re.compile(r"\[[^]]*\]")


class FormFields(Protocol):
    """A form's fields by their path, such as ``FEntity.FMaterialID.FNumber``."""

    def fit(self, path: str, code: Code, names: Names) -> Code:
        """Return the code with the field's rules around it.

        It is asked for each value that a field may have, before policies: the value may be None, and what is never
        None stays so. Broken rules raise `failures.Invalid`. A code without depth (`scope.CONSTANT`) that cannot fail
        is a constant: its text, evaluated with ``names.bound``, is the value.

        Raises:
            ExpressionError: The value is a constant that breaks a rule.
        """

    def complete(self, path: str, code: Code, names: Names) -> Code:
        """Return the code of a value that must not be empty where the form demands the field; else the code as it is.

        It is asked after policies, and only where the mapping does not say that the field may be empty.

        Raises:
            ExpressionError: The value is an empty constant.
        """

    def describe(self, path: str, schema: dict[str, Any]) -> dict[str, Any]:
        """Return a field's part of the output SCHEMA with the field's rules in it."""

    def demands(self, path: str) -> bool:
        """Whether the form demands the field (必录)."""


class UnknownForm:
    """A form of which nothing is known: everything fits."""

    def fit(self, path: str, code: Code, names: Names) -> Code:  # noqa: ARG002 - as every form
        """Return the code as it is."""
        return code

    def complete(self, path: str, code: Code, names: Names) -> Code:  # noqa: ARG002 - as every form
        """Return the code as it is."""
        return code

    def describe(self, path: str, schema: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - as every form
        """Return the schema as it is."""
        return schema

    def demands(self, path: str) -> bool:  # noqa: ARG002 - as every form
        """Return that it does not."""
        return False


def without_positions(path: str) -> str:
    """Return the path in the form of a path in a document, such as ``FEntity[2].FMaterialID.FNumber``."""
    return _POSITION.sub("", path)
