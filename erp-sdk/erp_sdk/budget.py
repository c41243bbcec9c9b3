"""A proactive budget of calls per account, shared by all processes of a host.

A vendor's throttle answer costs minutes of silence (旺店通 asks for five to ten), so the limit is kept on our side:
each call first takes a place in a sliding minute. The places are rows of a SQLite file that belongs to the account, so
two taps that read one account at the same time share its minute.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
import time
from pathlib import Path

from platformdirs import user_cache_path
from pyrate_limiter import InMemoryBucket, Limiter, Rate, SingleBucketFactory, SQLiteBucket

logger = logging.getLogger(__name__)

MINUTE_MILLISECONDS = 60_000
_LONG_WAIT_SECONDS = 5.0


class Budget:
    """At most so many calls in any 60 seconds.

    Args:
        calls_per_minute: The limit; 0 or less means "no limit".
        account: Whatever identifies the vendor's account (host, seller, key); only its digest names the file.
        folder: Where the file lies; None takes the user's cache folder.

    Attributes:
        calls: How many places were taken.
        waited: Seconds that calls have waited for a place so far, over all threads.
    """

    def __init__(self, calls_per_minute: int, account: str, folder: str | Path | None = None) -> None:
        self.calls_per_minute = calls_per_minute
        self.calls = 0
        self.waited = 0.0
        self._counting = threading.Lock()
        self._bucket = _open_bucket(calls_per_minute, account, folder) if calls_per_minute > 0 else None
        self._limiter = _limiter(self._bucket) if self._bucket is not None else None

    def take(self) -> float:
        """Wait until a call is allowed; return the seconds waited."""
        waited = 0.0
        if self._limiter is not None and self._bucket is not None:
            begin = time.monotonic()
            self._bucket.leak(_now(self._bucket))
            self._limiter.try_acquire()
            waited = time.monotonic() - begin
            if waited > _LONG_WAIT_SECONDS:
                logger.info("Waited %.0f s for the budget of %d calls a minute", waited, self.calls_per_minute)
        with self._counting:
            self.waited += waited
            self.calls += 1
        return waited

    def left(self) -> int | None:
        """Return how many calls may be made at once now; None when there is no limit."""
        if self._bucket is None:
            return None
        self._bucket.leak(_now(self._bucket))
        return self.calls_per_minute - int(self._bucket.count())

    def close(self) -> None:
        """Close the file; the places taken stay, for other processes."""
        if self._limiter is not None:
            self._limiter.close()
            self._limiter = self._bucket = None


def _limiter(bucket: SQLiteBucket | InMemoryBucket) -> Limiter:
    # Without the leak schedule there is no background thread: passed places are swept when the next one is taken.
    limiter = Limiter(SingleBucketFactory(bucket, schedule_leak=False))
    file_lock = bucket.limiter_lock()
    if file_lock is not None:
        limiter.lock = (file_lock, limiter.lock)
    return limiter


def _open_bucket(calls_per_minute: int, account: str, folder: str | Path | None) -> SQLiteBucket | InMemoryBucket:
    rates = [Rate(calls_per_minute, MINUTE_MILLISECONDS)]
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
