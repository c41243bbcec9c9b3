"""The functions that translated Qeasy schemes use, as a table."""

from __future__ import annotations

from mapper_kd.functions import NAMESPACES


def render() -> str:
    """Return the table in Markdown."""
    functions = [function for namespace in NAMESPACES.values() for function in namespace.values()]
    rows = [f"| `{one.usage}` | {one.meaning} |" for one in functions]
    return "\n".join(["| function | gives |", "| --- | --- |", *rows, ""])
