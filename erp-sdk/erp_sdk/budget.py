"""A proactive budget of calls per account, shared by all processes of a host.

A vendor's throttle answer costs minutes of silence (旺店通 asks for five to ten), so the limit is kept on our side:
each call first takes a place in a sliding minute. The places are rows of a SQLite file that belongs to the account, so
two taps that read one account at the same time share its minute.

What a vendor's minute is, nobody says: it may slide, or begin anew with every minute of the clock. A budget that slides
keeps both: where no 60 seconds hold more calls than allowed, no minute of the clock does. It lets the calls of a minute
go as fast as there is work, and makes the next ones wait until the first are a minute old; spreading them evenly would
gain nothing in the long run and make short runs slow.

The vendor counts calls when they arrive, the budget when they leave. A call that was long on its way (a new
connection, a login before it, a busy machine) and one a minute later that was not arrive less than a minute apart; so a
place is kept a little longer than a minute: `MARGIN_MILLISECONDS`, at the price of 2.4 % of the calls.

Some vendors count by the second too. That limit is kept in the same way and in the same file; a fifth of a second more
costs nothing there, since it is the minute that a long run is limited by.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from platformdirs import user_cache_path
from pyrate_limiter import InMemoryBucket, Rate, RateItem, SQLiteBucket

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

logger = logging.getLogger(__name__)

MINUTE_MILLISECONDS = 60_000
MARGIN_MILLISECONDS = 1_500
SECOND_MILLISECONDS = 1_000
SECOND_MARGIN_MILLISECONDS = 200
_SHORTEST_WAIT_MILLISECONDS = 5
_LONG_WAIT_SECONDS = 5.0


class Budget:
    """At most so many calls in any 60 seconds, and in any second.

    Args:
        calls_per_minute: The limit; 0 or less means "no limit".
        account: Whatever identifies the vendor's account (host, seller, key); only its digest names the file.
        folder: Where the file lies; None takes the user's cache folder.
        calls_per_second: The limit of any second, kept besides; 0 or less means "no limit".

    Attributes:
        calls: How many places were taken.
        waited: Seconds that calls have waited for a place so far, over all threads.
    """

    def __init__(
        self, calls_per_minute: int, account: str, folder: str | Path | None = None, *, calls_per_second: int = 0
    ) -> None:
        self.calls_per_minute = calls_per_minute
        self.calls = 0
        self.waited = 0.0
        self._counting = threading.Lock()
        self._taking = threading.Lock()
        rates = _rates(calls_per_minute, calls_per_second)
        self._bucket = _open_bucket(rates, account, folder) if rates else None

    def take(self) -> float:
        """Wait until a call is allowed; return the seconds waited."""
        waited = 0.0
        if self._bucket is not None:
            begin = time.monotonic()
            while (milliseconds := self._try(self._bucket)) is not None:
                time.sleep(max(milliseconds, _SHORTEST_WAIT_MILLISECONDS) / 1000)
            waited = time.monotonic() - begin
            if waited > _LONG_WAIT_SECONDS:
                logger.info("Waited %.0f s for the budget of %d calls a minute", waited, self.calls_per_minute)
        with self._counting:
            self.waited += waited
            self.calls += 1
        return waited

    def _try(self, bucket: SQLiteBucket | InMemoryBucket) -> int | None:
        """Take a place if there is one; otherwise return the milliseconds until there will be."""
        # The clock is read inside both locks: a place that carried an earlier time would be free again too early.
        between_processes = cast("AbstractContextManager[Any]", bucket.limiter_lock() or nullcontext())
        with self._taking, between_processes:
            item = RateItem("call", _now(bucket))
            bucket.leak(item.timestamp)
            return None if bucket.put(item) else cast("int", bucket.waiting(item))

    def left(self) -> int | None:
        """Return how many calls may be made at once now; None when there is no limit."""
        if self._bucket is None or self.calls_per_minute <= 0:
            return None
        self._bucket.leak(_now(self._bucket))
        return self.calls_per_minute - int(self._bucket.count())

    def close(self) -> None:
        """Close the file; the places taken stay, for other processes."""
        if self._bucket is not None:
            self._bucket.close()
            self._bucket = None


def _rates(calls_per_minute: int, calls_per_second: int) -> list[Rate]:
    rates = []
    if calls_per_second > 0 and not 0 < calls_per_minute <= calls_per_second:  # the minute says all, otherwise
        rates.append(Rate(calls_per_second, SECOND_MILLISECONDS + SECOND_MARGIN_MILLISECONDS))
    if calls_per_minute > 0:
        rates.append(Rate(calls_per_minute, MINUTE_MILLISECONDS + MARGIN_MILLISECONDS))
    return rates


def _open_bucket(rates: list[Rate], account: str, folder: str | Path | None) -> SQLiteBucket | InMemoryBucket:
    path = Path(folder) if folder else user_cache_path("singer-erp") / "budget"
    file = path / f"{hashlib.sha256(account.encode()).hexdigest()[:24]}.sqlite"
    try:
        path.mkdir(parents=True, exist_ok=True)
        bucket = SQLiteBucket.init_from_file(rates, db_path=str(file), use_file_lock=True)
    except (OSError, sqlite3.Error) as error:
        logger.warning(
            "The call budget cannot be shared between processes: %s cannot be used (%s); set budget_path to a writable "
            "folder, or run one process an account",
            path,
            error,
        )
        return InMemoryBucket(rates)
    newest = bucket.peek(0)
    if newest is not None and newest.timestamp > _now(bucket) + MINUTE_MILLISECONDS:
        bucket.flush()  # the clock was set back: those places would lie in the future for hours
    return bucket


def _now(bucket: SQLiteBucket | InMemoryBucket) -> int:
    milliseconds: int = bucket.now()  # type: ignore[no-untyped-call]  # pyrate-limiter leaves it untyped
    return milliseconds
