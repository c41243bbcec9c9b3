"""The settings that every tap has: which period is read, and how the vendor is called."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th


def reading_settings(
    *, calls_per_minute: int, calls_per_second: int | None = None, lookback_minutes: int = 10, settle_minutes: int = 2
) -> list[th.Property[Any]]:
    """Return the settings that every tap has.

    Args:
        calls_per_minute: The default budget: a little below what the vendor allows.
        calls_per_second: The same by the second; None where the vendor counts minutes only: there is no setting then.
        lookback_minutes: The default for re-reading before the bookmark.
        settle_minutes: The default for leaving the newest rows to the next run.
    """
    return [
        *_of_the_period(lookback_minutes, settle_minutes),
        *_of_the_calls(calls_per_minute),
        *(() if calls_per_second is None else (_by_the_second(calls_per_second),)),
        *_of_failures(),
    ]


def _of_the_period(lookback_minutes: int, settle_minutes: int) -> list[th.Property[Any]]:
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
    ]


def _of_the_calls(calls_per_minute: int) -> list[th.Property[Any]]:
    return [
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
            description="Windows that are read at the same time. Pages of one window always come one after the other, "
            "so that none is lost. Default: as many as it takes to make all allowed calls where an answer takes a "
            "second, 2 for 60 calls a minute, at most 16. 并发数",
        ),
    ]


def _by_the_second(calls_per_second: int) -> th.Property[Any]:
    return th.Property(
        "calls_per_second",
        th.IntegerType,
        default=calls_per_second,
        description="Calls a second for this account, over all processes of this machine; 0 means no limit. "
        "每秒调用次数",
    )


def _of_failures() -> list[th.Property[Any]]:
    return [
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
