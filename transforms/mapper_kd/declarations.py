"""SCHEMA messages of what the mapper makes; each says which source streams it comes from, and how they were declared.

Who keeps the source records of a form (target-kingdee does, in dead letters) can declare their streams again as the
tap did, and send them through the mapper once more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib import SchemaMessage

from mapper_kd import dead_letters
from mapper_kd.model_tree import merged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mapper_kd.compiled import CompiledMapping


@dataclass(slots=True)
class SourcedSchema(SchemaMessage):
    """A SCHEMA with top-level ``sources``, which readers that do not know it ignore.

    ``sources`` is a list of ``{"stream": …, "key_properties": […], "schema": {…}}``.
    """

    sources: Sequence[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return the message as the dictionary that goes on the wire."""
        # Named explicitly: a slotted dataclass is a new class, and the zero-argument super() would miss it.
        message: dict[str, Any] = SchemaMessage.to_dict(self)
        if self.sources:
            message["sources"] = list(self.sources)
        else:
            message.pop("sources", None)
        return message


class Declarations:
    """What has been declared so far.

    Args:
        with_sources: Whether the forms say where they come from; dead letters always do.
    """

    def __init__(self, *, with_sources: bool) -> None:
        self._with_sources = with_sources
        self._schemas: dict[str, dict[str, Any]] = {}
        self._sources: dict[str, dict[str, dict[str, Any]]] = {}

    def of(self, message: dict[str, Any], flows: Sequence[CompiledMapping]) -> Iterator[SourcedSchema]:
        """Yield what a stream's SCHEMA makes known: dead letters first, then the forms it leads to.

        Args:
            message: The stream's SCHEMA message.
            flows: Its mappings.
        """
        keys = list(message.get("key_properties") or ())
        source = {"stream": message["stream"], "key_properties": keys, "schema": message["schema"]}
        yield from self._declare(dead_letters.STREAM, dead_letters.SCHEMA, dead_letters.KEY_PROPERTIES, source)
        for flow in flows:
            form = flow.mapping.form
            schema = merged(self._schemas[form], flow.schema) if form in self._schemas else flow.schema
            number = [flow.mapping.number] if flow.mapping.number is not None else []
            yield from self._declare(form, schema, number, source if self._with_sources else None)

    def _declare(
        self, name: str, schema: dict[str, Any], keys: list[str], source: dict[str, Any] | None
    ) -> Iterator[SourcedSchema]:
        """Yield a SCHEMA where it says more than the one before."""
        sources = self._sources.setdefault(name, {})
        is_new = schema != self._schemas.get(name)
        if source is not None and sources.get(source["stream"]) != source:
            sources[source["stream"]] = source
            is_new = True
        if is_new:
            self._schemas[name] = schema
            yield SourcedSchema(name, schema, keys, sources=list(sources.values()))
