"""A mapping as Python functions: one from a decoded record to the form's model, one to the base data it refers to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mapper_kd.base_data_writer import BaseDataWriter
from mapper_kd.form_fields import UnknownForm
from mapper_kd.forms import FormFolders
from mapper_kd.merging.compiling import compile_merge
from mapper_kd.own_functions import namespaces_of
from mapper_kd.scope import Names
from mapper_kd.tables.asked import AskedTables
from mapper_kd.writer import Writer

if TYPE_CHECKING:
    from mapper_kd.compiled import CompiledMapping
    from mapper_kd.mapping import Mapping
    from mapper_kd.source_record import SourceObject
    from mapper_kd.tables import TableShelf
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
    if mapping.merge is not None:

        def compile_one(one: Mapping, of: SourceObject, *, is_document: bool) -> CompiledMapping | None:
            return compile_mapping(one, of, shelf, problems, load=load, forms=forms if is_document else None)

        return compile_merge(mapping, fields, problems, compile_one)
    before = len(problems.found)
    tables, known = AskedTables(mapping, shelf), forms or FormFolders()
    spaces = namespaces_of(mapping.functions, problems)
    names, form = Names(tables.open, spaces), known.known(mapping.form) or UnknownForm()
    compiled = Writer(mapping, fields, problems, names, form).write()
    if mapping.base_data:
        writer = BaseDataWriter(mapping, fields, problems, Names(tables.open, spaces), known.any())
        compiled = replace(compiled, base_data=writer.write_all())
    if load:
        tables.load(problems)
    return compiled if len(problems.found) == before else None
