from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from erp_sandbox import fault_drawing, fault_kinds
from erp_sandbox.errors import SandboxError
from erp_sandbox.outage import Outage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from erp_sandbox.fault_drawing import Drawn

LOGGED = 1000
"""Faults that the plan remembers one by one."""


class Entry(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of a fault plan: which calls, and what happens to them.

    Of the calls that match ``vendor``, ``call`` (``*`` and ``?`` are wildcards) and ``documents`` (any of these
    numbers is in the call), the ``nth`` one, ``every`` so many, the ``first`` so many, or a ``chance`` of them (drawn
    from ``seed``, so that a run can be repeated) are hit; without any of the four, all of them. At most ``times``
    faults are made. Counting starts when the plan is set, and leaves out calls that the kind cannot happen to.
    """

    kind: str
    vendor: str = "*"
    call: str = "*"
    documents: list[str] = []
    nth: int | None = None
    every: int | None = None
    first: int | None = None
    chance: float | None = None
    seed: int = 0
    times: int | None = None
    seconds: float | None = None


CHOICES = ("nth", "every", "first", "chance")


@dataclass
class Counted:
    """An entry with its counters: matching calls seen, and faults made of them."""

    entry: Entry
    random: random.Random
    seen: int = 0
    fired: int = 0

    def fires(self) -> bool:
        """Count one matching call, and say whether it is hit."""
        entry = self.entry
        self.seen += 1
        if entry.times is not None and self.fired >= entry.times:
            return False
        if entry.nth is not None:
            return self.seen == entry.nth
        if entry.every is not None:
            return self.seen % entry.every == 0
        if entry.first is not None:
            return self.seen <= entry.first
        if entry.chance is not None:
            return self.random.random() < entry.chance
        return True


class Fired(msgspec.Struct, frozen=True):
    """One fault that was made: by which entry of the plan (from 1), of which call, with which documents in it."""

    entry: int
    vendor: str
    call: str
    kind: str
    documents: list[str]


@dataclass(frozen=True)
class Fault:
    """What is to happen to one call.

    A handler does, in this order::

        answer = await fault.before(request)      # an answer: send it, do nothing else
        ...the work, committed...
        response = await fault.after(request, response)

    and itself gives the vendor's own answer for the kinds in `Vendor.own_faults` (both calls let those pass).
    ``documents`` are the numbers that the plan names; empty when it names none.
    """

    kind: str
    seconds: float | None
    stopping: asyncio.Event
    outage: Outage
    documents: frozenset[str] = frozenset()

    @property
    def stopped(self) -> bool:
        """Whether the server is stopping, so that nothing may be held any longer."""
        return self.stopping.is_set()

    async def sleep(self, seconds: float) -> None:
        """Sleep, but not longer than the server lives."""
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except asyncio.TimeoutError:
            return

    async def before(self, request: Request) -> Response | None:
        """Make the faults that happen ahead of the work; an answer means that the call ends here."""
        function = fault_kinds.BEFORE.get(self.kind)
        return None if function is None else await function(self, request)

    async def after(self, request: Request, response: Response) -> Response:
        """Make the faults that happen once the work is committed; give what is sent in the end."""
        function = fault_kinds.AFTER.get(self.kind)
        return response if function is None else await function(self, request, response)


def _any_kind(_kind: str) -> bool:
    return True


@dataclass
class FaultPlan:
    """The entries in force. Several may match one call: all count it, the first that fires makes the fault.

    Args:
        own: the kinds each vendor answers itself, by vendor name, with the calls a drawn plan may use them on; a plan
            may use them for that vendor only.
        calls: the calls, by vendor name, that a drawn plan may use the other kinds on.
    """

    own: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    calls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    entries: list[Counted] = field(default_factory=list)
    drawn: Drawn | None = None
    outage: Outage = field(default_factory=Outage)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _log: deque[Fired] = field(default_factory=lambda: deque(maxlen=LOGGED))
    _made: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def next(
        self,
        vendor: str,
        call: str,
        document_numbers: Callable[[], Iterable[str]] = tuple,
        able: Callable[[str], bool] = _any_kind,
    ) -> Fault | None:
        """Count a call and return the fault it meets.

        Args:
            vendor: the vendor's name.
            call: the vendor's own name of the service or method.
            document_numbers: gives the numbers of the documents in the call, where the vendor knows them; asked only
                when an entry names documents, or fires.
            able: whether a kind can happen to this call.
        """
        if not self.entries:
            return None
        numbers: frozenset[str] | None = None
        hit: tuple[int, Counted] | None = None
        for place, counted in enumerate(self.entries, start=1):
            entry = counted.entry
            if not (fnmatchcase(vendor, entry.vendor) and fnmatchcase(call, entry.call) and able(entry.kind)):
                continue
            if entry.documents:
                numbers = frozenset(document_numbers()) if numbers is None else numbers
                if numbers.isdisjoint(entry.documents):
                    continue
            if counted.fires() and hit is None:
                hit = place, counted
        if hit is None:
            return None
        place, counted = hit
        counted.fired += 1
        entry = counted.entry
        self._made[vendor, call, entry.kind] += 1
        known = document_numbers() if numbers is None else numbers
        self._log.append(Fired(place, vendor, call, entry.kind, sorted(known)))
        return Fault(entry.kind, entry.seconds, self.stopping, self.outage, frozenset(entry.documents))

    def replace(self, plan: Any) -> None:
        """Put a plan (a list of entries, ``{"faults": [...]}``, or ``{"seed": 17, …}``) in place of the one in force.

        Raises:
            SandboxError: the plan is wrong; the one in force stays.
        """
        drawn = fault_drawing.read(plan)
        raws = _entries(plan) if drawn is None else self.draw(drawn)
        entries = [self._counted(number, raw) for number, raw in enumerate(raws, start=1)]
        self.clear()
        self.entries, self.drawn = entries, drawn

    def draw(self, drawn: Drawn) -> list[dict[str, Any]]:
        """Return the entries that a seed gives.

        Raises:
            SandboxError: an unknown vendor or kind.
        """
        return fault_drawing.draw(drawn, self.own, self.calls)

    def clear(self) -> None:
        """Take every entry out, and forget what was made."""
        self.entries, self.drawn = [], None
        self._log.clear()
        self._made.clear()

    def stop(self) -> None:
        """Let go of every call that is held."""
        self.stopping.set()

    def as_dict(self) -> dict[str, Any]:
        """Return the entries with ``seen`` and ``fired``, what they were drawn from, and the faults made.

        ``fired`` counts by vendor, call and kind; ``log`` has the last of them in their order.
        """
        made: dict[str, dict[str, dict[str, int]]] = {}
        for (vendor, call, kind), number in sorted(self._made.items()):
            made.setdefault(vendor, {}).setdefault(call, {})[kind] = number
        return {
            "faults": [{**msgspec.to_builtins(c.entry), "seen": c.seen, "fired": c.fired} for c in self.entries],
            "drawn": self.drawn,
            "fired": made,
            "log": list(self._log),
        }

    def _counted(self, number: int, raw: Any) -> Counted:
        try:
            entry = msgspec.convert(raw, Entry)
        except msgspec.ValidationError as error:
            raise SandboxError(f"Fault {number} of the plan is wrong: {error}.") from None
        chosen = [name for name in CHOICES if getattr(entry, name) is not None]
        if len(chosen) > 1:
            raise SandboxError(f"Fault {number} of the plan has {' and '.join(chosen)}: give one of them.")
        if any(getattr(entry, name) < 1 for name in chosen if name != "chance"):
            raise SandboxError(f"Fault {number} of the plan: {chosen[0]} counts calls from 1.")
        if entry.times is not None and entry.times < 1:
            raise SandboxError(f"Fault {number} of the plan: times is the most faults it may make, 1 or more.")
        if self.own and entry.vendor != "*" and entry.vendor not in self.own:
            raise SandboxError(
                f"Fault {number} of the plan names vendor {entry.vendor!r}; there are {', '.join(sorted(self.own))}."
            )
        kinds = self._kinds(entry.vendor)
        if entry.kind not in kinds:
            raise SandboxError(
                f"Fault {number} of the plan has kind {entry.kind!r}, which {entry.vendor} cannot have; "
                f"the kinds are {', '.join(sorted(kinds))}."
            )
        return Counted(entry, random.Random(entry.seed))  # noqa: S311 - repeatable faults, nothing secret

    def _kinds(self, vendor: str) -> frozenset[str]:
        own = self.own.values() if vendor == "*" else [self.own.get(vendor, {})]
        return fault_kinds.names().union(*own)


def read_plan(path: Path) -> Any:
    """Read a fault plan from a YAML or JSON file.

    Raises:
        SandboxError: the file is missing or not YAML.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SandboxError(f"The fault plan {path} cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f" in line {mark.line + 1}, column {mark.column + 1}"
        raise SandboxError(f"The fault plan {path} is not YAML or JSON{where}.") from None


def write_plan(entries: list[dict[str, Any]]) -> str:
    """Write entries as YAML, one line each, that `read_plan` reads."""
    return yaml.safe_dump({"faults": entries}, sort_keys=False, default_flow_style=None, width=1000)


def _entries(plan: Any) -> list[Any]:
    if isinstance(plan, dict) and set(plan) == {"faults"}:
        plan = plan["faults"]
    if plan is None:
        return []
    if not isinstance(plan, list):
        raise SandboxError(
            'A fault plan is a list of faults, or {"faults": [...]}, each with at least a kind, or {"seed": 17}.'
        )
    return plan
