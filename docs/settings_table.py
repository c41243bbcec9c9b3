"""A plugin's settings as a Markdown table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from docs.plugins import own_settings

if TYPE_CHECKING:
    from docs.plugins import Setting


def render(plugin: str) -> str:
    """Return the table; a secret is marked, the environment variable is named."""
    own, required, inherited = own_settings(plugin)
    prefix = plugin.replace("-", "_").upper()
    rows = ["", "| setting | required | default | meaning |", "| --- | --- | --- | --- |"]
    rows += [_row(name, setting, needed=name in required) for name, setting in own.items()]
    rows += ["", f"Each setting is also an environment variable: `{prefix}_` and its name in capitals."]
    if inherited:
        rows.append(f"From singer-sdk, as documented there: {', '.join(f'`{name}`' for name in inherited)}.")
    return "\n".join([*rows, "", ""])


def _row(name: str, setting: Setting, *, needed: bool) -> str:
    default = "" if setting.get("default") is None else f"`{json.dumps(setting['default'], ensure_ascii=False)}`"
    meaning = " ".join(str(setting.get("description", "")).split()).replace("|", "\\|")
    if choices := [choice for choice in setting.get("enum", ()) if choice is not None]:
        meaning += " One of " + ", ".join(f"`{choice}`" for choice in choices) + "."
    if setting.get("secret"):
        meaning += " Secret."
    return f"| `{name}` | {'yes' if needed else ''} | {default} | {meaning} |"
