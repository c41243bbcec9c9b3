"""One run: forms opened, batches in flight, outcomes committed in order, and what is said at the end."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import deque
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import msgspec
from erp_sdk.command import UserError

from target_kingdee.api.answers import Answer
from target_kingdee.base_data import Provider, Shelf
from target_kingdee.breaker import Breaker
from target_kingdee.case import Fate
from target_kingdee.courier import AbandonedError, Couriers
from target_kingdee.delivery import Delivery
from target_kingdee.forms import nearest_names
from target_kingdee.ledger import Book, Ledger
from target_kingdee.ledger_reading import with_open_letters
from target_kingdee.parking import Parking
from target_kingdee.resumption import Resumption
from target_kingdee.summary import Summary
from target_kingdee.waiting import lookups_of, waits_for
from target_kingdee.writer_lock import WriterLock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from target_kingdee.case import Case
    from target_kingdee.courier import Courier
    from target_kingdee.document import Document
    from target_kingdee.ledger_rows import DeadLetter
    from target_kingdee.settings import FormSettings, Settings

T = TypeVar("T")
NO_PERMISSION_CODE = 2
POLL_SECONDS = 0.2
NO_POSITION = sys.maxsize  # of what comes from the ledger: no STATE waits for it
GRACE_SECONDS = 8.0  # below the ten seconds that container engines give a process to end

logger = logging.getLogger("target-kingdee")


class FormError(UserError):
    """The stream is no form of this Kingdee."""


@dataclass
class OpenForm:
    """A form in this run.

    Attributes:
        floor_id: Its highest primary key before the run; None when it is not known.
        lookups: Which forms its references lead to; see `waiting`.
        is_verified: Whether a batch of this run has shown that IsAutoSubmitAndAudit is obeyed, or not.
        audit_is_ignored: It is not.
    """

    settings: FormSettings
    book: Book
    floor_id: int | None
    lookups: dict[str, str]
    is_verified: bool = False
    audit_is_ignored: bool = False

    @property
    def name(self) -> str:
        """The FormId."""
        return self.settings.keys.form


@dataclass
class Batch:
    """Documents on their way.

    Attributes:
        first_position: The position of its first record.
    """

    form: OpenForm
    delivery: Delivery
    first_position: int
    intended: frozenset[str]
    done: Future[None] = field(default_factory=Future)

    @property
    def ended_cases(self) -> list[Case]:
        """The documents that have a fate."""
        return [case for case in self.delivery.cases if case.fate is not None]


class Run:
    """From the first SCHEMA to the summary.

    Args:
        settings: The settings.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.summary = Summary()
        self.ledger = Ledger(settings.ledger_url, settings.account, privacy=settings.privacy)
        self.run_id = self.ledger.begin_run()
        self._lock = WriterLock(self.ledger)
        self._locked: set[str] = set()
        self._shelf = Shelf(settings, self.ledger, lambda form: self._lock if form in self._locked else None)
        self._couriers = Couriers(settings, self.summary.counts, lambda courier: Provider(courier, self._shelf))
        self._parking = Parking(self)
        self._resumption = Resumption(self)
        self._breaker = Breaker(
            settings.max_error_rate, settings.number("max_consecutive_errors"), settings.stops_at_dead_letter
        )
        self._forms: dict[str, OpenForm] = {}
        self._in_flight: deque[Batch] = deque()
        self._unsettled: list[int] = []
        self._stopped_at: float | None = None
        self._is_over = threading.Event()

    @property
    def first_unsettled(self) -> int | None:
        """The position of the first record that was handed over and is not settled."""
        in_flight = [batch.first_position for batch in self._in_flight]
        return min([*in_flight, *self._unsettled], default=None)

    def open_form(self, name: str) -> OpenForm:
        """Become the writer of a form, and see that Kingdee has it.

        Raises:
            UserError: It has not, or another run writes it.
        """
        form = self._forms.get(name)
        if form is None:
            settings = self.settings.form(name)
            lookups = self.ask(lambda courier: _check_form(courier, settings))
            book = self.ledger.book(name)
            with self._shelf.alone(name):  # a courier may be making base data of this form
                self._lock.acquire(book)
                self._locked.add(name)
            floor_id = self.ask(lambda courier: _highest_id(courier, settings))
            form = self._forms[name] = OpenForm(settings, book, floor_id, lookups)
            self._resumption.resume(form)
            self._parking.revisit(form)
        return form

    def deliver_again(self, form: OpenForm, documents: Sequence[Document]) -> None:
        """Send documents that come from the ledger on their way; as `dispatch`, but no STATE waits for them."""
        self.dispatch(form, documents, NO_POSITION)

    def take_up_parked(self) -> None:
        """Deliver, at the end of a run, parked documents whose base data has come during it."""
        for form in self._forms.values():
            self._parking.revisit(form, is_last=True)
        self.collect(everything=True)

    def dispatch(self, form: OpenForm, documents: Sequence[Document], first_position: int) -> None:
        """Send a batch on its way, once there is room for it.

        One transaction commits the outcomes of the batches that made room and the intentions of this one.

        Raises:
            UserError: An earlier batch could not be carried through, or too much is refused.
        """
        numbers = {document.number for document in documents}
        ended = self._ended(self._how_many_must_end(form, numbers))
        policy = replace(
            form.settings.policy,
            auto_audit=form.settings.policy.auto_audit and not form.audit_is_ignored,
            verify_audit=not form.is_verified,
            floor_id=form.floor_id,
        )
        with self.ledger.transaction() as connection:
            self._settle(connection, ended, form.book)
            known = self.ledger.known(connection, form.book, list(numbers))
            self._resumption.meet(form, known)
            delivery = Delivery(documents, known, policy, form.settings.keys.number)
            cases = delivery.open_cases()
            self.ledger.intend(connection, form.book, cases, form.floor_id)
        self._forget(ended)
        batch = Batch(form, delivery, first_position, frozenset(case.number for case in cases))
        self._in_flight.append(batch)
        if cases:
            batch.done = self._couriers.deliver(delivery, form.settings)
        else:
            batch.done.set_result(None)

    def settle_resumed(self, form: OpenForm, cases: Sequence[Case]) -> None:
        """Commit how documents ended that an earlier run had left on their way."""
        with self.ledger.transaction() as connection:
            self._lock.confirm(connection, form.book)
            self.ledger.settle(connection, form.book, cases, frozenset(case.number for case in cases))
        self.summary.count_resumed(cases)

    def collect(self, *, everything: bool = False) -> None:
        """Commit the outcomes of the batches that have ended; with `everything`, wait for the others.

        Raises:
            UserError: One could not be carried through, or too much is refused. It stays unsettled.
        """
        ended = self._ended(len(self._in_flight) if everything else 0)
        if ended:
            with self.ledger.transaction() as connection:
                self._settle(connection, ended)
            self._forget(ended)

    def keep_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Store dead letters that never were documents.

        Raises:
            UserError: There are too many of them.
        """
        if letters:
            known = with_open_letters(self.ledger, letters)
            self.ledger.store_letters(letters)
            self.summary.count_letters(letters)
            self._breaker.judge_letters(letters, known)

    def stop(self) -> None:
        """Begin nothing new; what is under way may end within some seconds."""
        if self._stopped_at is None:
            self._stopped_at = time.monotonic()
            self._couriers.stop()

    def salvage(self) -> None:
        """Commit what batches in flight achieve within the grace that a stopped run has."""
        self.stop()
        waiting = -1
        while len(self._in_flight) != waiting:  # the ledger itself may be what refuses
            waiting = len(self._in_flight)
            with suppress(UserError):
                self.collect(everything=True)

    def finish(self, result: str) -> None:
        """Say and keep what the run did, and let go of everything. Does nothing the second time."""
        if self._is_over.is_set():
            return
        self._is_over.set()
        self.summary.base_data_created = self._shelf.created
        self.summary.unconfirmed = self._resumption.unconfirmed
        self.summary.seconds_away = self._couriers.outage.seconds
        told = {"run_id": self.run_id, "result": result, **self.summary.as_dict()}
        text = msgspec.json.encode(told).decode()
        try:
            self.ledger.end_run(result, self.summary.seconds, text)
            self._lock.release()
        except UserError as error:
            logger.warning("%s", error)
        self.ledger.close()
        self._couriers.close()
        logger.info("RUN SUMMARY %s", text, extra={"run_summary": told})

    def _how_many_must_end(self, form: OpenForm, numbers: set[str]) -> int:
        """Say how many batches must end before the next one may be intended.

        One more than there are couriers is let in, so that Kingdee never waits for us; not where a run has to stop at
        the first dead letter, nor before the first batch has shown how the audit behaves. The same number may not be
        in two batches at once.
        """
        clash = any(batch.form is form and not batch.intended.isdisjoint(numbers) for batch in self._in_flight)
        if clash or not form.is_verified:
            return len(self._in_flight)
        waiting = 0 if self.settings.stops_at_dead_letter else 1
        return len(self._in_flight) + 1 - (self._couriers.size + waiting)

    def _ended(self, at_least: int) -> list[Batch]:
        """Wait for so many of the oldest batches; return them and those that have ended anyway.

        Raises:
            UserError: One of them failed; it and those before it are committed, it stays unsettled.
        """
        ended: list[Batch] = []
        for batch in self._in_flight:
            if len(ended) >= at_least and not batch.done.done():
                break
            ended.append(batch)
            error = self._verdict(batch)
            _learn(batch)
            if error is not None:
                # What is known is known, whatever comes next.
                with self.ledger.transaction() as connection:
                    self._settle(connection, ended)
                self._forget(ended)
                self._unsettled.append(batch.first_position)
                raise error
        return ended

    def _verdict(self, batch: Batch) -> UserError | None:
        try:
            self._await(batch.done)
            self._breaker.judge(batch.delivery.cases)
        except UserError as error:
            return error
        return None

    def _settle(self, connection: Connection, ended: Sequence[Batch], *books: Book) -> None:
        """Note how batches ended, still being the one writer of their books, and of those that are written next."""
        for book in {*books, *(batch.form.book for batch in ended)}:
            self._lock.confirm(connection, book)
        for batch in ended:
            for case in batch.delivery.cases:
                if case.fate is Fate.PARKED:
                    case.waits_for = waits_for(case.document.model, case.complaints, batch.form.lookups)
            self.ledger.settle(connection, batch.form.book, batch.ended_cases, batch.intended)

    def _forget(self, ended: Sequence[Batch]) -> None:
        for batch in ended:
            self.summary.count(batch.ended_cases)
            self._in_flight.popleft()

    def _await(self, future: Future[T]) -> T:
        while not wait([future], timeout=POLL_SECONDS).done:
            if self._stopped_at is not None and time.monotonic() - self._stopped_at > GRACE_SECONDS:
                raise AbandonedError
        return future.result()

    def ask(self, job: Callable[[Courier], T]) -> T:
        """Have a courier do something else, and wait for it."""
        return self._await(self._couriers.submit(job))


def _learn(batch: Batch) -> None:
    """See from a batch how IsAutoSubmitAndAudit behaves."""
    form = batch.form
    if any(case.was_saved for case in batch.delivery.cases):
        form.is_verified = True
    if batch.delivery.audit_is_ignored and not form.audit_is_ignored:
        form.audit_is_ignored = True
        logger.warning("Kingdee does not audit %s with IsAutoSubmitAndAudit: three calls from now on", form.name)


def _check_form(courier: Courier, settings: FormSettings) -> dict[str, str]:
    """See that Kingdee has the form (QueryBusinessInfo); return which forms its references lead to."""
    form = settings.keys.form
    answer = courier.ask(lambda galaxy: galaxy.describe(form), settings.policy)
    if not isinstance(answer, Answer):
        return lookups_of(answer)
    if answer.msg_code == NO_PERMISSION_CODE:
        logger.warning("The form %s cannot be checked: %s", form, answer.text)
        return {}
    names = nearest_names(form)
    hint = f" Did you mean {' or '.join(names)}?" if names else ""
    raise FormError(
        f"the stream {form!r} is no form 业务对象 of this Kingdee ({answer.text}): the mapping's `form` has to be a "
        f"FormId such as SAL_OUTSTOCK.{hint}"
    )


def _highest_id(courier: Courier, settings: FormSettings) -> int | None:
    """Return the form's highest primary key: what is above it was made after this moment."""
    keys = settings.keys
    answer = courier.ask(lambda galaxy: galaxy.highest_id(keys), settings.policy)
    if isinstance(answer, Answer):
        raise FormError(
            f"the key {keys.primary_key} of {keys.form} cannot be read ({answer.text}); "
            f"set forms.{keys.form}.primary_key, and give the integration user the right to query the form."
        )
    return answer
