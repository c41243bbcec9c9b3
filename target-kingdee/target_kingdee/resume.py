"""What earlier runs left on its way is finished by itself, without its source records coming again.

When a form is opened, each document that the ledger holds as ``saved`` (in Kingdee, not audited) or ``sending`` (its
outcome unknown) is looked up:

- what is in Kingdee as ours and as we left it is submitted and audited; its dead letter closes;
- what a person deleted, or changed, is a dead letter that says so, and is left as it is (`looking.see` tells a change);
- what was being saved over when the run ended holds either content: its record, which was never acknowledged, comes
  again and decides. If we had taken its audit back, it is audited again until then;
- what is not there, or holds an earlier content, is left to its record likewise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from target_kingdee.case import AUDITED, SUBMITTED, Case, Ending, Fate, Stage
from target_kingdee.document import Document
from target_kingdee.existing import give_up, put_back
from target_kingdee.looking import go_on, recognise, report_changed, report_deleted, see
from target_kingdee.outcomes import NOT_AUDITED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_kingdee.api.answers import Found
    from target_kingdee.case import Policy
    from target_kingdee.ledger_rows import Unfinished

_NO_MODEL = msgspec.Raw(b"null")


def resumed_case(left: Unfinished) -> Case:
    """Make the case of a document that an earlier run left on its way."""
    entry = left.entry
    document = Document(
        left.number,
        _NO_MODEL,
        entry.content_hash,
        entry.source_stream,
        entry.source_key,
        left.mapping or "",
        _NO_MODEL,
    )
    return Case(document, entry, is_resumed=True, letter_id=left.letter_id)


def after_look_resumed(case: Case, rows: Sequence[Found], policy: Policy) -> Stage | None:
    """Decide on a resumed document that was looked up; as `looking.after_look`."""
    row = recognise(case, rows, policy)
    if row is None or not case.is_ours:
        _end_missing(case)
        return None
    is_changed = see(case, row)
    if case.ending is not None:
        return put_back(case, policy)
    if is_changed:
        report_changed(case, policy)
        return None
    prior = case.prior
    if prior is not None and case.own_id and prior.delivered_hash != prior.content_hash:
        return _leave_with_its_audit(case, policy)
    case.held_hash = case.document.content_hash
    return go_on(case, policy)


def _end_missing(case: Case) -> None:
    if case.own_id:
        report_deleted(case)
    else:
        case.fate = Fate.LEFT


def _leave_with_its_audit(case: Case, policy: Policy) -> Stage | None:
    was = case.prior.document_status if case.prior else None
    if policy.updates and policy.allow_unaudit and was in (SUBMITTED, AUDITED):
        case.reopened_from = was
    return give_up(case, Ending(Fate.LEFT, NOT_AUDITED, f"{case.number} was being saved over"), policy)
