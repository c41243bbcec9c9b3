"""What the commands share: the mapper's settings, given as a configuration file or as options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from erp_sdk.command import SetupError
from erp_sdk.messages import decode

from mapper_kd.settings import forms_of, shelf_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mapper_kd.forms import FormFolders
    from mapper_kd.tables import TableShelf

FILE = click.Path(path_type=Path)


def project_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options ``--codes``, ``--forms`` and ``--config``."""
    codes = click.option(
        "--codes", multiple=True, help="A folder with code tables; may be given again, later ones win."
    )
    forms = click.option("--forms", multiple=True, help="A folder with form metadata, likewise.")
    config = click.option("--config", type=FILE, help="The mapper's configuration (JSON), for its settings.")
    return codes(forms(config(command)))


class Project(NamedTuple):
    """What a mapping is compiled with.

    Attributes:
        settings: The mapper's settings, as far as they are given.
    """

    settings: dict[str, Any]
    shelf: TableShelf
    forms: FormFolders


def open_project(config: Path | None, codes: Sequence[str], forms: Sequence[str]) -> Project:
    """Return the project of a configuration file; folders given as options come instead of the setting's.

    Raises:
        SetupError: The file is no JSON object.
    """
    settings = read_settings(config)
    settings |= {"codes": list(codes)} if codes else {}
    settings |= {"forms": list(forms)} if forms else {}
    return Project(settings, shelf_of(settings), forms_of(settings))


def read_settings(config: Path | None) -> dict[str, Any]:
    """Return the settings of a configuration file; none without a file.

    Raises:
        SetupError: The file is no JSON object.
    """
    return {} if config is None else read_json_object(config, "configuration")


def read_json_object(path: Path, what: str) -> dict[str, Any]:
    """Return the content of a JSON file.

    Raises:
        SetupError: The file cannot be read, or is no JSON object.
    """
    try:
        content = decode(path.read_bytes())
    except OSError as error:
        raise SetupError(f"the {what} {path.as_posix()} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise SetupError(f"the {what} {path.as_posix()} is no JSON: {error}.") from None
    if not isinstance(content, dict):
        raise SetupError(f"the {what} {path.as_posix()} is no JSON object.")
    return content
