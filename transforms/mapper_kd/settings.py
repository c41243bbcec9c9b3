"""The plugin's settings, and what its paths mean."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erp_sdk.command import SetupError

from mapper_kd.forms import FormFolders
from mapper_kd.tables import LEDGER_DATABASE, TableShelf

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_MAPPINGS = ["transforms/mappings"]
DEFAULT_CODES = ["transforms/codes"]
DEFAULT_LEDGER = "kingdee-ledger.sqlite"
DEFAULT_MERGE_BOOK = "sqlite:///merge-book.sqlite"
DEFAULT_FORMS = ["transforms/forms"]

_PATHS = {"type": ["string", "array"], "items": {"type": "string"}}

CONFIG_JSONSCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "mapping": {
            "type": "string",
            "title": "Mapping",
            "description": (
                "The mapping, one file: YAML, or a Qeasy scheme (`.json`), which runs as it is. A relative path starts "
                "at the Meltano project, or at the working folder outside of Meltano."
            ),
        },
        # Not "mappings": Meltano keeps that name for a mapper's mappings and refuses a setting beside it.
        "flows": _PATHS
        | {
            "title": "Flows",
            "description": (
                "Instead of `mapping`: mapping files, or folders of them, one or a list. Without either of the two, it "
                "is `transforms/mappings`."
            ),
        },
        "codes": _PATHS
        | {
            "default": DEFAULT_CODES,
            "title": "Code tables",
            "description": (
                "Folders with the code tables (CSV), one or a list; a file in a later folder hides one of the same "
                "name in an earlier."
            ),
        },
        "forms": _PATHS
        | {
            "default": DEFAULT_FORMS,
            "title": "Form metadata",
            "description": (
                "Folders with what Kingdee says of its forms (`FORM.json`, written by `target-kingdee form`), one or a "
                "list; a later one wins. Values are held against it while they are mapped; a form without a file is "
                "not checked."
            ),
        },
        "databases": {
            "type": ["object", "null"],
            "additionalProperties": {"type": "string"},
            "secret": True,
            "title": "Databases",
            "description": "Database URLs (SQLAlchemy) by the name that mappings use in `database:`.",
        },
        "unmapped_streams": {
            "type": "string",
            "enum": ["drop", "pass"],
            "default": "drop",
            "title": "Unmapped streams",
            "description": "What happens to streams without a mapping: left out, or passed on unchanged.",
        },
        "source": {
            "type": "string",
            "enum": ["full", "key", "none"],
            "default": "full",
            "title": "Source",
            "description": (
                "What goes along with each mapped record, for the ledger and for dead letters: the whole source "
                "record, its key only, or nothing."
            ),
        },
        "merge_book": {
            "type": "string",
            "default": DEFAULT_MERGE_BOOK,
            "secret": True,
            "title": "Merge book",
            "description": (
                "Where mappings with `merge:` remember which record is in which document: a SQLAlchemy URL of SQLite "
                "or Postgres. A relative file starts at the Meltano project. Keep it for years."
            ),
        },
    },
}


def project_folder() -> Path:
    """Return the folder that relative paths start at."""
    return Path(os.environ.get("MELTANO_PROJECT_ROOT") or ".")


def paths_of(value: str | list[str]) -> list[Path]:
    """Return the paths of a setting that is one or a list; an empty one (an unset variable in meltano.yml) is none."""
    base = project_folder()
    return [base / path for path in ([value] if isinstance(value, str) else value) if path]


def flows_of(config: Mapping[str, Any]) -> list[Path]:
    """Return the mapping files, and folders of them, that the settings name; empty ones are as if not given.

    Raises:
        SetupError: They are named in two settings.
    """
    mapping, flows = config.get("mapping") or "", paths_of(config.get("flows") or [])
    if mapping and flows:
        raise SetupError(
            f"the settings mapping ({mapping}) and flows exclude each other: mapping is one file, flows are several "
            "files or folders; remove one of them."
        )
    if mapping and paths_of(mapping)[0].is_dir():
        raise SetupError(f"the setting mapping names the folder {mapping}; it is one file, and flows takes folders.")
    return paths_of(mapping) or flows or paths_of(DEFAULT_MAPPINGS)


def merge_book_of(config: Mapping[str, Any]) -> str:
    """Return the merge book's URL; an empty one (an unset variable in meltano.yml) is the default."""
    return config.get("merge_book") or DEFAULT_MERGE_BOOK


def shelf_of(config: Mapping[str, Any]) -> TableShelf:
    """Return the code tables and databases that the settings name, and target-kingdee's ledger, by default its own."""
    ledger = f"sqlite:///{(project_folder() / DEFAULT_LEDGER).as_posix()}"
    databases = {LEDGER_DATABASE: ledger} | (config.get("databases") or {})
    return TableShelf(paths_of(config.get("codes") or DEFAULT_CODES), databases)


def forms_of(config: Mapping[str, Any]) -> FormFolders:
    """Return the form metadata that the settings name."""
    return FormFolders(paths_of(config.get("forms") or DEFAULT_FORMS))
