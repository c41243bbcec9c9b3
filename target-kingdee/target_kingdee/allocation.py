"""Base data for further organisations: allocated 分配 once it is audited (vendor contract 8.11).

Kingdee answers a second allocation with a complaint, and an allocation whose answer was lost may have been done or not.
So what each organisation has is looked up first, only what is missing is allocated, and the look after it decides.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Protocol

from erp_sdk.command import UserError

from target_kingdee.api.answers import Answer
from target_kingdee.api.galaxy import STATUS_FIELD
from target_kingdee.case import AUDITED
from target_kingdee.outcomes import sentence_of
from target_kingdee.presence import find_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_kingdee.api.answers import Failure, Id
    from target_kingdee.api.galaxy import Galaxy
    from target_kingdee.case import Case, Policy
    from target_kingdee.forms import FormKeys
    from target_kingdee.settings import FormSettings
    from target_kingdee.steps import Allocate

ORGANISATIONS, ORGANISATION_ID = "ORG_Organizations", "FOrgID"
USER = "FUseOrgId.FNumber"


class Ask(Protocol):
    """Puts a question to Kingdee until it answers."""

    def __call__(self, question: Callable[[Galaxy], Any | Answer | Failure], policy: Policy) -> Any:
        """Return the answer, or Kingdee's refusal."""


class Allocation:
    """Allocates base data in one session.

    Args:
        ask: Puts a question to Kingdee until it answers.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._ids: dict[str, Id] = {}

    def allocate(self, step: Allocate, form: FormSettings) -> dict[str, str]:
        """See that all organisations of ``allocate_to`` may use this base data.

        Returns:
            By number, why one of them may not.

        Raises:
            UserError: Kingdee cannot be asked, or does not know an organisation.
        """
        self._learn(form.policy)
        missing = self._missing(step.cases, form)
        said: dict[str, str] = {}
        for organisations, cases in missing.items():
            said |= self._give(organisations, cases, form)
        if not missing:
            return {}
        return {
            case.number: f"{', '.join(organisations)} may not use it: {said.get(case.number, 'Kingdee gave no reason')}"
            for organisations, cases in self._missing(step.cases, form).items()
            for case in cases
        }

    def _learn(self, policy: Policy) -> None:
        """Find the internal ids of the organisations, once."""
        if set(policy.allocate_to) <= self._ids.keys():
            return
        rows = self._ask(
            lambda galaxy: galaxy.rows(
                ORGANISATIONS, [ORGANISATION_ID, "FNumber"], filter_string=f"FNumber in ({_quoted(policy.allocate_to)})"
            ),
            policy,
        )
        if isinstance(rows, Answer):
            raise UserError(f"the organisations of allocate_to cannot be read ({sentence_of(rows)}).")
        self._ids |= {str(number): one for one, number in rows}
        if unknown := [number for number in policy.allocate_to if number not in self._ids]:
            raise UserError(
                f"Kingdee shows no organisation 组织 {', '.join(unknown)}; correct allocate_to, or the user's rights."
            )

    def _missing(self, cases: Sequence[Case], form: FormSettings) -> dict[tuple[str, ...], list[Case]]:
        """Return the cases by the organisations that may not use them yet."""
        wanted = form.policy.allocate_to
        narrowed = f" and {USER} in ({_quoted(wanted)})"
        numbers = [case.number for case in cases]
        keys: FormKeys = form.keys
        rows = self._ask(
            lambda galaxy: find_rows(galaxy, keys, numbers, [keys.number, USER, STATUS_FIELD], narrowed), form.policy
        )
        if isinstance(rows, Answer):
            raise UserError(f"{keys.form} cannot be looked up by organisation ({sentence_of(rows)}); is it base data?")
        held: defaultdict[str, set[str]] = defaultdict(set)
        for number, organisation, status in rows:
            if str(status).strip() == AUDITED:
                held[str(number).strip()].add(str(organisation).strip())
        missing: dict[tuple[str, ...], list[Case]] = {}
        for case in cases:
            if lacking := tuple(one for one in wanted if one not in held[case.number]):
                missing.setdefault(lacking, []).append(case)
        return missing

    def _give(self, organisations: Sequence[str], cases: Sequence[Case], form: FormSettings) -> dict[str, str]:
        """Allocate; return what Kingdee said of each number."""
        ids = [case.kingdee_id or 0 for case in cases]
        targets = [self._ids[organisation] for organisation in organisations]
        answer = self._ask(
            # What Kingdee judges is an answer; only what gives no verdict is asked again.
            lambda galaxy: galaxy.allocate(form.keys.form, ids, targets),
            form.policy,
        )
        said = {}
        for index, case in enumerate(cases):
            about = [each for each in answer.complaints if each.DIndex == index or case.number in str(each)]
            said[case.number] = "; ".join(dict.fromkeys(map(str, about))) or answer.text
        return said


def _quoted(numbers: Sequence[str]) -> str:
    return ",".join("'" + number.replace("'", "''") + "'" for number in numbers)
