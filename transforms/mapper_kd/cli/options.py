"""What the commands share: the mapper's settings, given as a configuration file or as options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from erp_sdk.command import SetupError
from erp_sdk.messages import decode

from mapper_kd.tables import TableShelf
from mapper_kd.settings import DEFAULT_CODES, paths_of

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = click.Path(path_type=Path)


def table_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options ``--codes`` and ``--config``."""
    codes = click.option(
        "--codes", multiple=True, help="A folder with code tables; may be given again, later ones win."
    )
    config = click.option("--config", type=FILE, help="The mapper's configuration (JSON), for its settings.")
    return codes(config(command))


def read_settings(config: Path | None) -> dict[str, Any]:
    """Return the settings of a configuration file; none without a file.

    Raises:
        SetupError: The file is no JSON object.
    """
    if config is None:
        return {}
    try:
        settings = decode(config.read_bytes())
    except OSError as error:
        raise SetupError(f"the configuration {config.as_posix()} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise SetupError(f"the configuration {config.as_posix()} is no JSON: {error}.") from None
    if not isinstance(settings, dict):
        raise SetupError(f"the configuration {config.as_posix()} is no JSON object.")
    return settings


def shelf_for(settings: dict[str, Any], codes: tuple[str, ...]) -> TableShelf:
    """Return the code tables and databases of the settings; folders given as options come instead of the setting's."""
    return TableShelf(paths_of(list(codes) or settings.get("codes") or DEFAULT_CODES), settings.get("databases") or {})
