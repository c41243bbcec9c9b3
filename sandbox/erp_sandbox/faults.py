from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from erp_sandbox import fault_kinds
from erp_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response


class Entry(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of a fault plan: which calls, and what happens to them.

    Of the calls that match ``vendor``, ``call`` (``*`` and ``?`` are wildcards) and ``documents`` (any of these
    numbers is in the call), the ``nth`` one, ``every`` so many, the ``first`` so many, or a ``chance`` of them (drawn
    from ``seed``, so that a run can be repeated) are hit; without any of the four, all of them. Counting starts when
    the plan is set.
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
    seconds: float | None = None


@dataclass
class Counted:
    """An entry with its counters: matching calls seen, and faults made of them."""

    entry: Entry
    random: random.Random
    seen: int = 0
    fired: int = 0

    def matches(self, vendor: str, call: str, document_numbers: Iterable[str]) -> bool:
        """Whether the entry is about this call; counts nothing."""
        entry = self.entry
        if not (fnmatchcase(vendor, entry.vendor) and fnmatchcase(call, entry.call)):
            return False
        return not entry.documents or not set(entry.documents).isdisjoint(document_numbers)

    def fires(self) -> bool:
        """Count one matching call, and say whether it is hit."""
        entry = self.entry
        self.seen += 1
        if entry.nth is not None:
            return self.seen == entry.nth
        if entry.every is not None:
            return self.seen % entry.every == 0
        if entry.first is not None:
            return self.seen <= entry.first
        if entry.chance is not None:
            return self.random.random() < entry.chance
        return True


@dataclass(frozen=True)
class Fault:
    """What is to happen to one call.

    A handler does, in this order::

        answer = await fault.before(request)      # an answer: send it, do nothing else
        ...the work, committed...
        response = await fault.after(request, response)

    and itself gives the vendor's own answer for the kinds in `Vendor.own_faults` (both calls let those pass).
    """

    kind: str
    seconds: float | None
    stopping: asyncio.Event

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


@dataclass
class FaultPlan:
    """The entries in force. Several may match one call: all count it, the first that fires makes the fault.

    Args:
        own: the kinds each vendor answers itself, by vendor name; a plan may use them for that vendor only.
    """

    own: Mapping[str, frozenset[str]] = field(default_factory=dict)
    entries: list[Counted] = field(default_factory=list)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def next(self, vendor: str, call: str, document_numbers: Iterable[str] = ()) -> Fault | None:
        """Count a call and return the fault it meets.

        Args:
            vendor: the vendor's name.
            call: the vendor's own name of the service or method.
            document_numbers: numbers of the documents in the call, where the vendor knows them.
        """
        if not self.entries:
            return None
        numbers = set(document_numbers)
        hit: Counted | None = None
        for counted in self.entries:
            if counted.matches(vendor, call, numbers) and counted.fires() and hit is None:
                hit = counted
                hit.fired += 1
        return None if hit is None else Fault(hit.entry.kind, hit.entry.seconds, self.stopping)

    def replace(self, plan: Any) -> None:
        """Put a plan (a list of entries, or ``{"faults": [...]}``) in place of the one in force.

        Raises:
            SandboxError: the plan is wrong; the one in force stays.
        """
        self.entries = [self._counted(number, raw) for number, raw in enumerate(_entries(plan), start=1)]

    def clear(self) -> None:
        """Take every entry out."""
        self.entries = []

    def stop(self) -> None:
        """Let go of every call that is held."""
        self.stopping.set()

    def as_list(self) -> list[dict[str, Any]]:
        """Return the entries with ``seen`` and ``fired``."""
        return [{**msgspec.to_builtins(c.entry), "seen": c.seen, "fired": c.fired} for c in self.entries]

    def _counted(self, number: int, raw: Any) -> Counted:
        try:
            entry = msgspec.convert(raw, Entry)
        except msgspec.ValidationError as error:
            raise SandboxError(f"Fault {number} of the plan is wrong: {error}.") from None
        chosen = [name for name in ("nth", "every", "first", "chance") if getattr(entry, name) is not None]
        if len(chosen) > 1:
            raise SandboxError(f"Fault {number} of the plan has {' and '.join(chosen)}: give one of them.")
        if any(getattr(entry, name) < 1 for name in chosen if name != "chance"):
            raise SandboxError(f"Fault {number} of the plan: {chosen[0]} counts calls from 1.")
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
        own = self.own.values() if vendor == "*" else [self.own.get(vendor, frozenset())]
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


def _entries(plan: Any) -> list[Any]:
    if isinstance(plan, dict) and set(plan) == {"faults"}:
        plan = plan["faults"]
    if plan is None:
        return []
    if not isinstance(plan, list):
        raise SandboxError('A fault plan is a list of faults, or {"faults": [...]}, each with at least a kind.')
    return plan
