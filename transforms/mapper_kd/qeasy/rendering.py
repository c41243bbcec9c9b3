"""Entries rendered for one record: parameters of a call, a query, a write-back (contract 9.1, 12, 14).

The same translation as for documents, compiled and called once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erp_sdk.command import SetupError
from erp_sdk.messages import decode, encode

from mapper_kd.compiler import compile_mapping
from mapper_kd.failures import RecordError
from mapper_kd.mapping import mapping_of
from mapper_kd.qeasy.draft import DraftMapping
from mapper_kd.qeasy.mapping_text import scalar, write_mapping
from mapper_kd.qeasy.places import Place
from mapper_kd.qeasy.roots import PlainRoot
from mapper_kd.qeasy.translation import list_paths, translate_entries
from mapper_kd.source_record import SourceObject, decoder
from mapper_kd.tables import TableShelf
from mapper_kd.yaml_nodes import Problems, parse_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mapper_kd.qeasy.json_nodes import Node
    from mapper_kd.qeasy.report import Report
    from mapper_kd.qeasy.scheme import Entry
    from mapper_kd.qeasy.surroundings import Surroundings


class Renderer:
    """Entries made ready to be rendered.

    Args:
        entries: What to render.
        node: Where they stand.
        surroundings: What they refer to.
        report: Receives what is wrong.
        collections: Rows in memory.
        page_size: For the variables of paging.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        node: Node,
        surroundings: Surroundings,
        report: Report,
        *,
        collections: Mapping[str, Any] | None = None,
        page_size: int | None = None,
    ) -> None:
        root = PlainRoot(frozenset(list_paths(entries)))
        body = translate_entries(entries, Place(root, surroundings, report, node, page_size=page_size))
        draft = DraftMapping("parameters", "parameters", node, fields=body.fields, lists=body.lists)
        draft.tables = surroundings.declared
        self.depends_on_record = False
        problems = Problems()
        fields = SourceObject({}, "the record")
        entry = parse_yaml(write_mapping(draft).text, node.path, problems)
        mapping = None if entry is None else mapping_of(entry, node.path)
        shelf = TableShelf([], {}, collections or {})
        compiled = None if mapping is None else compile_mapping(mapping, fields, shelf, problems, load=True)
        self._compiled = compiled
        self._decode = decoder(fields.structure())
        self.depends_on_record = bool(fields.structure().__struct_fields__)
        for sentence in problems.found:
            report.warning("NOT_RENDERED", node, f"The parameters cannot be rendered here: {sentence}")

    def render(self, record: Any) -> dict[str, Any]:
        """Return the entries as an object; empty when they cannot be rendered.

        Args:
            record: A JSON object.
        """
        if self._compiled is None:
            return {}
        try:
            model = self._compiled.build(self._decode(encode(record)))
        except RecordError:
            return {}
        rendered: dict[str, Any] = decode(encode(model))
        return rendered


def one_value(expression: str) -> Callable[[Any], Any]:
    """Return a function for an expression of one name, ``value``.

    Raises:
        SetupError: It is none.
    """
    problems = Problems()
    fields = SourceObject({}, "the value")
    text = f"stream: value\nform: value\nhead:\n  value: {scalar(f'={expression}')}\n"
    entry = parse_yaml(text, "value", problems)
    mapping = None if entry is None else mapping_of(entry, "value")
    compiled = None if mapping is None else compile_mapping(mapping, fields, TableShelf([], {}), problems, load=True)
    if compiled is None:
        raise SetupError(problems.found[0])
    decode_record = decoder(fields.structure())
    build = compiled.build

    def call(value: Any) -> Any:
        return decode(encode(build(decode_record(encode({"value": value}))))).get("value")

    return call
