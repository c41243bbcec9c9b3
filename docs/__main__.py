"""Write what the code knows where people look for it: settings, streams, functions of schemes.

python -m docs            write them
python -m docs --check    exit 1 when one is out of date
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from docs import meltano_settings, scheme_functions, settings_table, streams_table

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
READMES = {
    "tap-wangdiantong": "tap-wangdiantong/README.md",
    "tap-jushuitan": "tap-jushuitan/README.md",
    "tap-jikeyun": "tap-jikeyun/README.md",
    "tap-kingdee": "tap-kingdee/README.md",
    "tap-ledger": "tap-ledger/README.md",
    "mapper-kd": "transforms/README.md",
    "target-kingdee": "target-kingdee/README.md",
}
SOURCES = ("tap-wangdiantong", "tap-jushuitan", "tap-jikeyun", "tap-kingdee")
"""The taps whose streams are classes; tap-ledger's depend on what the ledger holds."""
MELTANO = "meltano.yml"
SCHEMES = "docs/qeasy.md"


def current_texts() -> Iterator[tuple[str, str]]:
    """Yield each file's path, from the root, and the text it should have."""
    for plugin, readme in READMES.items():
        text = (ROOT / readme).read_text(encoding="utf-8")
        if plugin in SOURCES:
            text = between(text, "<!-- streams -->", "<!-- /streams -->", streams_table.render(plugin))
        yield readme, between(text, "<!-- settings -->", "<!-- /settings -->", settings_table.render(plugin))
    text = (ROOT / MELTANO).read_text(encoding="utf-8")
    for plugin in READMES:
        opening, closing = f"    # settings of {plugin}, from --about\n", f"    # end of the settings of {plugin}\n"
        text = between(text, opening, closing, meltano_settings.render(plugin))
    yield MELTANO, text
    text = (ROOT / SCHEMES).read_text(encoding="utf-8")
    yield SCHEMES, between(text, "<!-- functions -->\n", "<!-- /functions -->", scheme_functions.render())


def between(text: str, opening: str, closing: str, content: str) -> str:
    """Return the text with the content between its two markers.

    Raises:
        ValueError: A marker is missing.
    """
    if opening not in text or closing not in text:
        raise ValueError(f"no region from {opening.strip()!r} to {closing.strip()!r}")
    head, rest = text.split(opening, 1)
    _, tail = rest.split(closing, 1)
    return head + opening + content + closing + tail


def main(*, check: bool) -> int:
    """Write or check all of them; returns the exit code."""
    stale = []
    for name, text in current_texts():
        path = ROOT / name
        if path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not check:
            path.write_text(text, encoding="utf-8")
    for name in stale:
        sys.stdout.write(f"{name} {'is out of date: run make docs' if check else 'written'}\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
