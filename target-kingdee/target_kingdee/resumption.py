"""Finishes, when a form is opened, what earlier runs left on its way; `resume` says by which rules."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_kingdee.case import Fate
from target_kingdee.delivery import Delivery
from target_kingdee.ledger import UNFINISHED_A_TIME
from target_kingdee.outcomes import CHANGED, DELETED
from target_kingdee.resume import resumed_case

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_kingdee.document import Entry
    from target_kingdee.ledger_rows import Unfinished
    from target_kingdee.run import OpenForm, Run

logger = logging.getLogger("target-kingdee")


@dataclass
class Resumption:
    """What a run found on its way, and what of it still waits for its record.

    Attributes:
        run: Who has couriers and ledger.
    """

    run: Run
    _told: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _waiting: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def unconfirmed(self) -> int:
        """How many documents have an outcome that is still unknown: their records have not come again."""
        return sum(map(len, self._waiting.values()))

    def resume(self, form: OpenForm) -> None:
        """Look up, submit and audit everything of a form that is neither delivered nor given up.

        Raises:
            UserError: Kingdee or the ledger cannot be asked.
        """
        after, is_last = "", False
        while not is_last:
            with self.run.ledger.reading() as connection:
                some = self.run.ledger.unfinished(connection, form.book, after)
            is_last = len(some) < UNFINISHED_A_TIME
            if some:
                after = some[-1].number
                self._carry_out(form, some)

    def meet(self, form: OpenForm, known: Mapping[str, Entry]) -> None:
        """Take note of records that have come again, and mark those of which it was just told what people did."""
        self._waiting[form.name].difference_update(known)
        for number in self._told[form.name].intersection(known):
            known[number].is_reported = True

    def _carry_out(self, form: OpenForm, some: Sequence[Unfinished]) -> None:
        delivery = Delivery.of_resumed([resumed_case(one) for one in some], form.settings.policy)
        try:
            self.run.ask(lambda courier: courier.deliver(delivery, form.settings))
        finally:
            self._settle(form, delivery)

    def _settle(self, form: OpenForm, delivery: Delivery) -> None:
        ended = [case for case in delivery.cases if case.fate is not None]
        changed = [case for case in ended if case.fate is not Fate.LEFT]
        self.run.settle_resumed(form, changed)
        self._told[form.name].update(case.number for case in changed if case.reason in (CHANGED, DELETED))
        for case in ended:
            if case.fate is Fate.LEFT and case.prior is not None and case.prior.status == "sending":
                self._waiting[form.name].add(case.number)
        if changed:
            done = sum(case.fate is Fate.DELIVERED for case in changed)
            logger.info(
                "Resumed %d documents of %s that earlier runs had left: %d delivered", len(changed), form.name, done
            )
