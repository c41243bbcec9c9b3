"""A mapping as Python functions: one from a decoded record to the form's model, one to the base data it refers to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mapper_kd.base_data_writer import BaseDataWriter
from mapper_kd.expression_checks import ExpressionError
from mapper_kd.form_fields import UnknownForm
from mapper_kd.forms import FormFolders
from mapper_kd.mapping import TableSpec
from mapper_kd.scope import Names
from mapper_kd.writer import Writer

if TYPE_CHECKING:
    from mapper_kd.compiled import CompiledMapping
    from mapper_kd.lookups import Table, TableShelf
    from mapper_kd.mapping import Mapping
    from mapper_kd.source_record import SourceObject
    from mapper_kd.yaml_nodes import Problems


def compile_mapping(
    mapping: Mapping,
    fields: SourceObject,
    shelf: TableShelf,
    problems: Problems,
    *,
    load: bool,
    forms: FormFolders | None = None,
) -> CompiledMapping | None:
    """Compile one mapping.

    Args:
        mapping: What to compile.
        fields: The stream's properties; notes which of them are read.
        shelf: Where its tables come from.
        problems: Receives all that is wrong.
        load: Read the tables' rows too, and refuse a declared table that is not there.
        forms: What is known of the fields it writes; without them nothing is.

    Returns:
        The compiled mapping, or None when something is wrong.
    """
    before = len(problems.found)
    open_table, known = _opener(mapping, shelf, load=load), forms or FormFolders()
    compiled = Writer(mapping, fields, problems, Names(open_table), known.known(mapping.form) or UnknownForm()).write()
    if mapping.base_data:
        writer = BaseDataWriter(mapping, fields, problems, Names(open_table), known.any())
        compiled = replace(compiled, base_data=writer.write_all())
    return compiled if len(problems.found) == before else None


def _opener(mapping: Mapping, shelf: TableShelf, *, load: bool) -> Any:
    def open_table(name: str) -> Table:
        declared = mapping.tables.get(name)
        spec = declared or TableSpec(name, mapping.place, origin=f"{name}.csv")
        if declared is None and shelf.path(spec.origin) is None:
            raise ExpressionError(shelf.unknown(name, mapping.tables))
        return shelf.open(spec, load=load)

    return open_table
