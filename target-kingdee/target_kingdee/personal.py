"""Personal fields: which they are, and how their values are hidden, in records and in the texts that quote them."""

from __future__ import annotations

import re
from fnmatch import translate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# Keys as the vendors write them: receiver_mobile, buyer_nick, FLinkPhone, FReceiveAddress, telno, id_card … The last is
# where a mapper puts the text of a record that nobody can read, and so nobody can search.
_PERSONAL = (
    r"nick|receiver|consignee|buyer|mobile|phone|telno|(^|_)f?tel$|address|addr$|link_?man|contact|id_?card|e_?mail|zip"
    r"|we_?chat|收[货件]|买家|联系|手机|电话|地址|身份证|邮箱|^unreadable$"
)
MASK = "***"
SHORTEST = 2
"""Characters of a value that is looked for in texts; one alone would be found everywhere."""

OMITTED: Any = object()
"""What `PersonalFields.replaced` takes for a value that is to go with its key."""


class PersonalFields:
    """Names of fields that hold personal data: the built-in ones, and more.

    Args:
        more: Further names, whatever their case; ``*`` and ``?`` are wildcards.
    """

    def __init__(self, more: Iterable[str] = ()) -> None:
        globs = [f"({translate(name)})" for name in more]
        self._search = re.compile("|".join([_PERSONAL, *globs]), re.IGNORECASE).search
        self._known: dict[str, bool] = {}

    def has(self, name: str) -> bool:
        """Whether a field of this name is personal."""
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self._search(name) is not None
        return found

    def masked(self, value: Any) -> Any:
        """Return a copy in which every personal field shows no more than the first character of a longer text."""
        return self.replaced(value, mask)

    def replaced(self, value: Any, by: Callable[[Any], Any]) -> Any:
        """Return a copy in which the value of every personal field is what `by` makes of it; null and "" stay.

        Args:
            value: A record or a model, or a part of one.
            by: From the value to another, or to `OMITTED`.
        """
        if isinstance(value, list):
            return [self.replaced(item, by) for item in value]
        if not isinstance(value, dict):
            return value
        made = {}
        for key, item in value.items():
            if not self.has(key):
                made[key] = self.replaced(item, by)
            elif _is_blank(item):
                made[key] = item
            elif (other := by(item)) is not OMITTED:
                made[key] = other
        return made

    def spoken(self, *values: Any) -> list[str]:
        """Return the texts and numbers in personal fields as a sentence would spell them, the longest first."""
        found: set[str] = set()

        def note(item: Any) -> Any:
            found.update(leaf for leaf in _leaves(item) if len(leaf) >= SHORTEST)
            return item

        for value in values:
            self.replaced(value, note)
        return sorted(found, key=lambda leaf: (-len(leaf), leaf))


def mask(value: Any) -> Any:
    """Hide a value."""
    text = str(value)
    return MASK if isinstance(value, dict | list) or len(text) < SHORTEST else f"{text[0]}{MASK}"


def rewritten(text: str, parts: Iterable[str], by: Callable[[str], str]) -> str:
    """Return a text in which each of these parts is what `by` makes of it; an earlier part goes before a later."""
    pattern = "|".join(re.escape(part) for part in parts)
    return re.sub(pattern, lambda found: by(found[0]), text) if pattern else text


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif not isinstance(value, bool) and value is not None:
        yield str(value).strip()


def _is_blank(value: Any) -> bool:
    return value is None or value in ("", [], {})
