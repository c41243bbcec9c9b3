"""What a job is: its settings, what has to be there before it, and how its two sides are held against each other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from demo.reconciliation import Expected, Held, Reconciliation, Totals, cents, match
from demo.stage import documents

if TYPE_CHECKING:
    from flows.ground import Ground

Document = Mapping[str, Any]
Settings = dict[str, str]


def _no_settings(_: Ground) -> Settings:
    return {}


@dataclass(frozen=True)
class Job:
    """One job of meltano.yml.

    Attributes:
        name: Its name there.
        verdict: Holds both sides against each other, after the run.
        settings: What the job needs in its environment beside the accounts.
        needs: Jobs that run before it.
        variant: Tells runs of one job apart: the dialect.
        code_tables: Whether it looks things up in the files that are read from Kingdee first.
        twice: Whether it is run a second time, which reads again what its lookback covers and may double nothing.
        anew: Whether Kingdee's documents are taken away first: another variant has written the same ones.
    """

    name: str
    verdict: Callable[[Ground, Settings], Reconciliation]
    settings: Callable[[Ground], Settings] = _no_settings
    needs: tuple[str, ...] = ()
    variant: str = ""
    code_tables: bool = False
    twice: bool = False
    anew: bool = False

    @property
    def title(self) -> str:
        """The name, and which variant of it."""
        return f"{self.name} ({self.variant})" if self.variant else self.name


@dataclass(frozen=True)
class Documents:
    """Two sides whose documents have the same numbers.

    Attributes:
        source: Path of the source's documents in the sandbox.
        target: Path of the form in the sandbox's Kingdee.
        expected: A source document's number, key and sums; None when the mapping leaves it out.
        entry: The form's entry with the lines.
        quantity: Quantity field of a line; empty for base data.
        amount: Amount field of a line; empty when money has no part.
        number: The form's number field.
        ours: Which documents of the form this job has written.
        plugin: The target, for its ledger.
    """

    source: str
    target: str
    expected: Callable[[Document], Expected | None]
    entry: str = "FEntity"
    quantity: str = ""
    amount: str = ""
    number: str = "FBillNo"
    ours: Callable[[Document], bool] = field(default=lambda _: True)
    plugin: str = "TARGET_KINGDEE"

    def __call__(self, ground: Ground, settings: Settings) -> Reconciliation:
        """Compare document by document."""
        result = Reconciliation()
        form = self.target.partition("/")[2]

        def sent() -> Iterator[Expected]:
            for document in documents(ground.url, self.source):
                expected = self.expected(document)
                if expected is None:
                    result.not_shipped += Totals(1)
                else:
                    yield expected

        held = (self._held(document) for document in documents(ground.url, self.target) if self.ours(document))
        return match(result, sent(), held, dead_letters(ground, settings, form, self.plugin))

    def _held(self, document: Document) -> Held:
        lines = document.get(self.entry, ()) if self.quantity else ()
        totals = Totals(
            1,
            len(lines),
            sum((Decimal(str(line[self.quantity])) for line in lines), Decimal(0)),
            sum((cents(Decimal(str(line[self.amount] or 0))) for line in lines if self.amount), Decimal("0.00")),
        )
        return Held(str(document[self.number]), str(document["FDocumentStatus"]), totals)


def dead_letters(ground: Ground, settings: Settings, form: str, plugin: str) -> dict[str, str]:
    """Return the reasons of a form's open dead letters by the source record's key, as its JSON text without names."""
    env = dict(settings)
    if plugin != "TARGET_KINGDEE":  # the command reads the plugin's own settings where the inherited one has some
        mine = {name: value for name, value in settings.items() if name.startswith(f"{plugin}_")}
        env |= {name.replace(plugin, "TARGET_KINGDEE", 1): value for name, value in mine.items()}
    reasons = {}
    for line in ground.stage.command("target-kingdee", "dead-letters", "export", "--form", form, env=env).splitlines():
        letter = json.loads(line)
        key = letter["source_key"]
        key = json.loads(key) if isinstance(key, str) else key
        reasons["/".join(str(part) for part in key.values())] = letter["reason"]
    return reasons
