"""A plugin's settings as meltano.yml declares them: Meltano hands only declared settings on from the environment."""

from __future__ import annotations

from docs.plugins import own_settings, types

# In order of preference where a setting takes several types. A number that is not whole goes on as text, which the
# plugins read: Meltano 4.4 makes a Decimal of kind `decimal`, fails to write it as JSON, and ends with a traceback.
KINDS = {"array": "array", "object": "object", "boolean": "boolean", "integer": "integer"}


def render(plugin: str) -> str:
    """Return the YAML lines, indented for a plugin of meltano.yml."""
    own, _, _ = own_settings(plugin)
    lines = ["    settings:\n"]
    for name, setting in own.items():
        declared = types(setting)
        kind = next((KINDS[wanted] for wanted in KINDS if wanted in declared), "")
        parts = [f"name: {name}"]
        if kind:
            parts.append(f"kind: {kind}")
        if setting.get("secret"):
            parts.append("sensitive: true")
        lines.append(f"    - {{{', '.join(parts)}}}\n")
    return "".join(lines)
