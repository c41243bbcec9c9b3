"""One seed from its first run to its verdict."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import psutil
import requests
from sqlalchemy.exc import SQLAlchemyError

from chaos import books
from chaos.blows import Storm, database_of
from chaos.place import Place
from chaos.said import check_log, retries_in, second_run_end, secrets_of
from chaos.script import LINE, REPLAY, Round, Script, write_script
from chaos.truth import Found, Problem, Touched, check_always, check_end, unexpected_letters

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.ground import Ground, Postgres
    from chaos.place import Line

RUN_SECONDS = 120
ORPHAN_SECONDS = 30
MOST_STORMS = 2  # the faults may end the first run before its moment has come
MOST_CALM_RUNS = 5
MOST_REPLAYS = 2
FORM = "SAL_OUTSTOCK"


@dataclass
class Outcome:
    """What a seed came to."""

    seed: int
    problems: list[Problem] = field(default_factory=list)
    runs: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    letters: Counter[str] = field(default_factory=Counter)
    documents: int = 0
    retries: int = 0
    seconds: float = 0

    @property
    def passed(self) -> bool:
        """Whether everything was as it must be."""
        return not self.problems

    def count(self, kind: str) -> int:
        """Count the problems of a kind."""
        return sum(1 for problem in self.problems if problem.kind == kind)

    def as_json(self) -> dict[str, Any]:
        """Return it for a report."""
        told = {name: getattr(self, name) for name in ("seed", "passed", "runs", "documents", "retries", "seconds")}
        counted = {name: dict(getattr(self, name)) for name in ("struck", "faults", "letters")}
        return {**told, **counted, "problems": [asdict(problem) for problem in self.problems]}


class Play:
    """A seed's runs.

    Args:
        seed: It decides everything.
        ground: What all seeds stand on.
        postgres: The server of the ledgers.
        home: The seed's folder: removed when it passes, kept when it fails.
    """

    def __init__(self, seed: int, ground: Ground, postgres: Postgres, home: Path) -> None:
        self.outcome = Outcome(seed)
        self._script: Script = write_script(seed)
        self._random = Random(seed)  # noqa: S311 - repeatable, nothing secret
        self._ground = ground
        self._postgres = postgres
        self._due = ground.due(self._script)
        self._touched = Touched()
        self._lines: list[Line] = []
        self._stopped = False
        url = postgres.create(f"chaos_{seed}") if self._script.postgres else ""
        self._place = Place(home, ground.home, self._script, url)

    def run(self) -> Outcome:
        """Play all rounds, then the calm, then judge."""
        began = time.monotonic()
        self._place.lay()
        (self._place.home / "script.json").write_text(json.dumps(asdict(self._script), indent=1), encoding="utf-8")
        try:
            with self._place.sandbox:
                for one in self._script.rounds:
                    self._storm(one)
                    if self.outcome.problems or self._stopped:
                        break
                else:
                    self._calm()
                self._judge()
        except (requests.RequestException, psutil.Error, SQLAlchemyError, OSError) as error:
            self._problem("campaign", f"the campaign itself failed: {type(error).__name__}: {error}")
        finally:
            for line in self._lines:
                line.end()
            self.outcome.seconds = round(time.monotonic() - began, 1)
            if self._script.postgres and self.outcome.passed:
                self._postgres.drop(database_of(self._place))
        if self.outcome.passed or self._stopped:
            shutil.rmtree(self._place.home)
        else:
            self._keep()
        return self.outcome

    def stop(self) -> None:
        """End everything that runs; called from another thread when the campaign is interrupted."""
        self._stopped = True
        for line in self._lines:
            line.end()
        self._place.sandbox.kill()

    # Bad weather.

    def _storm(self, one: Round) -> None:
        sandbox = self._place.sandbox
        sandbox.set_faults(one.faults)
        goods = {"form": "BD_MATERIAL", "numbers": self._random.sample(self._ground.goods, one.forbidden)}
        if one.forbidden:
            sandbox.post("kingdee/forbid", goods)
        if one.unauditable:
            sandbox.refuse_audit(FORM, self._random.sample(sorted(self._due), one.unauditable))
        for _ in range(MOST_STORMS):
            if self._storm_run(one):
                break
        self.outcome.faults += Counter(sandbox.fired())
        sandbox.set_faults([])
        if one.forbidden:
            sandbox.post("kingdee/enable", goods)
        if one.unauditable:
            sandbox.refuse_audit(FORM, [])
        if one.waits or one.person:
            self._wait_for_orphans()
        self.outcome.problems += check_always(self._due, self._found(), self._touched)
        if one.person:
            self._meddle(one.person)

    def _storm_run(self, one: Round) -> bool:
        """Run the line once; False when the faults ended it before anything was done to it."""
        storm = Storm(self._place, self._postgres, one.blows)
        line = self._start()
        if not storm.rage(line, RUN_SECONDS):
            self._problem("hung", f"{line.log.name} did not end within {RUN_SECONDS} seconds")
        self._lines += storm.second_runs
        for second in storm.second_runs:
            self._wait_second(second)
        self.outcome.struck += storm.struck
        return bool(storm.struck) or line.poll() == 0

    def _wait_second(self, second: Line) -> None:
        if second.wait(RUN_SECONDS) is None:
            self._problem("hung", f"the second run {second.log.name} did not end within {RUN_SECONDS} seconds")
        self.outcome.struck[f"second run {second_run_end(second)}"] += 1

    def _meddle(self, deed: str) -> None:
        """Edit or delete one document that is saved and not audited, as a person in Kingdee does."""
        saved = [number for number, status in self._place.ledger.statuses().items() if status == "saved"]
        held = {str(one["FBillNo"]): one for one in self._place.sandbox.show(f"kingdee/{FORM}")}
        chosen = sorted(number for number in saved if number in held and held[number]["FDocumentStatus"] != "C")[:1]
        if not chosen:
            return
        self.outcome.struck[f"person {deed}"] += 1
        if deed == "deletes":
            self._touched.deleted.update(chosen)
            self._place.sandbox.post("kingdee/delete-documents", {"form": FORM, "numbers": chosen})
        else:
            self._touched.edited.update(chosen)
            body = {"form": FORM, "number": chosen[0], "set": {"FNote": "改过"}}
            self._place.sandbox.post("kingdee/edit-document", body)

    # Good weather.

    def _calm(self) -> None:
        self._wait_for_orphans()
        for _ in range(MOST_CALM_RUNS):
            code = self._calm_run()
            if code == 0 or self._stopped:
                break
        else:
            self._problem("not_converging", f"{MOST_CALM_RUNS} runs in good weather, and none ended with exit code 0")
            return
        self._replay()
        if self._script.confirm:
            before = self._place.sandbox.show(f"kingdee/{FORM}")
            if self._calm_run() != 0 or self._place.sandbox.show(f"kingdee/{FORM}") != before:
                self._problem("restless", "one more run after the last changed something in Kingdee, or failed")

    def _replay(self) -> None:
        """Send what only the weather has made dead letters once more, as a person does when it is over."""
        for _ in range(MOST_REPLAYS):
            if not unexpected_letters(self._found(), self._touched, self._ground.reasons):
                return
            self.outcome.struck["replay"] += 1
            if self._calm_run(*REPLAY) != 0:
                self._problem("replay", f"{self._lines[-1].log.name}, a replay in good weather, failed")

    def _calm_run(self, *blocks: str) -> int | None:
        line = self._start(*blocks, force=True)  # a Meltano that was killed left its run behind as running
        code = line.wait(RUN_SECONDS)
        if code is None:
            self._problem("hung", f"{line.log.name} did not end within {RUN_SECONDS} seconds")
        return code

    def _judge(self) -> None:
        found = self._found()
        if not self.outcome.problems:
            self.outcome.problems += check_end(self._due, found, self._touched, self._ground.reasons)
        self.outcome.documents = len(found.kingdee)
        self.outcome.letters.update(letter.reason for letter in found.letters)
        secrets = secrets_of({**self._place.credentials, "target": self._script.target})
        for line in self._lines:
            self.outcome.problems += check_log(line.log, line.poll(), secrets)
            self.outcome.retries += retries_in(line.log)

    def _start(self, *blocks: str, force: bool = False) -> Line:
        force = force or any(name.startswith("kill meltano") for name in self.outcome.struck)
        line = self._place.start_line(*(blocks or LINE), options=("--force",) if force else ())
        self._lines.append(line)
        self.outcome.runs += 1
        return line

    def _wait_for_orphans(self) -> None:
        """Let the plugins of a killed Meltano come to their end: they notice the closed pipe."""
        orphans = [one for line in self._lines for one in line.survivors()]
        _, alive = psutil.wait_procs(orphans, timeout=ORPHAN_SECONDS)
        for one in alive:
            self._problem("hung", f"process {one.pid} lives {ORPHAN_SECONDS} seconds after its Meltano")

    def _found(self) -> Found:
        mark = books.bookmark(self._place.meltano_db)  # before the others, which can only be further
        ledger = self._place.ledger
        statuses, letters = ledger.statuses(), ledger.letters()
        return Found(mark, self._place.sandbox.show(f"kingdee/{FORM}"), letters, statuses)

    def _problem(self, kind: str, text: str) -> None:
        self.outcome.problems.append(Problem(kind, text))

    def _keep(self) -> None:
        told = "\n".join(f"{problem.kind}: {problem.text}" for problem in self.outcome.problems)
        (self._place.home / "problems.txt").write_text(f"{told}\n", encoding="utf-8")
