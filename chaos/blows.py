"""What is done to a run while it runs."""

from __future__ import annotations

import resource
import signal
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from chaos.script import LINE, TARGET

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos.ground import Postgres
    from chaos.place import Line, Place
    from chaos.script import Blow, Moment

POLL_SECONDS = 0.03
SIGNALS = {"KILL": signal.SIGKILL, "TERM": signal.SIGTERM}
_TO_THE_SANDBOX = frozenset({"expire_sessions", "restart", "outage"})


class Storm:
    """The blows of one round, each struck when its moment has come.

    Args:
        place: Where the run is.
        postgres: The server of the ledgers.
        blows: What is to be done.
    """

    def __init__(self, place: Place, postgres: Postgres, blows: tuple[Blow, ...]) -> None:
        self._place = place
        self._postgres = postgres
        self._waiting = list(blows)
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._before = {what: count() for what, count in self._counts().items()}
        self.struck: Counter[str] = Counter()
        self.second_runs: list[Line] = []
        self.was_killed = False

    def rage(self, line: Line, seconds: float) -> bool:
        """Strike until the run ends; False when it has not ended in time."""
        while line.poll() is None:
            now = time.monotonic()
            if now - line.started > seconds:
                return False
            for due, action in [one for one in self._later if one[0] <= now]:
                self._later.remove((due, action))
                action()
            for blow in [one for one in self._waiting if self._has_come(one.moment, now - line.started)]:
                self._strike(blow, line)
            time.sleep(POLL_SECONDS)
        for _, action in self._later:
            action()
        return True

    def _has_come(self, moment: Moment, seconds: float) -> bool:
        if moment.what == "seconds":
            return seconds >= moment.value
        if self._later:  # the sandbox is out, and cannot be asked
            return False
        return self._counts()[moment.what]() - self._before[moment.what] >= moment.value

    def _counts(self) -> dict[str, Callable[[], int]]:
        return {
            "reads": lambda: self._count_calls("wangdiantong"),
            "saves": lambda: self._count_calls("kingdee", "BatchSave"),
            "documents": self._count_documents,
            "rows": self._place.ledger.rows,
        }

    def _count_calls(self, vendor: str, name: str = "") -> int:
        calls = self._place.sandbox.get("calls").get(vendor, {})
        return sum(sum(outcomes.values()) for call, outcomes in calls.items() if name in call)

    def _count_documents(self) -> int:
        return int(self._place.sandbox.get("kingdee/SAL_OUTSTOCK", summary="1")["documents"])

    def _strike(self, blow: Blow, line: Line) -> None:
        """Do it; what cannot be done yet (a victim that has not started, a sandbox that is out) is tried again."""
        if self._later and blow.kind in _TO_THE_SANDBOX:
            return
        done = getattr(self, f"_{blow.kind}")(blow, line)
        if done:
            self._waiting.remove(blow)
            self.struck[
                " ".join(part for part in (blow.kind, blow.victim, "and children" * blow.group, blow.signal) if part)
            ] += 1

    def _kill(self, blow: Blow, line: Line) -> bool:
        victim = line.find(blow.victim)
        if victim is None:
            return False
        self.was_killed = True
        if blow.group:
            line.strike_group(SIGNALS[blow.signal])
            return True
        with suppress(psutil.NoSuchProcess):
            victim.send_signal(SIGNALS[blow.signal])
        return True

    def _disk_full(self, blow: Blow, line: Line) -> bool:
        """Let no file of the target grow beyond so many bytes more than the ledger's log has: SQLite cannot write."""
        log = self._place.ledger_path.with_name(self._place.ledger_path.name + "-wal")
        target = line.find(TARGET)
        if target is None or not log.exists():
            return False
        most = log.stat().st_size + int(blow.value)
        with suppress(psutil.NoSuchProcess):
            target.rlimit(resource.RLIMIT_FSIZE, (most, most))
        return True

    def _ledger_cut(self, _blow: Blow, line: Line) -> bool:
        if line.find(TARGET) is None:
            return False
        self._postgres.cut(database_of(self._place))
        return True

    def _second_run(self, blow: Blow, _line: Line) -> bool:
        options = ("--force",) if blow.value else ()
        self.second_runs.append(self._place.start_line(*LINE, options=options))
        return True

    def _expire_sessions(self, _blow: Blow, _line: Line) -> bool:
        self._place.sandbox.post("kingdee/expire-sessions", {})
        return True

    def _restart(self, _blow: Blow, _line: Line) -> bool:
        self._place.sandbox.kill()
        self._restart_sandbox()
        return True

    def _outage(self, blow: Blow, _line: Line) -> bool:
        self._place.sandbox.kill()
        self._later.append((time.monotonic() + blow.value, self._restart_sandbox))
        return True

    def _restart_sandbox(self) -> None:
        self._place.sandbox.start()
        self._before |= {"reads": 0, "saves": 0}  # it has forgotten its calls


def database_of(place: Place) -> str:
    """Return the name of a seed's database."""
    return f"chaos_{place.script.seed}"
