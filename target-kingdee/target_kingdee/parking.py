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
from target_kingdee.presence import find_base_data
from target_kingdee.privacy import ENCRYPTED, OMITTED_STATE, Contents
from target_kingdee.waiting import read_waits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_kingdee.courier import Courier
    from target_kingdee.ledger_rows import Unfinished
    from target_kingdee.run import OpenForm, Run
    from target_kingdee.settings import Settings

MOST_REMEMBERED = 50_000

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
        for some in self._parked(form):
            ready = [one for one in self._ready(some, is_last=is_last) if one.letter_id not in self._tried]
            self._tried.update(one.letter_id for one in ready if one.letter_id is not None)
            documents = [document for document in map(self._document, ready) if document is not None]
            size = form.settings.policy.batch_size
            for start in range(0, len(documents), size):
                self.run.deliver_again(form, documents[start : start + size])
        for why, count in self._rest.items():
            logger.warning("%d parked documents of %s stay parked: %s", count, form.name, why)
        self._rest.clear()

    def _parked(self, form: OpenForm) -> Iterator[list[Unfinished]]:
        ledger, after = self.run.ledger, ""
        while True:
            with ledger.reading() as connection:
                some = ledger.parked(connection, form.book, after)
            if not some:
                return
            after = some[-1].number
            yield some

    def _ready(self, parked: Sequence[Unfinished], *, is_last: bool) -> list[Unfinished]:
        waits = {one.number: read_waits(one.waits_for) for one in parked}
        self._ask_for({wait for some in waits.values() for wait in some})
        return [
            one
            for one in parked
            if all(self._arrived[wait] for wait in waits[one.number]) and (waits[one.number] or not is_last)
        ]

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

    def _document(self, parked: Unfinished) -> Document | None:
        """Make the document of what the ledger keeps; None where it keeps too little of it, or something older."""
        try:
            kept = self._kept(parked)
        except UserError as error:
            self._rest[str(error)] += 1
            return None
        if kept is None:
            return None
        model, record = kept
        entry, hashed = parked.entry, content_hash(read_model(model))
        if hashed != entry.content_hash:
            return None  # its record came again with other content, and that run was broken off: it comes once more
        return Document(
            parked.number, model, hashed, entry.source_stream, entry.source_key, parked.mapping or "", record
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
