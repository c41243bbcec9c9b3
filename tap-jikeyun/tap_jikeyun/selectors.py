"""Which columns are asked for: some methods give only what is named, and name it in a way of their own (contract 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Selector:
    """A parameter that names columns.

    Attributes:
        parameter: Its name; the vendor's ``selelctFields`` is spelt so.
        always: Words that are asked for besides the columns.
        whole_lists: Whether a list is named itself, beside its columns.
        renamed: Columns that are asked for by another word than they come back with.
    """

    parameter: str
    always: Sequence[str] = ()
    whole_lists: bool = False
    renamed: tuple[tuple[str, str], ...] = ()

    def asked(self, schema: Mapping[str, Any], selected: Callable[[tuple[str, ...]], bool]) -> dict[str, str]:
        """Return the parameter for the selected properties of a stream's schema.

        Args:
            schema: The stream's schema.
            selected: Tells for a path such as ``("goodsDetail", "goodsNo")`` whether it is wanted.
        """
        return {self.parameter: ",".join([*self._names(schema, selected), *self.always])}

    def _names(self, schema: Mapping[str, Any], selected: Callable[[tuple[str, ...]], bool]) -> Iterator[str]:
        words = dict(self.renamed)
        for name, declared in schema["properties"].items():
            if not selected((name,)):
                continue
            inner = declared.get("items", {}).get("properties") if name not in words else None
            if inner is None or self.whole_lists:
                yield words.get(name, name)
            for column in inner or ():
                if selected((name, column)):
                    yield f"{name}.{column}"
