"""What the commands open: the ledger, and a session with Kingdee."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from erp_sdk.budget import Budget

from target_kingdee.courier import CallCounts, Courier
from target_kingdee.ledger import Ledger
from target_kingdee.ledger_engine import ledger_url
from target_kingdee.settings import DEFAULT_LEDGER, Settings
from target_kingdee.target import TargetKingdee

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_OUTAGE_SECONDS = 15.0
PREFIX = f"{TargetKingdee.name.replace('-', '_').upper()}_"


def setting(config: Any, name: str) -> Any:
    """Return one setting as it is given, from --config or from the environment; None when it is not.

    For commands that need no credentials, and so make no whole target.
    """
    return config.config.get(name) or os.environ.get(f"{PREFIX}{name.upper()}")


def open_ledger(config: Any) -> Ledger:
    """Open the ledger until the command ends; no credentials are needed for that."""
    url = ledger_url(setting(config, "ledger_path") or DEFAULT_LEDGER, setting(config, "ledger_url"))
    opened = Ledger(url, account="", must_exist=True)
    click.get_current_context().call_on_close(opened.close)
    return opened


@contextmanager
def open_courier(config: Any) -> Iterator[tuple[Courier, Settings]]:
    """Make the one who calls Kingdee, as a run has it; without --config the settings come from the environment.

    A person waits for the answer: an outage is not waited out for as long as a run does.
    """
    target = TargetKingdee(config=dict(config.config), parse_env_config=config.parse_env or not config.config)
    longest = min(target.settings.seconds("max_outage_seconds"), LONGEST_OUTAGE_SECONDS)
    settings = Settings({**target.config, "max_outage_seconds": longest})
    budget = Budget(settings.number("calls_per_minute"), settings.account, settings.budget_path)
    courier = Courier(settings, CallCounts(), budget, threading.Event())
    try:
        yield courier, settings
    finally:
        courier.close()
        budget.close()
