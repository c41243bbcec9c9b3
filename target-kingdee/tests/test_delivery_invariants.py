"""Whatever Kingdee answers, people do there, and whenever the process dies: no document twice, none lost.

Hypothesis plays Kingdee, its people and the process's end; delivery, resume and ledger are the real ones.
"""

from __future__ import annotations

import itertools
from contextlib import suppress

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from target_kingdee.api.answers import Answer, Complaint, Entity, Failure, Found
from target_kingdee.case import Case, Fate, Policy
from target_kingdee.delivery import Delivery
from target_kingdee.document import Document, content_hash, read_model
from target_kingdee.ledger import Book, Ledger
from target_kingdee.letters import LetterFilter, read_letters
from target_kingdee.patience import DeliveryStoppedError
from target_kingdee.resume import resumed_case
from target_kingdee.steps import Look, Operate, Provide, Save, Step, Wait

UNKNOWN = [
    "read_timeout", "connection_lost", "http_500", "http_502", "html_page", "response_error", "cut_answer",
]  # fmt: skip
FATES = ["fine"] * 6 + ["lost", "refused", "throttled", "dies"]
US, PERSON = "us", "a person"
NUMBERS = [f"N{index}" for index in range(5)]
FORM = "SAL_OUTSTOCK"
MOVES = {
    "Submit": {"A": "B", "D": "B"}, "Audit": {"B": "C"}, "UnAudit": {"C": "D"}, "CancelAssign": {"B": "D"},
}  # fmt: skip
BATCH = 3


class Died(Exception):  # noqa: N818 - the process's end, not an error
    """The process is gone."""


class Held(msgspec.Struct):
    """A document as Kingdee holds it."""

    number: str
    content: int
    status: str = "A"
    modifier: str = US
    modified: int = 0


class PlayedKingdee:
    """Keeps documents as Kingdee does, and answers as fate has it.

    Unlike Kingdee it takes the same number twice: nothing but the algorithm keeps documents single.
    """

    def __init__(self) -> None:
        self.held: dict[int, Held] = {}
        self.overwritten: list[int] = []
        self.audited_edits: list[int] = []
        self.taken_back: set[int] = set()  # whose audit we took back: to be audited again when the save is refused
        self.missing: set[str] = set()
        self.is_calm = False
        self._ids = itertools.count(101)
        self._clock = itertools.count(1)

    def ids_of(self, number: str) -> list[int]:
        return [one for one, held in self.held.items() if held.number == number]

    def touch(self, one: int, who: str) -> None:
        self.held[one].modifier, self.held[one].modified = who, next(self._clock)
        self.taken_back.discard(one)

    def perform(self, step: Step, data):
        fate = "fine" if self.is_calm else data.draw(st.sampled_from(FATES), label=f"fate of {type(step).__name__}")
        if isinstance(step, Wait):
            return None
        if isinstance(step, Provide):
            return {case.number: "it is forbidden" for case in step.cases if case.number in self.missing}
        if fate == "throttled":
            return Answer(is_success=False, msg_code=14)
        if fate == "refused":
            return Failure("unreachable", sent=False)
        answer = self.carry_out(step, data)
        if fate == "dies":
            raise Died
        return Failure(data.draw(st.sampled_from(UNKNOWN))) if fate == "lost" else answer

    def carry_out(self, step: Step, data):
        if isinstance(step, Look):
            return [
                Found(one, held.number, held.status, str(held.modified), held.modifier != US)
                for one, held in self.held.items()
                if held.number in step.numbers
            ]
        if isinstance(step, Save):
            return self.save(step, data)
        assert isinstance(step, Operate)
        return self.operate(step, data)

    def does(self, data, *choices: str) -> str:
        return choices[0] if self.is_calm else data.draw(st.sampled_from(choices), label="does")

    def save(self, step: Save, data) -> Answer:
        entities, complaints = [], []
        for index, case in enumerate(step.cases):
            if case.number in self.missing:
                complaints.append(Complaint("FCustomerID", "基础资料“客户”不存在", index))
                continue
            does = self.does(data, "saves", "saves", "stays", "refuses", "is silent", "stays silent")
            if does == "refuses":
                complaints.append(Complaint("FX", "字段“X”是必填项", index))
            elif does != "is silent":
                one = self.put(case, int(case.kingdee_id) if step.is_update else None)
                if one is None:
                    complaints.append(Complaint("", "数据状态为已审核，不允许修改", index))
                    continue
                if step.auto_audit and does == "saves":
                    self.held[one].status = "C"
                if does == "stays":
                    complaints.append(Complaint(None, "审核失败", index))
                elif does == "saves":
                    entities.append(Entity(one, case.number, index))
        return Answer(not complaints, 0, entities, complaints)

    def put(self, case: Case, one: int | None) -> int | None:
        content = msgspec.json.decode(case.document.model)["FNote"]
        if one is None:
            one = next(self._ids)
            self.held[one] = Held(case.number, content)
        elif one not in self.held or self.held[one].status in "BC":
            return None
        else:
            if self.held[one].modifier == PERSON:
                self.overwritten.append(one)
            self.held[one].content = content
        self.touch(one, US)
        return one

    def operate(self, step: Operate, data) -> Answer:
        entities, complaints = [], []
        for one in map(int, step.ids):
            held = self.held.get(one)
            moved = MOVES[step.service].get(held.status) if held else None
            if held and moved in ("B", "C") and held.modifier == PERSON and one not in self.taken_back:
                self.audited_edits.append(one)
            if held and moved and self.does(data, "moves", "moves", "refuses") == "moves":
                held.status = moved
                if moved == "D":
                    self.taken_back.add(one)
                entities.append(Entity(one, held.number, 0))
            elif held:
                complaints.append(Complaint(None, f"{held.number} 审核失败", 0))
        return Answer(not complaints, 0, entities, complaints or [] if entities else [Complaint(None, "未找到", 0)])


def make_document(number: str, content: int, *, is_replay: bool) -> Document:
    model = msgspec.Raw(msgspec.json.encode({"FBillNo": number, "FNote": content}))
    key = f'{{"n":"{number}"}}'
    hashed, base_data = content_hash(read_model(model)), msgspec.Raw(b"[1]")
    return Document(number, model, hashed, "s", key, "", model, base_data, is_replay=is_replay)


class Deliveries(RuleBasedStateMachine):
    """Runs over the same source records, again and again, in a world that does not stand still."""

    def __init__(self) -> None:
        super().__init__()
        self.kingdee = PlayedKingdee()
        self.ledger = Ledger("sqlite://", "acct@host")
        self.ledger.begin_run()
        self.book: Book = self.ledger.book(FORM)
        self.source = dict.fromkeys(NUMBERS, 0)
        self.deleted: set[str] = set()
        self.overwrites = False
        self.acknowledged = 0

    def policy(self, data) -> Policy:
        calm = self.kingdee.is_calm
        floor = max(self.kingdee.held, default=100)
        self.overwrites = calm or data.draw(st.booleans(), label="overwrite_edits")
        return Policy(
            batch_size=BATCH,
            max_retries=2,
            max_outage_seconds=0,
            floor_id=floor,
            auto_audit=calm or data.draw(st.booleans(), label="auto_audit"),
            on_existing="update" if calm else data.draw(st.sampled_from(["update", "skip", "update"])),
            allow_unaudit=calm or data.draw(st.booleans(), label="allow_unaudit"),
            overwrite_edits=self.overwrites,
            missing_base_data=data.draw(st.sampled_from(["dead_letter", "create", "park"])) if not calm else "create",
        )

    # The process.

    def run_all(self, data, in_flight: int, *, is_replay: bool = False) -> list[Case]:
        """One run over all source records, as `Run` does it: several batches intended, then ended in order."""
        policy, ended = self.policy(data), []
        self.resume(policy, data)
        documents = [make_document(one, content, is_replay=is_replay) for one, content in self.source.items()]
        batches = [documents[start : start + BATCH] for start in range(0, len(documents), BATCH)]
        while batches:
            begun = [self.begin(chunk, policy) for chunk in batches[:in_flight]]
            del batches[:in_flight]
            for delivery, intended in begun:
                self.carry_out(delivery, data)
                self.settle(delivery, intended)
                ended += delivery.cases
        return ended

    def begin(self, chunk, policy):
        with self.ledger.transaction() as connection:
            known = self.ledger.known(connection, self.book, [one.number for one in chunk])
            delivery = Delivery(chunk, known, policy)
            opened = delivery.open_cases()
            self.ledger.intend(connection, self.book, opened, policy.floor_id)
        return delivery, frozenset(case.number for case in opened)

    def resume(self, policy: Policy, data) -> None:
        with self.ledger.reading() as connection:
            left = self.ledger.unfinished(connection, self.book)
        if left:
            delivery = Delivery.of_resumed([resumed_case(one) for one in left], policy)
            self.carry_out(delivery, data)
            self.settle(delivery, frozenset(one.number for one in left))

    def carry_out(self, delivery: Delivery, data) -> None:
        while (step := delivery.next()) is not None:
            delivery.answer(self.kingdee.perform(step, data))

    def settle(self, delivery: Delivery, intended: frozenset[str]) -> None:
        done = [case for case in delivery.cases if case.fate not in (None, Fate.LEFT)]
        with self.ledger.transaction() as connection:
            self.ledger.settle(connection, self.book, done, intended)

    @rule(data=st.data(), in_flight=st.integers(2, 3))
    def a_run_that_may_die_anywhere(self, data, in_flight):
        with suppress(Died, DeliveryStoppedError):
            self.run_all(data, in_flight)

    @rule(data=st.data())
    def a_run_of_single_batches_that_may_die_anywhere(self, data):
        self.a_run_that_may_die_anywhere(data, 1)

    # The world.

    @rule(number=st.sampled_from(NUMBERS))
    def the_source_changes_a_record(self, number):
        self.source[number] += 1

    @rule(number=st.sampled_from(NUMBERS))
    def base_data_goes_or_comes(self, number):
        self.kingdee.missing ^= {number}

    def in_status(self, statuses: str) -> list[int]:
        return sorted(one for one, held in self.kingdee.held.items() if held.status in statuses)

    @precondition(lambda self: self.in_status("AD"))
    @rule(data=st.data())
    def a_person_edits_a_document(self, data):
        one = data.draw(st.sampled_from(self.in_status("AD")))
        self.kingdee.held[one].content = -1
        self.kingdee.touch(one, PERSON)

    @precondition(lambda self: self.in_status("ABD"))
    @rule(data=st.data())
    def a_person_audits_a_document(self, data):
        self.kingdee.held[data.draw(st.sampled_from(self.in_status("ABD")))].status = "C"

    @precondition(lambda self: self.kingdee.held)
    @rule(data=st.data())
    def a_person_deletes_a_document(self, data):
        one = data.draw(st.sampled_from(sorted(self.kingdee.held)))
        self.deleted.add(self.kingdee.held.pop(one).number)

    # What holds at every moment, and in the end.

    @invariant()
    def no_document_is_there_twice(self):
        for number in NUMBERS:
            assert len(self.kingdee.ids_of(number)) <= 1, f"{number} is in Kingdee twice"

    @invariant()
    def nothing_that_a_person_changed_was_overwritten_unless_allowed(self):
        assert self.overwrites or not self.kingdee.overwritten
        self.kingdee.overwritten.clear()

    @invariant()
    def nothing_that_a_person_changed_was_audited_by_us(self):
        assert not self.kingdee.audited_edits

    def teardown(self) -> None:
        """With a Kingdee that is well a run, and a replay of what people deleted, bring every document to its end."""
        self.kingdee.is_calm = True
        self.kingdee.missing.clear()
        self.run_all(None, 2)
        ended = self.run_all(None, 2, is_replay=True)
        assert {case.number for case in ended} == set(NUMBERS)
        for case in ended:
            assert case.fate in (Fate.DELIVERED, Fate.UPDATED, Fate.UNCHANGED), (case.number, case.fate, case.message)
            if case.number not in self.deleted:
                [one] = self.kingdee.ids_of(case.number)
                assert self.kingdee.held[one].status == "C", case.number
        with self.ledger.reading() as connection:
            assert self.ledger.unfinished(connection, self.book) == []
        assert list(read_letters(self.ledger, LetterFilter())) == []
        self.ledger.close()


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(max_examples=70, stateful_step_count=14, deadline=None, database=None)
