"""Secrets stay out of logs and errors: every text that leaves a process passes here."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HIDDEN = "***"
_SHORTEST = 4  # a shorter "secret" would blank out ordinary text

_secrets: list[str] = []


def protect(values: Iterable[str | None]) -> None:
    """Hide these values from now on, as they are and URL-encoded.

    Of ``secret:salt`` each half is hidden alone too, and of a URL its password: its other parts are no secrets.
    """
    spellings = set(_secrets)
    for value in values:
        if isinstance(value, str):
            parts = [value, *_secret_parts(value)]
            spellings.update(
                s for part in parts if len(part) >= _SHORTEST for s in (part, quote(part), quote_plus(part))
            )
    _secrets[:] = sorted(spellings, key=len, reverse=True)


def protect_settings(config: Mapping[str, Any], config_jsonschema: Mapping[str, Any]) -> None:
    """Hide the values of all settings that the schema marks ``secret``."""
    properties: Mapping[str, Mapping[str, Any]] = config_jsonschema.get("properties", {})
    protect(config.get(name) for name, schema in properties.items() if schema.get("secret"))


def redact(text: str) -> str:
    """Return the text with every known secret replaced by ``***``."""
    for secret in _secrets:
        if secret in text:
            text = text.replace(secret, HIDDEN)
    return text


class OneLineFilter(logging.Filter):
    """Keeps secrets out of log lines, and tracebacks out of them unless they were asked for (LOGLEVEL=DEBUG)."""

    def __init__(self, *, tracebacks: bool) -> None:
        super().__init__()
        self._tracebacks = tracebacks

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; always keep it."""
        if record.exc_info and not self._tracebacks:
            record.exc_info = None
            record.exc_text = None
        if _secrets and record.msg != "METRIC: %s":
            message = record.getMessage()
            hidden = redact(message)
            if hidden != message:
                record.msg, record.args = hidden, ()
        return True


def _secret_parts(value: str) -> list[str]:
    if "://" not in value:
        return value.split(":")
    try:
        return [urlsplit(value).password or ""]
    except ValueError:  # no URL after all
        return []
