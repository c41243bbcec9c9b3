"""What a look tells: what a document needs next, from what the ledger knew of it and what Kingdee holds.

Functions of values; each returns the next `Stage`, or None when the document has its fate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from target_kingdee.case import AUDITED, DRAFT, SUBMITTED, Case, Fate, Policy, Stage
from target_kingdee.existing import end_refused, put_back, treat_existing
from target_kingdee.outcomes import CHANGED, DELETED, EXISTING_NUMBER, REJECTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_kingdee.api.answers import Found
    from target_kingdee.document import Entry

NONE_OF_OURS = b""
"""The hash of content that a person made: equal to none."""
SET_ASIDE = frozenset({"discarded", "deleted"})
"""What a person decided on a document: in its dead letter, or by deleting it in Kingdee."""
_NEVER_DONE = frozenset({"dead", "parked", *SET_ASIDE})


def first_need(case: Case, policy: Policy) -> Stage | None:
    """Decide on a document before any call, from what the ledger knows of its number."""
    prior = case.prior
    if prior is not None and (prior.is_reported or prior.status in SET_ASIDE) and _is_set_aside(case, prior):
        return None
    if prior is None or (prior.status in _NEVER_DONE and not prior.kingdee_id):
        return Stage.LOOK if policy.look_first else Stage.SAVE
    case.kingdee_id, case.status = prior.kingdee_id, prior.document_status or ""
    if prior.status == "delivered" and prior.delivered_hash == case.document.content_hash:
        case.fate = Fate.UNCHANGED
    elif not prior.is_of(case.document):
        owner = f"{prior.source_stream} {prior.source_key}"
        case.bury(EXISTING_NUMBER, f"The number {case.number} already belongs to another source record, {owner}.")
    elif prior.status in ("delivered", "existing") and not policy.updates:
        return treat_existing(case, policy)
    else:
        return Stage.LOOK
    return None


def _is_set_aside(case: Case, prior: Entry) -> bool:
    """Whether a document stays where a person put it aside: until its content changes, or its letter is replayed.

    What this very run has found deleted or changed is told first, also when it is being replayed.
    """
    is_same = prior.content_hash == case.document.content_hash and prior.is_of(case.document)
    if prior.is_reported and prior.status == "deleted" and not is_same:
        report_deleted(case)
    elif is_same and (prior.is_reported or not case.document.is_replay):
        case.fate = Fate.ASIDE
    return case.fate is not None


def after_look(case: Case, rows: Sequence[Found], policy: Policy) -> Stage | None:
    """Decide on a document that was looked up.

    Args:
        case: The document.
        rows: What Kingdee holds under its number; several where numbers are not unique.
        policy: The form's.
    """
    row = recognise(case, rows, policy)
    if row is None:
        return _not_there(case, policy)
    is_changed = see(case, row)
    if case.ending is not None:
        return put_back(case, policy)
    if is_changed and not (policy.updates and policy.overwrite_edits):
        report_changed(case, policy)
        return None
    if is_changed and not case.was_saved:
        case.held_hash = NONE_OF_OURS
        return treat_existing(case, policy)
    if not case.is_ours or _holds_other_content(case):
        return treat_existing(case, policy)
    return go_on(case, policy)


def recognise(case: Case, rows: Sequence[Found], policy: Policy) -> Found | None:
    """Find the document among the rows of its number: ours if it is there, else somebody else's, else none."""
    ours = next((row for row in rows if _made_by_us(case, row, policy)), None)
    case.is_ours = ours is not None
    return ours or next(iter(rows), None)


def see(case: Case, row: Found) -> bool:
    """Take over what Kingdee shows of the document; return whether a person has changed what we had put there.

    A person has changed it when its last modifier 最后修改人 is not our user; or, where Kingdee does not tell, when it
    is still in the status in which it was left and yet its FModifyDate has moved. An audit is no change: people may
    audit what we could not. A person who only took an audit back cannot be told from one who changed something.
    """
    prior, is_changed = case.prior, case.is_ours and row.is_edited
    if case.is_ours and prior is not None and prior.status in ("saved", "dead", "discarded") and not case.was_sent:
        is_moved = None not in (prior.modified_at, row.modified_at) and prior.modified_at != row.modified_at
        is_changed = is_changed or (is_moved and row.status == prior.document_status)
    case.kingdee_id, case.status, case.modified_at = row.id, row.status, row.modified_at
    return is_changed


def go_on(case: Case, policy: Policy) -> Stage | None:
    """Continue our own document, which holds the right content, from the status Kingdee shows."""
    if case.is_update and not case.was_saved:
        return treat_existing(case, policy)  # lost: an update that is sent again changes nothing that it did
    if policy.is_reached(case.status):
        return arrive(case, case.status, policy)
    if case.status == DRAFT and not case.is_resumed:
        return treat_existing(case, policy, is_own_draft=True)
    if case.status == DRAFT:
        case.message = "it is a draft 暂存; save it in Kingdee, or replay it"
        case.leave_saved()
        return None
    stage = Stage.AUDIT if case.status == SUBMITTED else Stage.SUBMIT
    if case.refused_at is not stage or case.may_try_again(policy):
        return stage
    case.leave_saved()
    return None


def arrive(case: Case, status: str, policy: Policy) -> Stage | None:
    """End what is as far as it should be; base data that further organisations are to use is allocated first."""
    if policy.allocate_to and status == AUDITED:
        case.status = status
        return Stage.ALLOCATE
    case.settle(status)
    return None


def report_changed(case: Case, policy: Policy) -> None:
    """Leave what a person changed as it is, and say so; what was reported and then finished by a person is done."""
    prior = case.prior
    case.held_hash = NONE_OF_OURS
    was_reported = prior is not None and prior.status == "dead"
    if was_reported and policy.is_reached(case.status) and policy.on_existing == "skip":
        case.fate = Fate.EXISTING
        return
    if prior is not None:
        case.modified_at = prior.modified_at  # of the last state that was ours
    said = f"{case.number} was changed in Kingdee by a person (id {case.kingdee_id}, status {case.status})"
    case.bury(CHANGED, f"{said}: it is left as it is.")


def report_deleted(case: Case) -> None:
    """Say that what we had put there is gone; it stays so until its content changes or its letter is replayed."""
    was = f" with id {case.own_id}" if case.own_id else ""
    case.kingdee_id = None
    case.bury(DELETED, f"{case.number} was in Kingdee{was} and is gone: somebody deleted it.")


def _made_by_us(case: Case, row: Found, policy: Policy) -> bool:
    prior = case.prior
    if case.was_saved:
        return str(row.id) == str(case.kingdee_id)
    if case.own_id:
        return str(row.id) == case.own_id
    was_unknown = prior is not None and prior.status == "sending"
    if not case.was_sent and not was_unknown:
        return False
    floor = prior.floor_id if prior is not None and was_unknown else policy.floor_id
    if floor is None or not isinstance(row.id, int):
        return case.reason is not EXISTING_NUMBER
    return row.id > floor


def _holds_other_content(case: Case) -> bool:
    prior = case.prior
    if prior is None or case.was_sent:
        return False
    case.held_hash = prior.delivered_hash if prior.kingdee_id else prior.content_hash
    return case.held_hash != case.document.content_hash


def _not_there(case: Case, policy: Policy) -> Stage | None:
    if case.was_saved:
        _end_invisible(case)
    elif case.own_id and not _is_wanted_again(case):
        report_deleted(case)
    elif case.refused_at is not None and case.reason is not None:
        return end_refused(case, Stage.SAVE, policy)
    elif case.lost > policy.max_retries:
        case.bury(REJECTED, case.message or "Kingdee gave no verdict on the document, time and again.")
    else:
        return Stage.SAVE
    return None


def _is_wanted_again(case: Case) -> bool:
    """Whether a person replays what was reported before, now that it is gone: then it is a new document."""
    prior = case.prior
    if prior is None or prior.status != "dead" or not case.document.is_replay:
        return False
    case.prior, case.kingdee_id, case.status = structs.replace(prior, kingdee_id=None), None, ""
    return True


def _end_invisible(case: Case) -> None:
    # Kingdee confirmed the save; queries hide the rows of organisations the user may not see (contract 9).
    if case.refused_at is None and not case.lost:
        case.settle(AUDITED)
    else:
        case.leave_saved()
