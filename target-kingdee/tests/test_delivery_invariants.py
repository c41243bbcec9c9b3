"""Whatever Kingdee answers and whenever the process dies: no document twice, none lost. Driven by Hypothesis."""

from __future__ import annotations

from contextlib import suppress

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from target_kingdee.api.answers import Answer, Complaint, Entity, Failure, Found
from target_kingdee.case import Case, Fate, Policy
from target_kingdee.delivery import Delivery
from target_kingdee.document import Document, content_hash, read_model
from target_kingdee.ledger import Ledger
from target_kingdee.patience import DeliveryStoppedError
from target_kingdee.steps import Look, Operate, Save, Step

UNKNOWN = ["read_timeout", "connection_lost", "http_500", "http_502", "html_page", "response_error", "cut_answer"]
POLICY = Policy(batch_size=4, max_retries=2, floor_id=100)


class Died(Exception):  # noqa: N818 - the process's end, not an error
    """The process is gone."""


class PlayedKingdee:
    """Keeps documents as Kingdee does, and answers as fate has it.

    Unlike Kingdee it takes the same number twice: nothing but the algorithm keeps documents single.
    """

    def __init__(self, draw) -> None:
        self.draw = draw
        self.statuses: dict[int, str] = {}
        self.numbers: dict[int, str] = {}
        self.is_calm = False

    def ids_of(self, number: str) -> list[int]:
        return [one for one, held in self.numbers.items() if held == number]

    def perform(self, step: Step):
        fate = (
            "fine"
            if self.is_calm
            else self.draw(st.sampled_from(["fine", "fine", "lost", "refused", "throttled", "dies"]))
        )
        if fate == "throttled":
            return Answer(is_success=False, msg_code=14)
        if fate == "refused" and not isinstance(step, Look):
            return Failure("unreachable", sent=False)
        match step:
            case Look():
                if fate == "lost":
                    return Failure(self.draw(st.sampled_from(UNKNOWN)))
                answer = [
                    Found(one, number, self.statuses[one]) for number in step.numbers for one in self.ids_of(number)
                ]
            case Save():
                answer = self.save(step, fate)
            case Operate():
                answer = self.operate(step)
            case _:
                return None
        if fate == "dies":
            raise Died
        return Failure(self.draw(st.sampled_from(UNKNOWN))) if fate == "lost" else answer

    def save(self, step: Save, fate: str) -> Answer:
        entities, complaints = [], []
        for index, case in enumerate(step.cases):
            does = (
                "saves"
                if fate == "fine" and self.is_calm
                else self.draw(st.sampled_from(["saves", "stays", "refuses", "is silent"]))
            )
            if does == "refuses":
                complaints.append(Complaint("FX", "字段“X”是必填项", index))
                continue
            if does == "is silent" and self.draw(st.booleans()):
                continue
            one = 101 + len(self.numbers)
            self.numbers[one] = case.number
            self.statuses[one] = "C" if step.auto_audit and does != "stays" else "A"
            if does == "stays":
                complaints.append(Complaint(None, "审核失败", index))
            elif does == "saves":
                entities.append(Entity(one, case.number, index))
        return Answer(not complaints, 0, entities, complaints)

    def operate(self, step: Operate) -> Answer:
        entities = []
        for one in map(int, step.ids):
            moved = {"Submit": {"A": "B", "D": "B"}, "Audit": {"B": "C"}}[step.service].get(self.statuses[one])
            if moved is not None and (self.is_calm or self.draw(st.booleans())):
                self.statuses[one] = moved
                entities.append(Entity(one, self.numbers[one], 0))
        complaints = [] if len(entities) == len(step.ids) else [Complaint(None, "审核失败", 0)]
        return Answer(not complaints, 0, entities, complaints)


def make_document(number: str) -> Document:
    model = msgspec.Raw(b'{"FBillNo":"%s"}' % number.encode())
    return Document(number, model, content_hash(read_model(model)), "s", f'{{"n":"{number}"}}', "", model)


def run_once(ledger: Ledger, kingdee: PlayedKingdee, documents: list[Document]) -> list[Case]:
    """One run over all documents, as `Run` does it, without threads."""
    book = ledger.book("SAL_OUTSTOCK")
    ended: list[Case] = []
    for start in range(0, len(documents), POLICY.batch_size):
        chunk = documents[start : start + POLICY.batch_size]
        with ledger.transaction() as connection:
            known = ledger.known(connection, book, [one.number for one in chunk])
            delivery = Delivery(chunk, known, POLICY)
            opened = delivery.open_cases()
            ledger.intend(connection, book, opened, POLICY.floor_id)
        while (step := delivery.next()) is not None:
            delivery.answer(kingdee.perform(step))
        done = [case for case in delivery.cases if case.fate is not None]
        with ledger.transaction() as connection:
            ledger.settle(connection, book, done, frozenset(case.number for case in opened))
        ended += done
    return ended


@settings(max_examples=80, deadline=None, database=None)
@given(st.data(), st.integers(1, 9), st.integers(0, 4))
def test_no_document_is_ever_twice_in_kingdee_and_none_is_lost(data, count, stormy_runs):
    kingdee = PlayedKingdee(data.draw)
    ledger = Ledger("sqlite://", "acct@host")
    ledger.begin_run()
    documents = [make_document(f"N{index}") for index in range(count)]
    for _ in range(stormy_runs):
        with suppress(Died, DeliveryStoppedError):
            run_once(ledger, kingdee, documents)
        for document in documents:
            assert len(kingdee.ids_of(document.number)) <= 1, f"{document.number} was saved twice"

    kingdee.is_calm = True
    ended = run_once(ledger, kingdee, documents)
    ledger.close()

    assert {case.number for case in ended} == {document.number for document in documents}
    for case in ended:
        [only] = kingdee.ids_of(case.number)
        assert case.fate in (Fate.DELIVERED, Fate.UNCHANGED)
        assert kingdee.statuses[only] == "C"
