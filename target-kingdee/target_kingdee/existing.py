"""A document that is in Kingdee with other content: left alone, saved over, or reported.

Saved over (``on_existing=update``) is what may be edited (A, D, and drafts Z); with ``allow_unaudit`` a submission or
an audit is taken back first (B, C), and when the save is then refused, the document is submitted and audited again as
it was. Functions of values; each returns the next `Stage`, or None when the document has its fate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_kingdee.case import AUDITED, EDITABLE, SUBMITTED, Case, Ending, Fate, Stage
from target_kingdee.outcomes import BASE_DATA_MISSING, EXISTING_NUMBER, REJECTED

if TYPE_CHECKING:
    from target_kingdee.case import Policy

_TAKEN_BACK = {Stage.CANCEL: "its submission cannot be taken back 撤销", Stage.UNAUDIT: "it cannot be unaudited 反审核"}


def treat_existing(case: Case, policy: Policy, *, is_own_draft: bool = False) -> Stage | None:
    """Decide on a document that is there with content other than the one to deliver.

    Args:
        case: The document.
        policy: The form's.
        is_own_draft: It has the right content, and only has to be saved once more.
    """
    stage = _way_to_change(case.status, policy) if policy.updates or is_own_draft else None
    if stage is not None:
        return _change(case, stage, policy)
    if case.is_ours and case.status != AUDITED and policy.goal == "audited":
        mend = "Take it back 撤销 or set allow_unaudit" if policy.updates else "Delete it, or set on_existing to update"
        case.message = f"it holds the content of an earlier attempt. {mend}."
        case.leave_saved()
    elif policy.on_existing == "skip":
        case.fate = Fate.EXISTING
    else:
        hint = (
            " and can be changed in status A or D only: set allow_unaudit, or unaudit 反审核 it and set overwrite_edits"
        )
        status = f" in status {case.status}" if case.status else ""
        said = f"{case.number} is already in Kingdee{status} with other content (id {case.kingdee_id})"
        case.bury(EXISTING_NUMBER, f"{said}{hint if policy.updates else ''}.")
    return None


def end_refused(case: Case, stage: Stage, policy: Policy) -> Stage | None:
    """End what Kingdee refused, unless an edit lock or missing base data is all that was in the way."""
    reason = case.reason or REJECTED
    if case.may_try_again(policy):
        return stage
    message = case.message
    if stage in _TAKEN_BACK:
        message = f"{case.number} is to be changed, and {_TAKEN_BACK[stage]}: {message}. It is left as it was"
    ways = policy.missing_base_data if reason is BASE_DATA_MISSING else "dead_letter"
    if ways == "create" and case.document.base_data and not case.was_provided:
        case.was_provided = True
        return Stage.PROVIDE
    fate = Fate.PARKED if ways == "park" else Fate.DEAD
    return give_up(case, Ending(fate, reason, "; ".join(filter(None, (message, case.aside)))), policy)


def give_up(case: Case, ending: Ending, policy: Policy) -> Stage | None:
    """End a document that cannot be saved; one whose audit we took back is first put back as it was."""
    if case.reopened_from and case.status in EDITABLE:
        case.ending, case.refused_at, case.locks = ending, None, 0
        return put_back(case, policy)
    case.end(ending)
    return None


def put_back(case: Case, policy: Policy) -> Stage | None:
    """Submit and audit once more what is to be left as it was before we took that back."""
    ending = case.ending
    if ending is None:
        raise AssertionError(f"{case.number} is to be put back without a reason")
    if case.status in (AUDITED, case.reopened_from):
        case.end(ending._replace(message=f"{ending.message}. It is in status {case.status} again, as it was."))
        return None
    stage = Stage.AUDIT if case.status == SUBMITTED else Stage.SUBMIT
    if case.refused_at is not stage or case.may_try_again(policy):
        return stage
    said = f"{ending.message}. It was in status {case.reopened_from}, is in status {case.status} now, and could not be"
    case.end(ending._replace(message=f"{said} put back: {case.message}"))
    return None


def _way_to_change(status: str, policy: Policy) -> Stage | None:
    if status in EDITABLE:
        return Stage.UPDATE
    if not policy.allow_unaudit:
        return None
    return {SUBMITTED: Stage.CANCEL, AUDITED: Stage.UNAUDIT}.get(status)


def _change(case: Case, stage: Stage, policy: Policy) -> Stage | None:
    case.is_update = True
    prior = case.prior
    if stage is Stage.UPDATE and not case.reopened_from and case.own_id and prior and prior.status == "sending":
        # An earlier run took its audit back and was killed.
        was = prior.document_status or ""
        case.reopened_from = was if policy.allow_unaudit and was in (SUBMITTED, AUDITED) else ""
    if case.refused_at is stage:
        return end_refused(case, stage, policy)
    if case.lost > policy.max_retries:
        said = case.message or "Kingdee gave no verdict on the update, time and again."
        return give_up(case, Ending(Fate.DEAD, REJECTED, said), policy)
    return stage
