from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from erp_sandbox.calls import CallCounters
from erp_sandbox.clock import Clock
from erp_sandbox.faults import FaultPlan
from erp_sandbox.limits import Limits

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime
    from pathlib import Path


@dataclass
class Context:
    """What the vendors' handlers share in one serving process.

    ``db`` is the one writer connection (autocommit off: a handler that writes opens and ends its own transaction with
    ``with context.db:``). Handlers run their CPU work inline on the event loop, so nothing else runs meanwhile.
    ``settings`` are the switches of the serve command line: ``auto_audit``, ``session_minutes``, ``gateway``.
    ``clock`` may be shifted, so that it is wrong.
    """

    db: sqlite3.Connection
    state: Path
    faults: FaultPlan = field(default_factory=FaultPlan)
    limits: Limits = field(default_factory=Limits)
    calls: CallCounters = field(default_factory=CallCounters)
    settings: dict[str, Any] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)

    def now(self) -> datetime:
        """Return the sandbox's time, aware, +08:00."""
        return self.clock.now()
