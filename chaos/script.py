"""What a seed decides: the settings of both ends, the faults of each round, and what is done to each run."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from random import Random
from typing import Any

TAP, MAPPER, TARGET, MELTANO = "tap-wangdiantong", "mapper-kd", "target-kingdee", "meltano"
LINE, REPLAY = (TAP, MAPPER, TARGET), ("tap-ledger", MAPPER, TARGET)
INTENSITIES = (0.1, 0.2, 0.4, 0.7)
VICTIMS = (TARGET, TARGET, TARGET, MELTANO, MELTANO, TAP, MAPPER)
LAST_MOMENT = "2026-03-31 06:00:00"
FIRST_MOMENTS = ("2026-03-30 23:00:00", "2026-03-31 00:00:00", "2026-03-31 00:30:00")
VENDORS = ["kingdee", "wangdiantong"]
"""Those that the line calls: faults of others would never happen, and change what a seed means."""


@dataclass(frozen=True)
class Moment:
    """When something happens within a run.

    Attributes:
        what: ``seconds`` since the start; ``reads``: calls that 旺店通 has had in this run; ``saves``: BatchSave calls
            that Kingdee has had in this run; ``documents``: new ones in Kingdee; ``rows``: new ones in the ledger.
        value: How many.
    """

    what: str
    value: float


@dataclass(frozen=True)
class Blow:
    """One thing that is done to a run.

    Attributes:
        kind: ``kill``, ``disk_full``, ``ledger_cut``, ``second_run``, ``expire_sessions``, ``restart`` (of the
            sandbox), ``outage`` (the same, later).
        victim: Whom a kill hits.
        signal: ``KILL`` or ``TERM``.
        group: Whether the victim's whole process group is hit; only for Meltano.
        value: Seconds of an outage, bytes until the disk is full, 1 for a second run with ``--force``.
    """

    kind: str
    moment: Moment
    victim: str = ""
    signal: str = ""
    group: bool = False
    value: float = 0


@dataclass(frozen=True)
class Round:
    """One run of the line in bad weather.

    Attributes:
        faults: The sandbox's fault plan; empty for none.
        blows: What is done to it.
        unauditable: How many of the documents Kingdee refuses to audit as long as the round lasts.
        forbidden: How many of the goods are forbidden 禁用 in Kingdee as long as the round lasts.
        person: What a person does in Kingdee afterwards to a document that is not audited yet: ``edits``, ``deletes``.
        waits: Whether the next run starts only when every process of this one is gone.
    """

    faults: Any
    blows: tuple[Blow, ...]
    unauditable: int = 0
    forbidden: int = 0
    person: str = ""
    waits: bool = True


@dataclass(frozen=True)
class Script:
    """Everything that a seed decides.

    Attributes:
        start: The first moment of the source that is read, Beijing time.
        postgres: Whether the ledger is in Postgres.
        confirm: Whether one more run at the end has to write nothing.
    """

    seed: int
    dialect: str
    start: str
    tap: dict[str, str]
    target: dict[str, str]
    sandbox: tuple[str, ...]
    postgres: bool
    confirm: bool
    rounds: tuple[Round, ...] = field(default=())


def write_script(seed: int) -> Script:
    """Draw the script of a seed; the same for the same seed."""
    random = Random(seed)  # noqa: S311 - repeatable, nothing secret
    unique = _happens(random, 0.7)
    sandbox = ["--limits", "off", "--auto-audit", random.choice(["rollback", "stays-saved"])]
    if not unique:
        sandbox += ["--kingdee", "unique_numbers=false"]
    auth = random.choice(["password", "app_secret", "sign", "signed"])
    if auth == "signed" and _happens(random, 0.5):
        sandbox.append("--gateway")
    postgres = _happens(random, 0.3)
    rounds = tuple(_draw_round(random, postgres=postgres) for _ in range(random.choice([1, 1, 2])))
    return Script(
        seed=seed,
        dialect=random.choice(["openapi", "openapi", "flagship"]),
        start=random.choice(FIRST_MOMENTS),
        tap=_draw_tap(random),
        target={**_draw_target(random), "auth": auth},
        sandbox=tuple(sandbox),
        postgres=postgres,
        confirm=_happens(random, 0.25),
        rounds=rounds,
    )


def _happens(random: Random, chance: float) -> bool:
    return random.random() < chance


def _draw_tap(random: Random) -> dict[str, str]:
    return {
        "window_minutes": str(random.choice([10, 20, 30, 60])),
        "page_size": str(random.choice([10, 25, 100])),
        "lookback_minutes": random.choice(["0", "0", "10"]),
        "concurrency": random.choice(["1", "1", "2"]),
        "status_list": random.choice(["true", "true", "true", "false"]),
        "confirm_empty": "true",
        "calls_per_minute": "0",
        "request_timeout": "2",
        "max_tries": str(random.choice([3, 5])),
        "retry_wait": "0.05",
        "settle_minutes": "0",
    }


def _draw_target(random: Random) -> dict[str, str]:
    auto = _happens(random, 0.6)
    private = {}
    if _happens(random, 0.3):
        private = {"personal_data": "encrypt", "personal_data_key": urlsafe_b64encode(random.randbytes(32)).decode()}
    return {
        **private,
        "batch_size": str(random.choice([1, 2, 3, 5, 5, 8, 13])),
        "concurrency": str(random.choice([1, 1, 2, 3])),
        "batch_count": str(random.choice([0, 0, 3])),
        "IsAutoSubmitAndAudit": "true" if auto else "false",
        "flush_seconds": str(random.choice([0, 0.2, 10])),
        "missing_base_data": random.choice(["dead_letter", "dead_letter", "park"]),
        "on_existing": random.choice(["skip", "skip", "update", "fail"]),
        "request_timeout": "2",
        "backoff_seconds": "0.05",
        "throttle_seconds": "0.05",
        "max_throttle_seconds": "5",
        "max_retries": str(random.choice([2, 3, 5])),
        "max_error_rate": "1",
    }


def _draw_round(random: Random, *, postgres: bool) -> Round:
    blows = [_draw_blow(random, postgres=postgres) for _ in range(random.choice([1, 1, 1, 2]))]
    drawn = _happens(random, 0.75)
    plan = {"seed": random.randrange(1_000_000), "intensity": random.choice(INTENSITIES)} if drawn else {}
    return Round(
        faults={**plan, "vendors": VENDORS} if drawn else [],
        blows=tuple(blows),
        unauditable=random.choice([0, 0, 0, 8]),
        forbidden=random.choice([0, 0, 0, 3]),
        person=random.choice(["", "", "edits", "deletes"]),
        waits=_happens(random, 0.6),
    )


def _draw_blow(random: Random, *, postgres: bool) -> Blow:
    kind = random.choices(
        ["kill", "disk_full", "second_run", "expire_sessions", "restart", "outage"], [10, 2, 2, 1, 1.5, 1.5]
    )[0]
    moment = _draw_moment(random)
    if kind == "kill":
        victim, signal = random.choice(VICTIMS), random.choice(["KILL", "KILL", "TERM"])
        if victim in (TAP, MAPPER):  # they are done long before the last document is saved
            moment = Moment("reads", random.randrange(1, 12))
        return Blow(kind, moment, victim, signal, group=victim == MELTANO and _happens(random, 0.5))
    if kind == "disk_full" and postgres:
        return Blow("ledger_cut", moment)
    value = {
        "disk_full": random.randrange(0, 60_000),
        "outage": random.uniform(0.5, 3),
        "second_run": random.choice([0, 1, 1]),
    }
    return Blow(kind, moment, value=round(value.get(kind, 0), 2))


def _draw_moment(random: Random) -> Moment:
    what = random.choices(["seconds", "saves", "documents", "rows"], [2, 4, 2, 2])[0]
    if what == "seconds":
        return Moment(what, round(random.uniform(0.5, 4), 2))
    return Moment(what, random.randrange(1, 8 if what == "saves" else 40))
