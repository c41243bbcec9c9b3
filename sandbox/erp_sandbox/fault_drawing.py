"""Fault plans drawn from a seed: the same entries for the same seed, all of them short and soon over."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from erp_sandbox import fault_kinds
from erp_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

FEWEST, MOST = 5, 9
"""How many entries a plan has."""

SECONDS = {
    "slow": (0.1, 1.0),
    "refused": (0.3, 2.0),
    "timeout_before": (0.5, 2.0),
    "timeout_after": (0.5, 2.0),
}
"""How long a fault may last, by kind."""

MOST_TIMES = 3


class Drawn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, frozen=True):
    """What a plan is drawn from. ``intensity`` is about how many of the calls an entry is about it hits, 0 to 1."""

    seed: int
    intensity: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.1
    vendors: list[str] = []
    kinds: list[str] = []


def read(plan: Any) -> Drawn | None:
    """Return what a plan is drawn from; None for a plan that lists its faults.

    Raises:
        SandboxError: a seed with something wrong beside it.
    """
    if not isinstance(plan, dict) or "seed" not in plan:
        return None
    try:
        return msgspec.convert(plan, Drawn)
    except msgspec.ValidationError as error:
        raise SandboxError(f"The fault plan with a seed is wrong: {error}.") from None


def draw(
    drawn: Drawn, own: Mapping[str, Mapping[str, tuple[str, ...]]], calls: Mapping[str, tuple[str, ...]]
) -> list[dict[str, Any]]:
    """Return the entries of a plan, as they would be written down.

    Args:
        drawn: the seed and what it is limited to.
        own: vendor → its own kinds → the calls they may be drawn for.
        calls: vendor → the calls that every other kind may be drawn for.

    Raises:
        SandboxError: an unknown vendor or kind.
    """
    strangers = sorted(set(drawn.vendors) - set(own))
    if strangers:
        raise SandboxError(f"There is no vendor {strangers[0]!r}; there are {', '.join(sorted(own))}.")
    vendors = sorted(set(drawn.vendors) or own)
    targets = {
        (vendor, kind): patterns
        for vendor in vendors
        for kind, patterns in {**dict.fromkeys(fault_kinds.names(), calls[vendor]), **own[vendor]}.items()
    }
    known = {kind for _vendor, kind in targets}
    unknown = sorted(set(drawn.kinds) - known)
    if unknown:
        raise SandboxError(f"{' and '.join(vendors)} cannot have kind {unknown[0]!r}; {', '.join(sorted(known))} are.")
    pool = sorted(target for target in targets if not drawn.kinds or target[1] in drawn.kinds)
    chance = random.Random(drawn.seed)  # noqa: S311 - repeatable faults, nothing secret
    chosen = chance.sample(pool, min(len(pool), chance.randint(FEWEST, MOST)))
    return [_entry(chance, drawn.intensity, vendor, kind, targets[vendor, kind]) for vendor, kind in chosen]


def _entry(
    chance: random.Random, intensity: float, vendor: str, kind: str, patterns: tuple[str, ...]
) -> dict[str, Any]:
    entry: dict[str, Any] = {"kind": kind, "vendor": vendor}
    call = chance.choice(patterns)
    if call != "*":
        entry["call"] = call
    apart = max(1, round(1 / intensity))
    choice = chance.choice(("nth", "every", "chance"))
    if choice == "nth":
        entry["nth"] = chance.randint(1, apart)
    elif choice == "every":
        entry |= {"every": chance.randint(max(2, apart // 2), 2 * apart), "times": chance.randint(1, MOST_TIMES)}
    else:
        entry |= {
            "chance": min(1.0, round(intensity * chance.uniform(0.5, 1.5), 4)),
            "seed": chance.randrange(2**31),
            "times": chance.randint(1, MOST_TIMES),
        }
    if kind in SECONDS:
        entry["seconds"] = round(chance.uniform(*SECONDS[kind]), 2)
    return entry
