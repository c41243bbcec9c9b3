"""A scheme run as it is: translated in memory to the mapping that importing it would write, and compiled as that."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from mapper_kd.mapping import Mapping, mapping_of
from mapper_kd.qeasy.importing import import_scheme
from mapper_kd.qeasy.surroundings import FILE_NAME, Surroundings, context_of, from_file, of_context
from mapper_kd.yaml_nodes import Place, Problems, parse_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from mapper_kd.qeasy.importing import Imported

logger = logging.getLogger(__name__)


def beside(path: Path) -> Surroundings:
    """Return what the file ``collections.yml`` beside a scheme says; nothing without it.

    Raises:
        SetupError: It is wrong.
    """
    file = path.parent / FILE_NAME
    return from_file(file) if file.is_file() else Surroundings()


def read_scheme_mapping(
    path: Path, name: str, problems: Problems, surroundings: Surroundings | None = None
) -> Mapping | None:
    """Return a scheme as a mapping; what is wrong with it goes into the problems, the rest of the report to the log.

    Raises:
        SetupError: The file is no scheme.
    """
    imported = import_scheme([path], surroundings if surroundings is not None else beside(path))
    for diagnostic in imported.report.sorted():
        if diagnostic.severity == "warning":
            logger.warning("%s: %s", path.as_posix(), diagnostic)
    return mapping_from(imported, name, problems)


def read_in_context(path: Path, name: str, problems: Problems, context: dict[str, Any]) -> Mapping | None:
    """As `read_scheme_mapping`, with what a context says of the run.

    Raises:
        SetupError: The file is no scheme, or the context is wrong.
    """
    return read_scheme_mapping(path, name, problems, of_context(context_of(context, "of the preview"), beside(path)))


def mapping_from(imported: Imported, name: str, problems: Problems) -> Mapping | None:
    """Return an imported scheme as a mapping, likewise."""
    file = imported.scheme.file
    for one in imported.report.errors:
        problems.add(Place(file, one.line, one.path), f"{one.code}: {one.what} {one.fix}".strip())
    if imported.text is None:
        problems.add(Place(file, 1), "is a scheme without a target (目标平台): it maps nothing")
    if imported.report.errors or imported.text is None:
        return None
    root = parse_yaml(imported.text.text, file, problems, imported.text.origins)
    return None if root is None else mapping_of(root, name)
