"""The base of every tap: shared settings, one budget an account, secrets hidden, a clean end on SIGTERM."""

from __future__ import annotations

import os
import signal
import sys
from abc import abstractmethod
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Tap
from singer_sdk import typing as th
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


def reading_settings(
    *, calls_per_minute: int, lookback_minutes: int = 10, settle_minutes: int = 2
) -> list[th.Property[Any]]:
    """Return the settings that every tap has.

    Args:
        calls_per_minute: The default budget: a little below what the vendor allows.
        lookback_minutes: The default for re-reading before the bookmark.
        settle_minutes: The default for leaving the newest rows to the next run.
    """
    return [
        th.Property(
            "start_date",
            th.DateTimeType,
            description="Read from this moment on, when there is no bookmark yet; Beijing time unless it has an offset "
            "(2026-01-01, 2026-01-01 08:00:00, 2026-01-01T00:00:00Z). 起始时间",
        ),
        th.Property(
            "end_date",
            th.DateTimeType,
            description="Read up to this moment, inclusive; a date alone means the end of that day. "
            "Default: now. 截止时间",
        ),
        th.Property(
            "lookback_minutes",
            th.NumberType,
            default=lookback_minutes,
            description="Re-read so many minutes before the bookmark, for changes that the vendor shows late; "
            "never moves the bookmark back. 回看分钟数",
        ),
        th.Property(
            "settle_minutes",
            th.NumberType,
            default=settle_minutes,
            description="Leave rows younger than this to the next run: the vendor may still be committing "
            "rows that carry an earlier time. 延迟分钟数",
        ),
        th.Property(
            "window_minutes",
            th.NumberType,
            description="Ask for windows of at most so many minutes; default and maximum: what the vendor allows for "
            "the method. Smaller windows give more bookmarks and more calls. 查询窗口",
        ),
        th.Property(
            "window_rows",
            th.IntegerType,
            default=10_000,
            description="Cut a window that holds more rows than this into smaller ones, so that memory stays small "
            "and a stopped run resumes close to where it was.",
        ),
        th.Property("page_size", th.IntegerType, description="Rows a call; default: the vendor's maximum. 每页条数"),
        th.Property(
            "calls_per_minute",
            th.IntegerType,
            default=calls_per_minute,
            description="Calls a minute for this account, over all processes of this machine; 0 means no limit. "
            "每分钟调用次数",
        ),
        th.Property(
            "budget_path",
            th.StringType,
            description="Folder of the files through which processes share the calls of an account. "
            "Default: the user's cache folder.",
        ),
        th.Property(
            "concurrency",
            th.IntegerType,
            default=1,
            description="Windows that are read at the same time. Pages of one window always come one after the other, "
            "so that none is lost. 并发数",
        ),
        th.Property(
            "request_timeout", th.IntegerType, default=60, description="Seconds to wait for an answer. 请求超时"
        ),
        th.Property(
            "max_tries",
            th.IntegerType,
            default=8,
            description="How often a call is sent at most when the vendor is busy or does not answer. 最大尝试次数",
        ),
        th.Property(
            "retry_wait",
            th.NumberType,
            default=3,
            description="Seconds before a failed call is sent again; doubles each time, up to five minutes. 重试等待",
        ),
        th.Property(
            "max_outage_seconds",
            th.NumberType,
            default=3600,
            description="How long a vendor that cannot be reached is waited for; it is asked every five seconds or "
            "sooner. 最长断网等待",
        ),
        th.Property(
            "incomplete_pages",
            th.StringType,
            default="fail",
            allowed_values=["fail", "warn"],
            description="What to do when the vendor counts more rows than it shows, after repeated calls: fail, or "
            "warn and go on (for an account whose rights hide some rows that the vendor still counts).",
        ),
    ]


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

    @cached_property
    def budget(self) -> Budget:
        """The calls this account may make, shared by all streams."""
        return Budget(int(self.config["calls_per_minute"]), self.account, self.config.get("budget_path"))

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
