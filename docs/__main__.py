"""Write the settings tables of the READMEs from each plugin's own ``--about``.

python -m docs            write them
python -m docs --check    exit 1 when one is out of date
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
START, END = "<!-- settings -->", "<!-- /settings -->"
PLUGINS = {
    "tap-wangdiantong": "tap-wangdiantong/README.md",
    "mapper-kd": "transforms/README.md",
    "target-kingdee": "target-kingdee/README.md",
}
# What singer-sdk adds to every plugin; its own documentation describes them.
SDK_SETTINGS = (
    "add_record_metadata", "batch_config", "batch_size_rows", "default_target_schema", "faker_config",
    "flattening_enabled", "flattening_key_separator", "flattening_max_depth", "flattening_max_key_length",
    "hard_delete", "load_method", "process_activate_version_messages", "stream_map_config", "stream_maps",
    "validate_records",
)  # fmt: skip


def about(plugin: str) -> dict[str, Any]:
    """Return what ``<plugin> --about --format json`` prints."""
    command = [str(BIN / plugin), "--about", "--format", "json"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(json.loads(printed))


def settings_table(plugin: str) -> str:
    """Return the Markdown table of a plugin's settings; a secret is marked, an environment variable is named."""
    schema = about(plugin)["settings"]
    required = schema.get("required", [])
    prefix = plugin.replace("-", "_").upper()
    rows = ["| setting | required | default | meaning |", "| --- | --- | --- | --- |"]
    properties: dict[str, dict[str, Any]] = schema["properties"]
    rows += [_row(name, properties[name], needed=name in required) for name in properties if name not in SDK_SETTINGS]
    inherited = ", ".join(f"`{name}`" for name in properties if name in SDK_SETTINGS and "." not in name)
    rows.append("")
    rows.append(f"Each setting is also an environment variable: `{prefix}_` and its name in capitals.")
    if inherited:
        rows.append(f"From singer-sdk, as documented there: {inherited}.")
    return "\n".join(rows)


def _row(name: str, setting: dict[str, Any], *, needed: bool) -> str:
    default = "" if setting.get("default") is None else f"`{json.dumps(setting['default'], ensure_ascii=False)}`"
    meaning = " ".join(str(setting.get("description", "")).split()).replace("|", "\\|")
    if choices := setting.get("enum") or setting.get("allowed_values"):
        meaning += " One of " + ", ".join(f"`{choice}`" for choice in choices if choice is not None) + "."
    if setting.get("secret"):
        meaning += " Secret."
    return f"| `{name}` | {'yes' if needed else ''} | {default} | {meaning} |"


def with_settings(text: str, table: str) -> str:
    """Return the README's text with the table between its two markers.

    Raises:
        ValueError: The markers are missing.
    """
    if START not in text or END not in text:
        raise ValueError(f"the README has no {START} … {END} region")
    head, rest = text.split(START, 1)
    _, tail = rest.split(END, 1)
    return f"{head}{START}\n\n{table}\n\n{END}{tail}"


def main(*, check: bool) -> int:
    """Write or check all tables; returns the exit code."""
    stale = []
    for plugin, readme in PLUGINS.items():
        path = ROOT / readme
        text = path.read_text(encoding="utf-8")
        current = with_settings(text, settings_table(plugin))
        if current == text:
            continue
        stale.append(readme)
        if not check:
            path.write_text(current, encoding="utf-8")
    for readme in stale:
        sys.stdout.write(f"{readme} {'is out of date: run make docs' if check else 'written'}\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
