"""A run that loses too much stops, names the reason that dominates, and acknowledges nothing beyond its last batch."""

from __future__ import annotations

import pytest

FORM = "SAL_OUTSTOCK"


@pytest.fixture
def letters():
    """Dead letters of a mapper, as the records they come as."""

    def make(count: int, every: int = 5) -> list[dict]:
        schema = {"type": "SCHEMA", "stream": "dead_letters", "schema": {"type": "object", "properties": {}}}
        messages = [{**schema, "key_properties": []}]
        for index in range(1, count + 1):
            record = {
                "stream": "sales_stockouts",
                "key": f'{{"order_no": "S{index}"}}',
                "form": FORM,
                "reason": "code_missing" if index % 5 else "field_invalid",
                "message": f"the shop 'X{index}' has no code",
                "record": {"order_no": f"S{index}"},
            }
            messages.append({"type": "RECORD", "stream": "dead_letters", "record": record})
            if index % every == 0:
                messages.append({"type": "STATE", "value": {"bookmarks": {"sales_stockouts": index}}})
        return messages

    return make


@pytest.mark.parametrize(
    ("limit", "named"),
    [({"max_consecutive_errors": 10}, "max_consecutive_errors"), ({"max_error_rate": 0.2}, "max_error_rate=0.2")],
)
def test_records_that_no_mapping_can_make_stop_a_run_too(target, letters, limit, named):
    outcome = target.run(letters(60), flush_seconds=0, **limit)

    assert outcome.exit_code == 1
    assert named in outcome.sentence
    assert "as code_missing: the shop 'X1' has no code" in outcome.sentence
    assert max(outcome.states, default=0) < 60


def test_letters_that_were_open_before_do_not_stop_the_next_run(target, letters):
    target.run(letters(60), max_consecutive_errors=0, max_error_rate=1)

    again = target.run(letters(60), max_consecutive_errors=10)

    assert again.exit_code == 0, again.stderr
    assert again.summary["dead_lettered"] == 60


def test_refusals_that_were_open_before_do_not_stop_a_replay_and_new_ones_do(kingdee, target, documents):
    wrong = {"FCustomerID": {"FNumber": "NOBODY"}}
    target.run(documents(20, **wrong), max_consecutive_errors=0, max_error_rate=1)

    replayed = target.run(documents(20, **wrong), max_consecutive_errors=5)
    more = target.run(documents(30, **wrong), max_consecutive_errors=5)

    assert (replayed.exit_code, replayed.states[-1]) == (0, 20)
    assert (more.exit_code, "NOBODY" in more.sentence) == (1, True)
    assert max(more.states, default=0) <= 20
    assert kingdee.held() == {}


def test_a_run_that_stops_at_the_first_dead_letter_stops_there_again(target, documents):
    wrong = {"FCustomerID": {"FNumber": "NOBODY"}}

    outcomes = [target.run(documents(3, every=1, **wrong), dead_letter="stop", batch_size=1) for _ in range(2)]

    assert [(one.exit_code, one.states) for one in outcomes] == [(1, []), (1, [])]
    assert "dead_letter=stop" in outcomes[1].sentence
