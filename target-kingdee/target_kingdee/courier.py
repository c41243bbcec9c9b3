"""Carries a delivery's steps out: worker threads, each with a session of its own, calls counted and paused between."""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from erp_sdk.budget import Budget
from erp_sdk.command import UserError

from target_kingdee.allocation import Allocation
from target_kingdee.api.galaxy import Galaxy
from target_kingdee.api.session import Session, signer
from target_kingdee.api.transport import Transport
from target_kingdee.document import has_new_lines, with_id
from target_kingdee.outage import OutageWatch
from target_kingdee.questions import ask
from target_kingdee.steps import Allocate, Look, Operate, Provide, Save, Wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_kingdee.api.answers import Answer, Failure
    from target_kingdee.case import Policy
    from target_kingdee.delivery import Delivery
    from target_kingdee.settings import FormSettings, Settings
    from target_kingdee.steps import Result, Step

T = TypeVar("T")


class AbandonedError(UserError):
    """The run was told to stop; what was not confirmed stays in the ledger as sending."""

    def __init__(self) -> None:
        super().__init__("stopped before the batch was confirmed; the next run looks it up.")


class BaseData(Protocol):
    """Makes base data that documents bring with them and Kingdee misses."""

    def provide(self, step: Provide, form: FormSettings) -> dict[str, str]:
        """See that it exists; the answer is the one of `Provide`.

        Raises:
            UserError: Kingdee cannot be asked.
        """
        ...


class NoBaseData:
    """Makes none."""

    def __init__(self, courier: Courier) -> None:
        """Need nothing of the courier."""

    def provide(self, step: Provide, form: FormSettings) -> dict[str, str]:  # noqa: ARG002 - the protocol's signature
        """Refuse every document."""
        return {case.number: "its base data cannot be made." for case in step.cases}


@dataclass
class CallCounts:
    """What the couriers did, over all threads.

    Attributes:
        calls: By service.
        repeats: Documents that were sent again.
        throttles: Calls that Kingdee did not allow.
        waited: Seconds that couriers paused, by why: budget (of calls), throttle, retry. Outages are `OutageWatch`'s.
    """

    calls: Counter[str] = field(default_factory=Counter)
    repeats: int = 0
    throttles: int = 0
    waited: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def called(self, service: str) -> None:
        """Count one call."""
        with self.lock:
            self.calls[service] += 1

    def paused(self, seconds: float, kind: str) -> None:
        """Count a pause."""
        with self.lock:
            self.throttles += kind == "throttle"
            self.waited[kind] += seconds


class Couriers:
    """A few worker threads that talk to Kingdee.

    Threads, because a call is mostly waiting: while one is under way the next batch is read and decoded. They are
    daemons: a process that is told to stop does not wait for a call that hangs.

    Args:
        settings: Where Kingdee is and how to sign in.
        counts: Where calls and pauses are counted.
        base_data: Gives each courier what makes missing base data.

    Attributes:
        outage: What all of them see of Kingdee's absences.
    """

    def __init__(
        self, settings: Settings, counts: CallCounts, base_data: Callable[[Courier], BaseData] = NoBaseData
    ) -> None:
        self.size = settings.number("concurrency")
        self._settings = settings
        self._counts = counts
        self._base_data = base_data
        self.outage = OutageWatch(settings.seconds("max_outage_seconds"))
        self._stopping = threading.Event()
        self._broken = threading.Event()
        self._budget = Budget(settings.number("calls_per_minute"), settings.account, settings.budget_path)
        self._jobs: queue.SimpleQueue[tuple[Callable[[Courier], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def deliver(self, delivery: Delivery, form: FormSettings) -> Future[None]:
        """Begin to carry out a delivery; the future is done when every document has its fate.

        A delivery that waits for its turn when an earlier one breaks is abandoned before its first call.
        """

        def job(courier: Courier) -> None:
            if self._broken.is_set():
                raise AbandonedError
            try:
                courier.deliver(delivery, form)
            except BaseException:
                self._broken.set()
                raise

        return self.submit(job)

    def submit(self, job: Callable[[Courier], T]) -> Future[T]:
        """Begin any other work with Kingdee."""
        future: Future[T] = Future()
        if len(self._threads) < self.size:
            thread = threading.Thread(target=self._work, name=f"courier-{len(self._threads) + 1}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._jobs.put((job, future))
        return future

    def stop(self) -> None:
        """Let pauses end at once, and nothing new begin."""
        self._stopping.set()

    def close(self) -> None:
        """Let the threads end when they have nothing to do."""
        for _ in self._threads:
            self._jobs.put(None)
        self._budget.close()

    def _work(self) -> None:
        courier = Courier(self._settings, self._counts, self._budget, self._stopping, self.outage)
        courier.base_data = self._base_data(courier)
        while (item := self._jobs.get()) is not None:
            job, future = item
            try:
                future.set_result(job(courier))
            except BaseException as error:  # noqa: BLE001 - raised again where the result is awaited
                future.set_exception(error)
        courier.close()


class Courier:
    """One thread's client of Kingdee.

    Attributes:
        base_data: Carries `Provide` out.
        allocation: Carries `Allocate` out.
    """

    def __init__(
        self,
        settings: Settings,
        counts: CallCounts,
        budget: Budget,
        stopping: threading.Event,
        outage: OutageWatch | None = None,
    ) -> None:
        sign = signer(settings.identity) if settings.auth == "signed" else None
        self._transport = Transport(settings.base_url, settings.seconds("request_timeout"), sign, self._before_call)
        self.galaxy = Galaxy(Session(self._transport, settings.identity, settings.auth, settings.password))
        self._counts = counts
        self._budget = budget
        self._stopping = stopping
        self._outage = outage or OutageWatch(settings.seconds("max_outage_seconds"))
        self.base_data: BaseData = NoBaseData(self)
        self.allocation = Allocation(self.ask)

    def deliver(self, delivery: Delivery, form: FormSettings) -> None:
        """Carry out every step of a delivery.

        Raises:
            UserError: It cannot go on; documents without a fate stay as the ledger has them.
        """
        try:
            while (step := delivery.next()) is not None:
                delivery.answer(self._perform(step, form))
        finally:
            with self._counts.lock:
                self._counts.repeats += delivery.repeats

    def ask(self, question: Callable[[Galaxy], T | Answer | Failure], policy: Policy) -> T | Answer:
        """Ask Kingdee something until it answers.

        Raises:
            UserError: It does not.
        """

        def asked() -> T | Answer | Failure:
            result = question(self.galaxy)
            self._outage.saw(result)
            return result

        return ask(asked, policy, self._pause, lambda: self._outage.has_answered)

    def close(self) -> None:
        """Close its connection."""
        self._transport.close()

    def _perform(self, step: Step, form: FormSettings) -> Result | None:
        if self._stopping.is_set():
            raise AbandonedError
        match step:
            case Wait():
                self._pause(step)
                return None
            case Provide():
                return self.base_data.provide(step, form)
            case Allocate():
                return self.allocation.allocate(step, form)
        result = self._call(step, form)
        self._outage.saw(result)
        return result

    def _call(self, step: Look | Save | Operate, form: FormSettings) -> Result:
        match step:
            case Look():
                return self.galaxy.look(form.keys, step.numbers)
            case Save():
                return self._save(step, form)
            case Operate():
                options = form.audit_options if step.service in ("Audit", "UnAudit") else None
                return self.galaxy.operate(step.service, form.keys.form, step.ids, options)

    def _save(self, step: Save, form: FormSettings) -> Result:
        options = {**form.save_options, "IsAutoSubmitAndAudit": step.auto_audit}
        models: list[Any] = [case.document.model for case in step.cases]
        if step.is_update:
            ids = [case.kingdee_id or 0 for case in step.cases]
            models = [with_id(model, form.keys.primary_key, one) for model, one in zip(models, ids, strict=True)]
            if not options.get("IsDeleteEntry", True) and any(map(has_new_lines, models)):
                # Lines without FEntryID are new ones (contract 8.3): kept beside the old ones they would count twice.
                options["IsDeleteEntry"] = True
        else:
            options.pop("NeedUpDateFields", None)
        return self.galaxy.save(form.keys.form, models, options)

    def _pause(self, step: Wait) -> None:
        begin = time.monotonic()
        is_stopping = self._stopping.wait(step.seconds)
        if step.kind != "outage":
            self._counts.paused(time.monotonic() - begin, step.kind)
        if is_stopping:
            raise AbandonedError

    def _before_call(self, service: str) -> None:
        self._counts.paused(self._budget.take(), "budget")
        self._counts.called(service.rpartition(".")[2])
