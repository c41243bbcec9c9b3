"""What each plugin says of itself by ``--about``: the one source of the settings in the READMEs and in meltano.yml."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
# What singer-sdk adds to every plugin; its own documentation describes them.
SDK_SETTINGS = frozenset(
    (
        "activate_version", "add_record_metadata", "batch_config", "batch_size_rows", "default_target_schema",
        "faker_config", "flattening_enabled", "flattening_key_separator", "flattening_max_depth",
        "flattening_max_key_length", "flattening_separator", "hard_delete", "load_method",
        "process_activate_version_messages", "stream_map_config", "stream_maps", "validate_records",
    )
)  # fmt: skip

Setting = dict[str, Any]


@cache
def about(plugin: str) -> dict[str, Any]:
    """Return what ``<plugin> --about --format json`` prints."""
    command = [str(BIN / plugin), "--about", "--format", "json"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(json.loads(printed))


def own_settings(plugin: str) -> tuple[dict[str, Setting], list[str], list[str]]:
    """Return a plugin's own settings by name, the names of the required ones, and the names of singer-sdk's."""
    schema = about(plugin)["settings"]
    properties: dict[str, Setting] = schema["properties"]
    own = {name: setting for name, setting in properties.items() if name not in SDK_SETTINGS}
    return own, schema.get("required", []), [name for name in properties if name in SDK_SETTINGS]


def types(setting: Setting) -> list[str]:
    """Return a setting's JSON types without null."""
    declared = setting.get("type", "string")
    return [kind for kind in ([declared] if isinstance(declared, str) else declared) if kind != "null"]
