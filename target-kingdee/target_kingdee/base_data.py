"""Makes base data 基础资料 that documents bring with them and Kingdee misses, once, whichever batches want it.

What a document brings is looked up by number first. What is not there is delivered as documents are: its intention is
in the ledger before the call, so that a crash in between makes no second one; what another process makes meanwhile is
taken as it is. It is known by its number alone: what is there is never changed. What somebody forbade, deleted or left
unaudited is reported and left alone, and so is what only another organisation may use.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from erp_sdk.messages import NOTHING

from target_kingdee.api.answers import Answer
from target_kingdee.case import AUDITED, Fate
from target_kingdee.delivery import MOST_NUMBERS_A_LOOK, Delivery
from target_kingdee.document import Document, canonical_key, content_hash, document_number
from target_kingdee.presence import find_base_data
from target_kingdee.writer_lock import LockedError, WriterLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from target_kingdee.case import Case
    from target_kingdee.courier import Courier
    from target_kingdee.document import Entry
    from target_kingdee.ledger import Book, Ledger
    from target_kingdee.presence import Presence
    from target_kingdee.settings import FormSettings, Settings
    from target_kingdee.steps import Provide

STREAM = "base_data"
"""The source stream under which the ledger keeps what was made."""
LOCK_SECONDS = 30.0
"""How long another run may write a form of base data before the documents that need it are dead letters."""
POLL_SECONDS = 0.25
_NOT_COMPANION_OPTIONS = ("NeedReturnFields", "NeedUpDateFields")


class Companion(msgspec.Struct, gc=False):
    """One item of a RECORD's ``base_data``: a model, or why the mapping could not make one."""

    form: str
    model: msgspec.Raw = NOTHING
    problem: str | None = None


_decode = msgspec.json.Decoder(list[Companion]).decode


class Wanted(NamedTuple):
    """Base data that a document brings."""

    form: str
    number: str
    model: msgspec.Raw
    mapping: str


class Shelf:
    """What all couriers of a run know of base data.

    Args:
        settings: The settings.
        ledger: Where it is noted.
        own_lock: Gives the run's lock of a form that it writes anyway; None for any other form.

    Attributes:
        created: How much base data the run has made.
        verdicts: Form and number -> why it cannot be had; None for what is there.
    """

    def __init__(self, settings: Settings, ledger: Ledger, own_lock: Callable[[str], WriterLock | None]) -> None:
        self.ledger = ledger
        self.created = 0
        self.verdicts: dict[tuple[str, str], str | None] = {}
        self._settings = settings
        self._own_lock = own_lock
        self._mutexes: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._refused_at: dict[str, float] = {}
        self._forms: dict[str, FormSettings] = {}

    def form(self, name: str) -> FormSettings:
        """Return the settings of base data: left alone where it exists, audited, and nothing made for its own sake."""
        if name not in self._forms:
            self._forms[name] = self._form(name)
        return self._forms[name]

    def learn(self, form: FormSettings, delivery: Delivery) -> None:
        """See from what was made how IsAutoSubmitAndAudit behaves for this form."""
        if any(case.was_saved for case in delivery.cases):
            auto_audit = form.policy.auto_audit and not delivery.audit_is_ignored
            policy = replace(form.policy, auto_audit=auto_audit, verify_audit=False)
            self._forms[form.keys.form] = replace(form, policy=policy)

    def _form(self, name: str) -> FormSettings:
        form = self._settings.form(name)
        policy = replace(
            form.policy, goal="audited", on_existing="skip", missing_base_data="dead_letter", verify_audit=True
        )
        options = {key: value for key, value in form.save_options.items() if key not in _NOT_COMPANION_OPTIONS}
        return replace(form, policy=policy, save_options=options)

    def alone(self, name: str) -> threading.Lock:
        """Return the lock under which one thread of this run at a time makes base data of a form, or opens the form."""
        return self._mutexes[name]

    @contextmanager
    def writing(self, book: Book) -> Iterator[WriterLock]:
        """Be the one writer of a form, for as long as it takes to make what is missing.

        Raises:
            LockedError: Another run is, and goes on being it.
        """
        own = self._own_lock(book.form)
        if own is not None:
            yield own
            return
        lock = WriterLock(self.ledger)
        self._acquire(lock, book)
        try:
            yield lock
        finally:
            lock.release()

    def _acquire(self, lock: WriterLock, book: Book) -> None:
        waited_lately = time.monotonic() - self._refused_at.get(book.form, -LOCK_SECONDS) < LOCK_SECONDS
        deadline = time.monotonic() + (0.0 if waited_lately else LOCK_SECONDS)
        while time.monotonic() < deadline:
            with suppress(LockedError):
                lock.acquire(book)
                return
            time.sleep(POLL_SECONDS)
        try:
            lock.acquire(book)
        except LockedError:
            self._refused_at[book.form] = time.monotonic()
            raise


class Provider:
    """Carries `Provide` out for one courier.

    Args:
        courier: Who talks to Kingdee.
        shelf: What it shares with the others.
    """

    def __init__(self, courier: Courier, shelf: Shelf) -> None:
        self._courier = courier
        self._shelf = shelf

    def provide(self, step: Provide, form: FormSettings) -> dict[str, str]:  # noqa: ARG002 - the protocol's signature
        """See that what these documents bring exists; the answer is the one of `Provide`.

        Raises:
            UserError: Kingdee cannot be asked.
        """
        brought = {case.number: self._read(case) for case in step.cases}
        verdicts: dict[tuple[str, str], str | None] = {}
        # A document whose list is short may not know what comes before what: the longest list goes first.
        orders = {tuple(dict.fromkeys(one.form for one in wanted)) for wanted in brought.values()}
        for order in sorted(orders, key=lambda forms: (-len(forms), forms)):
            for name in order:
                wanted = {one.number: one for some in brought.values() for one in some if one.form == name}
                unknown = {number: one for number, one in wanted.items() if (name, number) not in verdicts}
                if unknown:
                    verdicts |= self._see_to(name, unknown)
        missing = {}
        for case in step.cases:
            reasons = [verdicts[one.form, one.number] for one in brought[case.number]]
            told = [reason for reason in dict.fromkeys(reasons) if reason is not None]
            if told:
                missing[case.number] = "; ".join([*told, *filter(None, [case.aside])])
        return missing

    def _read(self, case: Case) -> list[Wanted]:
        """Read what a document brings; what its mapping could not make is noted beside what Kingdee says of it."""
        try:
            items = _decode(case.document.base_data)
        except msgspec.DecodeError as error:
            case.aside = f"the base_data of its RECORD cannot be read: {error}"
            return []
        wanted, asides = [], []
        for item in items:
            number = _number_of(item.model, self._shelf.form(item.form).keys.number)
            if number is not None:
                wanted.append(Wanted(item.form, number, item.model, case.document.mapping))
            else:
                asides.append(f"its mapping gives no {item.form}: {item.problem or 'the model has no number'}")
        case.aside = "; ".join(dict.fromkeys(asides))
        return wanted

    def _see_to(self, name: str, wanted: Mapping[str, Wanted]) -> dict[tuple[str, str], str | None]:
        """Bring about base data of one form, one thread at a time; return why it cannot be had, by form and number."""
        shelf = self._shelf
        with shelf.alone(name):
            unknown = {number: one for number, one in wanted.items() if (name, number) not in shelf.verdicts}
            passing: dict[str, str | None] = {}
            if unknown:
                try:
                    shelf.verdicts |= {(name, number): why for number, why in self._bring_about(name, unknown)}
                except LockedError as error:  # a later batch may find the form free
                    passing = dict.fromkeys(unknown, str(error))
            return {(name, number): passing.get(number) or shelf.verdicts.get((name, number)) for number in wanted}

    def _bring_about(self, name: str, wanted: Mapping[str, Wanted]) -> Iterator[tuple[str, str | None]]:
        form = self._shelf.form(name)
        held = self._look(form, list(wanted))
        if isinstance(held, Answer):
            why = f"{name} cannot be looked up in Kingdee: {held.text}"
            yield from ((number, why) for number in wanted)
            return
        to_make = []
        for number, one in wanted.items():
            presence = held.get(number)
            if presence is not None and presence.is_usable:
                yield number, None
            elif presence is not None and presence.is_forbidden:
                yield number, f"{name} {number} is forbidden 禁用 in Kingdee: enable it 反禁用, or map another"
            else:
                to_make.append(one)
        if to_make:
            yield from self._make(form, to_make, held).items()

    def _look(self, form: FormSettings, numbers: Sequence[str]) -> dict[str, Presence] | Answer:
        found: dict[str, Presence] = {}
        for start in range(0, len(numbers), MOST_NUMBERS_A_LOOK):
            question = partial(find_base_data, keys=form.keys, numbers=numbers[start : start + MOST_NUMBERS_A_LOOK])
            rows = self._courier.ask(question, form.policy)
            if isinstance(rows, Answer):
                return rows
            found |= rows
        return found

    def _make(
        self, form: FormSettings, wanted: Iterable[Wanted], held: Mapping[str, Presence]
    ) -> dict[str, str | None]:
        """Deliver base data that is not there, or is there unaudited and may be ours; return why it cannot be had.

        Raises:
            LockedError: Another run writes the form.
            UserError: It cannot go on.
        """
        name, ledger = form.keys.form, self._shelf.ledger
        book = ledger.book(name)
        documents = {one.number: _document(one) for one in wanted}
        with self._shelf.writing(book) as lock:
            floor = self._courier.ask(lambda galaxy: galaxy.highest_id(form.keys), form.policy)
            if isinstance(floor, Answer):
                return dict.fromkeys(documents, f"{name} cannot be made: {floor.text}")
            with ledger.reading() as connection:
                known = ledger.known(connection, book, list(documents))
            verdicts = self._not_ours(form, documents, known, held)
            ours = [document for number, document in documents.items() if number not in verdicts]
            ended = self._deliver(replace(form, policy=replace(form.policy, floor_id=floor)), book, lock, ours)
        self._shelf.created += sum(case.fate is Fate.DELIVERED for case in ended)
        return verdicts | {case.number: _why_not(name, case) for case in ended}

    def _not_ours(
        self,
        form: FormSettings,
        documents: Iterable[str],
        known: Mapping[str, Entry],
        held: Mapping[str, Presence],
    ) -> dict[str, str | None]:
        """Say what is not ours to make or to audit, and why."""
        name = form.keys.form
        verdicts: dict[str, str | None] = {}
        deleted = []
        for number in documents:
            entry, presence = known.get(number), held.get(number)
            if presence is not None and (entry is None or not _is_on_its_way(entry)):
                verdicts[number] = _unaudited(name, number)
            elif presence is None and entry is not None and entry.status == "delivered":
                deleted.append(number)
        # Or made by another process after the first look: a second one tells.
        again = self._look(form, deleted) if deleted else {}
        for number in deleted:
            is_there = not isinstance(again, Answer) and number in again
            said = (
                f"{name} {number} was made by an earlier run and deleted 已删除 by somebody: make it in Kingdee again"
            )
            verdicts[number] = None if is_there else said
        return verdicts

    def _deliver(self, form: FormSettings, book: Book, lock: WriterLock, documents: Sequence[Document]) -> list[Case]:
        """Deliver base data with the ledger behind it; return the cases that ended."""
        if not documents:
            return []
        ledger = self._shelf.ledger
        with ledger.transaction() as connection:
            lock.confirm(connection, book)
            known = ledger.known(connection, book, [document.number for document in documents])
            on_its_way = {number: entry for number, entry in known.items() if _is_on_its_way(entry)}
            delivery = Delivery(documents, on_its_way, form.policy, form.keys.number)
            cases = delivery.open_cases()
            ledger.intend(connection, book, cases, form.policy.floor_id)
        ended: list[Case] = []
        try:
            self._courier.deliver(delivery, form)
        finally:
            ended += [case for case in delivery.cases if case.fate is not None]
            self._shelf.learn(form, delivery)
            with ledger.transaction() as connection:
                lock.confirm(connection, book)
                intended = frozenset(case.number for case in cases)
                ledger.settle(connection, book, ended, intended, with_letters=False)
        return ended


def _is_on_its_way(entry: Entry) -> bool:
    """Whether an earlier run may have made it without getting to its audit."""
    return entry.status in ("sending", "saved") or (entry.status == "dead" and bool(entry.kingdee_id))


def _unaudited(name: str, number: str) -> str:
    return f"{name} {number} is in Kingdee unaudited 未审核, and it is not ours to audit: audit it 审核 there"


def _number_of(model: msgspec.Raw, key: str) -> str | None:
    try:
        values = msgspec.json.decode(model)
    except msgspec.DecodeError:
        return None
    return document_number(values.get(key)) if isinstance(values, dict) else None


def _document(one: Wanted) -> Document:
    # Known by its number alone: two documents may bring one customer with different names.
    key = {"form": one.form, "number": one.number}
    return Document(one.number, one.model, content_hash(key), STREAM, canonical_key(key), one.mapping, one.model)


def _why_not(name: str, case: Case) -> str | None:
    if case.fate in (Fate.DELIVERED, Fate.UPDATED, Fate.UNCHANGED):
        return None
    if case.fate is Fate.EXISTING:
        if case.status in (AUDITED, ""):
            return None
        return _unaudited(name, case.number)
    return f"{name} {case.number} could not be made: {case.message.rstrip('.')}"
