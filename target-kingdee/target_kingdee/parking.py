"""Documents that were parked because base data 基础资料 was missing, taken up again once it is there.

They are read from the ledger some at a time. What each waits for is asked of Kingdee in one query for many numbers;
a document whose base data is still missing costs no call of its own. The others are delivered from the model that the
ledger keeps, as any document is.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import msgspec
from erp_sdk.command import UserError
from erp_sdk.messages import decode, encode

from target_kingdee.api.answers import Answer
from target_kingdee.delivery import MOST_NUMBERS_A_LOOK
from target_kingdee.document import Document, content_hash, read_model
from target_kingdee.forms import TOTAL_KEYS
from target_kingdee.presence import find_base_data
from target_kingdee.privacy import ENCRYPTED, OMITTED_STATE, Contents
from target_kingdee.totals import UNKNOWN, totals_of
from target_kingdee.waiting import read_waits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_kingdee.courier import Courier
    from target_kingdee.forms import TotalKeys
    from target_kingdee.ledger_rows import Unfinished
    from target_kingdee.run import OpenForm, Run
    from target_kingdee.settings import Settings

MOST_REMEMBERED = 50_000
PARKED_A_TIME = 3 * MOST_NUMBERS_A_LOOK

logger = logging.getLogger("target-kingdee")


@dataclass
class Parking:
    """The parked documents of a run's forms.

    Attributes:
        run: Who delivers them.
    """

    run: Run
    _arrived: dict[tuple[str, str], bool] = field(default_factory=dict)
    _tried: set[int] = field(default_factory=set)
    _rest: Counter[str] = field(default_factory=Counter)

    def revisit(self, form: OpenForm, *, is_last: bool = False) -> None:
        """Deliver what need not wait any more.

        Args:
            form: The form whose parked documents are looked at.
            is_last: The run is over but for this: what it tried already, or what nobody knows the need of, rests.

        Raises:
            UserError: Kingdee or the ledger cannot be asked, or too much is refused.
        """
        self._arrived.clear()
        size = form.settings.policy.batch_size
        documents: list[Document] = []
        for parked in self._ready(form, is_last=is_last):
            document = self._document(parked, TOTAL_KEYS.get(form.name))
            if document is not None:
                documents.append(document)
            if len(documents) == size:
                self.run.deliver_again(form, documents)
                documents = []
        if documents:
            self.run.deliver_again(form, documents)
        for why, count in self._rest.items():
            logger.warning("%d parked documents of %s stay parked: %s", count, form.name, why)
        self._rest.clear()

    def _ready(self, form: OpenForm, *, is_last: bool) -> Iterator[Unfinished]:
        """Yield what need not wait any more, each once a run."""
        for some in self._parked(form):
            waits = {one.number: read_waits(one.waits_for) for one in some}
            self._ask_for({wait for each in waits.values() for wait in each})
            for one in some:
                if one.letter_id is None or one.letter_id in self._tried:
                    continue
                mine = waits[one.number]
                if (is_last and not mine) or not all(self._arrived[wait] for wait in mine):
                    continue
                self._tried.add(one.letter_id)
                yield one

    def _parked(self, form: OpenForm) -> Iterator[list[Unfinished]]:
        ledger, after = self.run.ledger, ""
        while True:
            with ledger.reading() as connection:
                some = ledger.parked(connection, form.book, after, PARKED_A_TIME)
            if not some:
                return
            after = some[-1].number
            yield some

    def _ask_for(self, waits: Iterable[tuple[str, str]]) -> None:
        """Learn which of these can be referred to by now."""
        if len(self._arrived) > MOST_REMEMBERED:
            self._arrived.clear()
        by_form: dict[str, list[str]] = {}
        for form, number in sorted(waits):
            if (form, number) not in self._arrived:
                by_form.setdefault(form, []).append(number)
        for form, numbers in by_form.items():
            unasked = iter(numbers)
            while some := list(islice(unasked, MOST_NUMBERS_A_LOOK)):
                usable = self.run.ask(partial(_usable, settings=self.run.settings, form=form, numbers=some))
                self._arrived.update({(form, number): number in usable for number in some})

    def _document(self, parked: Unfinished, total_keys: TotalKeys | None) -> Document | None:
        """Make the document of what the ledger keeps; None where it keeps too little of it, or something older."""
        try:
            kept = self._kept(parked)
        except UserError as error:
            self._rest[str(error)] += 1
            return None
        if kept is None:
            return None
        model, record = kept
        values = read_model(model)
        entry, hashed = parked.entry, content_hash(values)
        if hashed != entry.content_hash:
            return None  # its record came again with other content, and that run was broken off: it comes once more
        return Document(
            parked.number,
            model,
            hashed,
            entry.source_stream,
            entry.source_key,
            parked.mapping or "",
            record,
            totals=UNKNOWN if total_keys is None else totals_of(values, total_keys),
        )

    def _kept(self, parked: Unfinished) -> tuple[msgspec.Raw, msgspec.Raw] | None:
        """Return the model and the source record.

        Raises:
            UserError: They are protected, and cannot be opened.
        """
        if parked.model is None or parked.record is None:
            return None
        if parked.protection == OMITTED_STATE:
            raise UserError("personal_data=omit left their personal data out: read their period again from the source.")
        if parked.protection != ENCRYPTED:
            return msgspec.Raw(parked.model.encode()), msgspec.Raw(parked.record.encode())
        privacy = self.run.settings.privacy
        if not privacy.has_key:
            raise UserError("they are encrypted: set personal_data_key.")
        sealed = Contents(decode(parked.record.encode()), decode(parked.model.encode()), "", "")
        opened = privacy.opened(sealed)
        return msgspec.Raw(encode(opened.model)), msgspec.Raw(encode(opened.record))


def _usable(courier: Courier, settings: Settings, form: str, numbers: Sequence[str]) -> set[str]:
    keys = settings.form(form)
    found = courier.ask(lambda galaxy: find_base_data(galaxy, keys.keys, numbers), keys.policy)
    if isinstance(found, Answer):
        return set(numbers)  # nobody can tell: each document is tried
    return {number for number, presence in found.items() if presence.is_usable}
