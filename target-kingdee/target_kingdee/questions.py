"""Calls that change nothing: repeated until Kingdee answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from target_kingdee.api.answers import Answer, Failure
from target_kingdee.outcomes import Action, row_of, sentence_of
from target_kingdee.patience import DeliveryStoppedError, Patience

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_kingdee.case import Policy
    from target_kingdee.steps import Wait

T = TypeVar("T")
_PASSING_CODES = frozenset({6, 13, 14})


def ask(
    question: Callable[[], T | Answer | Failure],
    policy: Policy,
    pause: Callable[[Wait], None],
    is_known_site: Callable[[], bool],
) -> T | Answer:
    """Ask until there is an answer.

    Args:
        question: The call.
        policy: How often, and how long to pause between.
        pause: Carries a pause out.
        is_known_site: Whether Kingdee has answered there before. A web page or a proxy's error from a site that never
            did is more likely a wrong base_url than an outage, and is not waited for.

    Returns:
        What was asked for, or Kingdee's refusal.

    Raises:
        DeliveryStoppedError: There is none.
    """
    patience = Patience(policy)
    while True:
        result = question()
        if not isinstance(result, Answer | Failure):
            return result
        row, sentence = row_of(result), sentence_of(result)
        if row.action is Action.STOP:
            raise DeliveryStoppedError(f"{sentence}.")
        if isinstance(result, Answer) and result.msg_code not in _PASSING_CODES:
            return result
        if row.action is Action.OUTAGE and (is_known_site() or _is_unreachable(result)):
            patience.wait_out(sentence)
        elif row.action is Action.WAIT:
            patience.throttle(sentence)
        else:
            patience.strike()
            if patience.is_exhausted:
                raise patience.give_up(sentence)
            patience.back_off(sentence)
        wait = patience.take_pause()
        if wait is not None:
            pause(wait)


def _is_unreachable(result: Answer | Failure) -> bool:
    return isinstance(result, Failure) and result.kind == "unreachable"
