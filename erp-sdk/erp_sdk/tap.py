"""The base of every tap: shared settings, one budget an account, secrets hidden, a clean end on SIGTERM."""

from __future__ import annotations

import math
import os
import signal
import sys
from abc import abstractmethod
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Tap
from singer_sdk.helpers._typing import is_integer_type, is_number_type
from singer_sdk.helpers.capabilities import PluginCapabilities

from erp_sdk.budget import Budget
from erp_sdk.command import SetupError
from erp_sdk.messages import MessageWriter
from erp_sdk.outages import Outage
from erp_sdk.redaction import protect_settings
from erp_sdk.times import parse_time

if TYPE_CHECKING:
    from types import FrameType

    from singer_sdk.helpers.capabilities import CapabilitiesEnum

_DATE_LENGTH = len("2026-01-05")
_MOST_WORKERS, _FREE_WORKERS = 16, 4


class ErpTap(Tap):
    """A tap whose streams are built on `erp_sdk.stream`.

    Attributes:
        vendor_reached: Whether any call of this run has had a proper answer.
        outage: Whether the vendor can be reached at present.
    """

    message_writer_class = MessageWriter
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        capability for capability in Tap.capabilities if capability is not PluginCapabilities.BATCH
    ]

    def __init__(self, **kwargs: Any) -> None:
        self.vendor_reached = False
        self.outage = Outage()
        self._stopped_by: int | None = None
        if kwargs.get("parse_env_config"):
            self._check_whole_numbers()
        super().__init__(**kwargs)

    @property
    @abstractmethod
    def account(self) -> str:
        """What the vendor counts calls by: host, seller and key in one text."""

    def make_shared(self) -> None:
        """Make what the threads of all streams share, before there are threads.

        `cached_property` lets two threads make it twice from Python 3.12 on.
        """
        _ = self.budget

    @cached_property
    def budget(self) -> Budget:
        """The calls this account may make, shared by all streams."""
        return Budget(
            int(self.config["calls_per_minute"]),
            self.account,
            self.config.get("budget_path"),
            calls_per_second=int(self.config.get("calls_per_second") or 0),
        )

    @property
    def workers(self) -> int:
        """How many windows are read at a time.

        Enough to make all allowed calls where an answer takes a second; one more, for one that takes longer.
        """
        asked = self.config.get("concurrency")
        if asked is not None:
            return int(asked)
        calls_per_minute = int(self.config["calls_per_minute"])
        return min(_MOST_WORKERS, 1 + math.ceil(calls_per_minute / 60)) if calls_per_minute > 0 else _FREE_WORKERS

    @property
    def vendor_is_known(self) -> bool:
        """Whether the settings have led to the vendor before: in this run, or in the one that left a bookmark."""
        bookmarks = self.state.get("bookmarks", {}).values()
        return self.vendor_reached or any(bookmark.get("replication_key_value") for bookmark in bookmarks)

    def moment(self, setting: str, *, end_of_day: bool = False) -> datetime | None:
        """Read a date and time from a setting; None when it is not set.

        Args:
            setting: The setting's name.
            end_of_day: Whether a date alone means its last second.

        Raises:
            SetupError: The text is no date and time.
        """
        text = self.config.get(setting)
        if text is None:
            return None
        try:
            moment = parse_time(text)
        except ValueError:
            moment = None
        if moment is None:
            raise SetupError(
                f"setting {setting} is {text!r}, which is no date and time; write 2026-01-31 or 2026-01-31 08:00:00 "
                "(Beijing time)."
            )
        if end_of_day and len(str(text).strip()) == _DATE_LENGTH:
            moment += timedelta(days=1) - timedelta(seconds=1)
        return moment

    def check_stop(self) -> None:
        """End the run if a signal has asked for it; called between pages, where all that was written is whole.

        State needs no last word: it is written whenever a window is complete, and nothing after that is complete.

        Raises:
            SystemExit: 143 after SIGTERM, 130 after SIGINT.
        """
        if self._stopped_by is not None:
            sys.stdout.flush()
            sys.exit(128 + self._stopped_by)

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        # singer-sdk leaves numbers that come out of the environment text, unless they are whole (--config=ENV).
        for name, declared in self.config_jsonschema["properties"].items():
            if is_number_type(declared) and isinstance(text := self._config.get(name), str):
                with suppress(ValueError):
                    self._config[name] = float(text)
        # Before validation: its errors quote values.
        spelled = {name: value if value is None else str(value) for name, value in self.config.items()}
        protect_settings(spelled, self.config_jsonschema)
        return super()._validate_config(raise_errors=raise_errors)

    def _check_whole_numbers(self) -> None:
        """See that what singer-sdk is going to read out of the environment as whole numbers are some.

        Raises:
            SetupError: One is not.
        """
        for name, declared in self.config_jsonschema["properties"].items():
            variable = f"{self._env_var_prefix}{name.upper()}"
            if is_integer_type(declared) and variable in os.environ:
                try:
                    int(os.environ[variable])
                except ValueError:
                    raise SetupError(f"{variable} is {os.environ[variable]!r}; {name} is a whole number.") from None

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        # singer-sdk's own handler exits with 0, wherever the process is, in the middle of a line if need be.
        del frame
        if self._stopped_by is not None:
            sys.exit(128 + signum)
        self._stopped_by = signum
        self.logger.info("Stopping after the page in hand (%s)", signal.Signals(signum).name)
