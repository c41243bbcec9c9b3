"""Waiting for a vendor that cannot be reached: asked often, said calmly, ended by a limit of its own.

An outage is only what happens before anything is sent: the connection is refused, there is no route, the name is not
known, or nobody answers the call for a connection. Such a call can be repeated as often as one likes without any harm,
so it neither counts as a try nor lets the pauses grow: half an hour without network is over a few seconds after the
network is back. A call that was sent and not answered is another matter, and has `max_tries`.

A router that has lost its line does not refuse, it is silent. So a connection has to come about within a few seconds,
or it is asked for anew: TCP itself repeats its question after 1 and 3 seconds, and then after ever longer pauses.
"""

from __future__ import annotations

import logging
import threading
import time

import requests
import urllib3
from singer_sdk.exceptions import FatalAPIError

from erp_sdk.command import explain

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 4.0
"""How long to wait for a connection; what the vendor then takes to answer is limited by request_timeout."""
ASK_EVERY_SECONDS = 4.0
_SHORTEST_PAUSE_SECONDS = 0.25
_SAY_EVERY_SECONDS = 60.0


def nothing_was_sent(error: requests.RequestException) -> bool:
    """Tell whether a call failed before the vendor could see any of it."""
    if isinstance(error, (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError)):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


class Outage:
    """The outage that a run is in, if any; for all threads together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None
        self._said = 0.0

    def wait(self, error: requests.RequestException, *, asked_at: float, at_most: float) -> None:
        """Pause until it is time to ask again.

        Args:
            error: How the last call failed.
            asked_at: When it was made, by `time.monotonic`.
            at_most: How many seconds an outage may last.

        Raises:
            FatalAPIError: It lasts longer.
        """
        now = time.monotonic()
        left = at_most - self._lasts(error, now, at_most)
        if left <= 0:
            raise FatalAPIError(
                f"{explain(error)[0]} It was waited for {_spelled(at_most)} (max_outage_seconds); run again when it is "
                "there, reading goes on where it stopped."
            ) from None
        time.sleep(min(left, max(_SHORTEST_PAUSE_SECONDS, ASK_EVERY_SECONDS - (now - asked_at))))

    def over(self) -> None:
        """Note that the vendor has answered."""
        if self._since is None:
            return
        with self._lock:
            if self._since is not None:
                logger.warning("It is back after %s: going on", _spelled(time.monotonic() - self._since))
                self._since = None

    def _lasts(self, error: requests.RequestException, now: float, at_most: float) -> float:
        """Return how long the outage has lasted; say so at its start and once a minute."""
        with self._lock:
            if self._since is None:
                self._since = self._said = now
                if at_most > 0:
                    logger.warning("%s Waiting up to %s until it is back", explain(error)[0], _spelled(at_most))
            elif now - self._said >= _SAY_EVERY_SECONDS:
                self._said = now
                logger.warning("Still waiting, for %s now", _spelled(now - self._since))
            return now - self._since


def _spelled(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 2 * _SAY_EVERY_SECONDS else f"{seconds / 60:.0f} min"
