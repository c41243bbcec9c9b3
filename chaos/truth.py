"""Hold what is against what must be: the source, Kingdee, the ledger's dead letters and Meltano's bookmark.

Nothing here reads anything by itself, so that each check can be shown to fail.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from demo.reconciliation import AUDITED, SHIPPED, Totals, kingdee_totals, source_totals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

UNFINISHED = frozenset({"saved", "sending", "parked"})
SOURCE_MARK = "FCarriageNO"  # the logistics number, which is one stock-out's own


@dataclass(frozen=True)
class Problem:
    """Something that is not as it must be.

    Attributes:
        kind: ``lost``, ``doubled``, ``altered``, ``extra``, ``bookmark``, ``not_audited``, ``both``, ``letter``, or
            what a run did wrong: ``traceback``, ``secret``, ``exit_code``, ``hung``, ``second_run``, ``restless``,
            ``not_converging``.
    """

    kind: str
    text: str


@dataclass(frozen=True)
class Due:
    """One source document that is to be in Kingdee or in the dead letters."""

    number: str
    key: str
    mark: str
    modified: str
    totals: Totals


@dataclass(frozen=True)
class Letter:
    """One open dead letter."""

    key: str
    number: str | None
    reason: str


@dataclass(frozen=True)
class Found:
    """What both sides and the books between them hold at one moment.

    Attributes:
        bookmark: As the source writes times, ``2026-03-31 09:30:51``; empty for none. Read before the others.
        kingdee: Documents as ``GET /_sandbox/kingdee/SAL_OUTSTOCK`` gives them.
        letters: The open dead letters.
        statuses: The ledger's status by document number.
    """

    bookmark: str
    kingdee: Sequence[Mapping[str, Any]]
    letters: list[Letter]
    statuses: Mapping[str, str]


@dataclass
class Touched:
    """Numbers of the documents that a person has changed in Kingdee, or deleted there."""

    edited: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)


def due_documents(source: Iterable[Mapping[str, Any]], start: str, end: str) -> dict[str, Due]:
    """Return by number what the mapping sends of the documents that the tap reads: ``start <= modified <= end``."""
    return {
        str(one["order_no"]): Due(
            str(one["order_no"]),
            str(one["stockout_id"]),
            str(one["logistics_no"]),
            str(one["modified"]),
            source_totals(one),
        )
        for one in source
        if str(one["status"]) in SHIPPED and start <= str(one["modified"]) <= end
    }


def check_always(due: Mapping[str, Due], found: Found, touched: Touched) -> list[Problem]:
    """Return what must never be, at any moment: a document twice, another one, another amount, a bookmark ahead."""
    problems = _doubled(due, found.kingdee)
    held = {str(document["FBillNo"]): document for document in found.kingdee}
    for number, shown in held.items():
        if number not in due:
            problems.append(Problem("extra", f"{number} is in Kingdee and is not to be sent"))
        elif (totals := kingdee_totals(shown)) != due[number].totals:
            problems.append(
                Problem("altered", f"{number} differs: {due[number].totals} in the source, {totals} in Kingdee")
            )
    lettered = {letter.key for letter in found.letters}
    for one in due.values():
        if one.modified >= found.bookmark or one.number in touched.deleted or one.key in lettered:
            continue
        document = held.get(one.number)
        if document is None:
            where = "neither in Kingdee nor in the dead letters"
        elif document["FDocumentStatus"] != AUDITED and found.statuses.get(one.number) not in UNFINISHED:
            where = f"in Kingdee in status {document['FDocumentStatus']}, and nobody will come back to it"
        else:
            continue
        problems.append(
            Problem(
                "bookmark", f"the bookmark {found.bookmark} is past {one.number} ({one.modified}), which is {where}"
            )
        )
    return problems


def check_end(due: Mapping[str, Due], found: Found, touched: Touched, expected: Mapping[str, str]) -> list[Problem]:
    """Return what must not be when all is over.

    Args:
        due: What is to be sent.
        found: What there is.
        touched: What people did.
        expected: The reason by source key of the documents that cannot be delivered in the best of weathers.
    """
    problems = check_always(due, found, touched)
    status = {str(document["FBillNo"]): str(document["FDocumentStatus"]) for document in found.kingdee}
    reasons = {letter.key: letter.reason for letter in found.letters}
    for one in due.values():
        problems += _check_one(one, status.get(one.number), reasons.pop(one.key, None), touched, expected)
    problems += [
        Problem("letter", f"a dead letter ({reason}) of {key}, which is not to be sent")
        for key, reason in reasons.items()
    ]
    return problems


def unexpected_letters(found: Found, touched: Touched, expected: Mapping[str, str]) -> list[Letter]:
    """Return the dead letters that the weather has made, and not the data; a replay has to settle them."""
    people = touched.edited | touched.deleted
    return [
        letter for letter in found.letters if letter.number not in people and expected.get(letter.key) != letter.reason
    ]


def _check_one(
    one: Due, status: str | None, reason: str | None, touched: Touched, expected: Mapping[str, str]
) -> list[Problem]:
    if one.number in touched.edited and status is not None and reason == "changed_in_kingdee":
        return []
    if one.number in touched.deleted and status is None and reason == "deleted_in_kingdee":
        return []
    wanted = expected.get(one.key)
    if status is None and reason is None:
        problem = Problem("lost", f"{one.number} is lost: neither in Kingdee nor in the dead letters")
    elif status is not None and reason is not None:
        problem = Problem("both", f"{one.number} is in Kingdee in status {status} and in the dead letters ({reason})")
    elif status is not None and status != AUDITED:
        problem = Problem("not_audited", f"{one.number} is in Kingdee in status {status}, not audited")
    elif reason != wanted:
        spelled = f"{reason or 'no reason'}, not with {wanted or 'no reason'}"
        problem = Problem("letter", f"{one.number} is in the dead letters with {spelled}")
    else:
        return []
    return [problem]


def _doubled(due: Mapping[str, Due], kingdee: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """Count by the number, and by the source's own mark in the document, which a new number would not hide."""
    kingdee = list(kingdee)
    numbers = Counter(str(document["FBillNo"]) for document in kingdee)
    problems = [
        Problem("doubled", f"{number} is in Kingdee {count} times") for number, count in numbers.items() if count > 1
    ]
    shared = {mark for mark, count in Counter(one.mark for one in due.values()).items() if count > 1 or not mark}
    bearers: dict[str, set[str]] = {}
    for document in kingdee:
        bearers.setdefault(str(document.get(SOURCE_MARK) or ""), set()).add(str(document["FBillNo"]))
    problems += [
        Problem("doubled", f"one stock-out ({mark}) is in Kingdee as {' and '.join(sorted(them))}")
        for mark, them in bearers.items()
        if len(them) > 1 and mark and mark not in shared
    ]
    return problems
