"""The merge book: what each record gave to which document, from run to run.

A record is a member of one group, and once its document is made, of that document for good: so what is read again, in
this run or after a crash in whatever moment, changes its own document or nothing, and is never in two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from erp_sdk.times import now, rfc3339
from sqlalchemy import insert, select

from mapper_kd.merging import statements
from mapper_kd.merging.database import Database
from mapper_kd.merging.statements import AT_ONCE, DOCUMENTS_AT_ONCE, Statement, listed
from mapper_kd.merging.tables import bring_up_to_date, mappings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

_GROUPS_KEPT = 10_000


class Gathered(msgspec.Struct, gc=False):
    """What one record of the input gives.

    Attributes:
        group: The key of its group; empty when the record is not to be merged (any more), or cannot be.
        contribution: JSON.
        record: The source record's JSON.
        is_replay: It comes from a dead letter.
        is_failed: It cannot be mapped; its own dead letter says so.
    """

    group: str = ""
    contribution: bytes = b""
    record: bytes | msgspec.Raw = b""
    is_replay: bool = False
    is_failed: bool = False


class Due(NamedTuple):
    """A document to be sent: ``part`` is 1 for a group's first one, ``due`` is 2 for a replay.

    ``numbers`` are those it has gone out with before, a line each.
    """

    group_id: int
    part: int
    due: int
    size: int
    group: str
    record: bytes | None
    numbers: str | None


class Member(NamedTuple):
    """A record in a document."""

    group_id: int
    part: int
    member_id: int
    key: str
    shape: str
    contribution: bytes
    astray: bool


class Stray(NamedTuple):
    """A record that is in a document to which it does not belong any more."""

    key: str
    gathered: Gathered
    number: str


class Book:
    """One open merge book.

    Args:
        url: SQLAlchemy URL.
        folder: Where a relative SQLite file lies.
        must_exist: Do not make one that is not there.
    """

    def __init__(self, url: str, folder: Path, *, must_exist: bool = False) -> None:
        self.database = Database(url, folder, must_exist=must_exist)
        with self.database.writing() as connection:
            bring_up_to_date(connection)
        self._statements: dict[str, Statement] = {}

    def _run(self, clause: Callable[..., Any], *arguments: Any) -> Statement:
        name = clause.__name__
        if name not in self._statements:
            self._statements[name] = Statement(clause(*arguments), self.database.dialect)
        return self._statements[name]

    def close(self) -> None:
        """Close it, and let others write."""
        self.database.close()

    def page(self, name: str, form: str, shape: str) -> Page:
        """Become the one writer of a mapping, and return its part of the book.

        Raises:
            UserError: Another process is its writer.
        """
        column = mappings.c
        with self.database.writing() as connection:
            found = connection.execute(select(column.mapping_id).where(column.name == name)).scalar()
            if found is None:
                made = connection.execute(insert(mappings).values(name=name, form=form))
                found = made.inserted_primary_key[0] if made.inserted_primary_key else 0
        self.database.hold(int(found), name)
        return Page(self, self._run, int(found), shape)


class Page:
    """The part of a book that belongs to one mapping."""

    def __init__(self, book: Book, run: Callable[..., Statement], mapping_id: int, shape: str) -> None:
        self._database = book.database
        self._run = run
        self._id = mapping_id
        self._shape = shape
        self._groups: dict[str, list[Any]] = {}

    # --- while records are read

    def gather(self, batch: Mapping[str, Gathered], *, keeps_records: bool) -> list[Stray]:
        """Write down what records give, by their keys; at most `AT_ONCE` of them.

        Args:
            batch: What they give.
            keeps_records: Keep each source record until its document is made, not only a group's first.

        Returns:
            Those that are in a document and do not belong there any more.
        """
        if not batch:
            return []
        with self._database.writing() as connection:
            known = {row[0]: row[1:] for row in self._find(connection, statements.known_members, list(batch))}
            self._open_groups(connection, dict.fromkeys(one.group for one in batch.values() if one.group))
            return self._write(connection, batch, known, keeps_records=keeps_records)

    def known(self, keys: Sequence[str]) -> set[str]:
        """Return those of these keys that are in a group or document; at most `AT_ONCE` of them."""
        with self._database.reading() as connection:
            return {row[0] for row in self._find(connection, statements.known_members, keys)}

    def _find(self, connection: Connection, clause: Callable[..., Any], keys: Sequence[str]) -> Sequence[Any]:
        return self._run(clause).fetch(connection, {"mapping": self._id, **listed("key", keys, AT_ONCE)})

    def _open_groups(self, connection: Connection, keys: Iterable[str]) -> None:
        if len(self._groups) > _GROUPS_KEPT:
            self._groups.clear()
        new = [key for key in keys if key not in self._groups]
        if not new:
            return
        for key, group_id, waits in self._find(connection, statements.known_groups, new):
            self._groups[key] = [group_id, waits]
        made = [key for key in new if key not in self._groups]
        if made:
            rows = [{"mapping_id": self._id, "key": key, "parts": 0, "waits": False} for key in made]
            self._run(statements.new_group, self._database.dialect.name).execute(connection, rows)
            for key, group_id, waits in self._find(connection, statements.known_groups, made):
                self._groups[key] = [group_id, waits]

    def _write(
        self, connection: Connection, batch: Mapping[str, Gathered], known: dict[str, Any], *, keeps_records: bool
    ) -> list[Stray]:
        changes = _Changes(self._id, self._shape, self._groups, keeps_records=keeps_records)
        for key, one in batch.items():
            before = known.get(key)
            if before is None:
                changes.arrive(key, one)
            else:
                changes.come_again(key, one, *before)
        for clause, rows in changes.rows.items():
            self._run(clause).execute(connection, rows)
        return [
            Stray(key, one, self._run(statements.number_of).fetch(connection, place)[0][0] or "")
            for key, one, place in changes.strays
        ]

    # --- at the end of the input

    def part(self, lines_of: Callable[[bytes], Iterable[Any]] | None, most: int) -> None:
        """Give each record that is in no document yet its document, in one transaction.

        Args:
            lines_of: What of a contribution tells its lines apart, where documents have a bound of lines.
            most: That bound.
        """
        after = 0
        with self._database.writing() as connection:
            while True:
                groups = self._run(statements.waiting_groups).fetch(connection, {"mapping": self._id, "after": after})
                if not groups:
                    break
                parts = dict(tuple(row) for row in groups)
                cuts = (
                    self._whole(connection, list(parts))
                    if lines_of is None
                    else self._cuts(connection, list(parts), lines_of, most)
                )
                rows = []
                for group_id, first, last, size in cuts:
                    parts[group_id] += 1
                    rows.append(
                        {"of_group": group_id, "new_part": parts[group_id], "mapping": self._id, "first": first,
                         "last": last, "new_size": size}
                    )  # fmt: skip
                self._run(statements.new_document).execute(connection, rows)
                self._run(statements.member_of_part).execute(connection, rows)
                done = [{"of_group": group_id, "new_parts": count} for group_id, count in parts.items()]
                self._run(statements.parted_group).execute(connection, done)
                after = groups[-1][0]
        self._groups.clear()

    def _whole(self, connection: Connection, groups: list[int]) -> Sequence[Any]:
        return self._run(statements.waiting_bounds).fetch(connection, listed("group", groups, AT_ONCE))

    def _cuts(
        self, connection: Connection, groups: list[int], lines_of: Callable[[bytes], Iterable[Any]], most: int
    ) -> Iterator[tuple[int, int, int, int]]:
        """Yield group, first and last member and size of documents that have at most so many lines.

        A record is never cut: one with more lines than that is a document of its own.
        """
        for group_id in groups:
            lines: set[Any] = set()
            first = last = size = 0
            for member_id, contribution in self._waiting(connection, group_id):
                own = set(lines_of(bytes(contribution)))
                if size and len(lines | own) > most:
                    yield group_id, first, last, size
                    lines, size = set(), 0
                first = first if size else member_id
                lines |= own
                last, size = member_id, size + 1
            if size:
                yield group_id, first, last, size

    def _waiting(self, connection: Connection, group_id: int) -> Iterator[Any]:
        after, rows = 0, None
        while rows is None or len(rows) == AT_ONCE:
            rows = self._run(statements.waiting_members).fetch(connection, {"group": group_id, "after": after})
            yield from rows
            after = rows[-1][0] if rows else 0

    def due(self) -> Iterator[tuple[Due, Iterator[Member]]]:
        """Yield the documents to be sent with their members, all in order; each transaction is a page of them."""
        place = {"mapping": self._id, "group": 0, "part": 0}
        rows = None
        while rows is None or len(rows) == DOCUMENTS_AT_ONCE:
            with self._database.reading() as connection:
                rows = self._run(statements.due_documents).fetch(connection, place)
            documents = [Due(*row) for row in rows]
            while documents:
                some = _few(documents)
                del documents[: len(some)]
                yield from self._members_of_some(some) if len(some) > 1 else [(some[0], self._members_of(some[0]))]
            if rows:
                place |= {"group": rows[-1][0], "part": rows[-1][1]}

    def _members_of_some(self, some: list[Due]) -> Iterator[tuple[Due, Iterator[Member]]]:
        wanted = listed("group", [one.group_id for one in some], DOCUMENTS_AT_ONCE)
        wanted |= listed("part", [one.part for one in some], DOCUMENTS_AT_ONCE)
        found: dict[tuple[int, int], list[Member]] = {}
        with self._database.reading() as connection:
            for row in self._run(statements.members_of_some).fetch(connection, wanted):
                found.setdefault((row[0], row[1]), []).append(Member(*row))
        for one in some:
            yield one, iter(found.get((one.group_id, one.part), ()))

    def _members_of(self, one: Due) -> Iterator[Member]:
        place, rows = {"group": one.group_id, "part": one.part, "after": 0}, None
        while rows is None or len(rows) == AT_ONCE:
            with self._database.reading() as connection:
                rows = self._run(statements.members_of_one).fetch(connection, place)
            for row in rows:
                yield Member(*row)
            place["after"] = rows[-1][2] if rows else 0

    def send(self, numbers: Sequence[tuple[Due, str]]) -> None:
        """Note the numbers of documents that are on their way."""
        at = rfc3339(now())
        with self._database.writing() as connection:
            self._run(statements.sent_document).execute(
                connection,
                [
                    {"of_group": one.group_id, "of_part": one.part, "new_number": number, "at": at}
                    for one, number in numbers
                ],
            )

    def settle(self) -> None:
        """Note that all documents are out."""
        with self._database.writing() as connection:
            self._run(statements.all_sent).execute(connection, [{"mapping": self._id}])


def _few(documents: list[Due]) -> list[Due]:
    """Return the first documents: as many as have a page of members together, one at least."""
    count = members = 0
    for one in documents:
        members += one.size
        if count and members > AT_ONCE:
            break
        count += 1
    return documents[:count]


class _Changes:
    """The rows that a batch changes, by statement, in the order in which they have to be written."""

    def __init__(self, mapping_id: int, shape: str, groups: dict[str, list[Any]], *, keeps_records: bool) -> None:
        self._mapping_id = mapping_id
        self._shape = shape
        self._groups = groups
        self._keeps_records = keeps_records
        self._due: dict[tuple[int, int], int] = {}
        self.strays: list[tuple[str, Gathered, dict[str, int]]] = []
        self._rows: dict[Callable[..., Any], list[dict[str, Any]]] = {}

    @property
    def rows(self) -> dict[Callable[..., Any], list[dict[str, Any]]]:
        """What to execute."""
        due = [{"of_group": group, "of_part": part, "new_due": due} for (group, part), due in self._due.items()]
        return self._rows | {statements.due_document: due}

    def _add(self, clause: Callable[..., Any], **row: Any) -> None:
        self._rows.setdefault(clause, []).append(row)

    def arrive(self, key: str, one: Gathered) -> None:
        """A record that was never merged."""
        if not one.group:
            return
        group = self._groups[one.group]
        keeps = self._keeps_records or not group[1]
        self._wait(group)
        self._add(
            statements.new_member, mapping_id=self._mapping_id, key=key, group_id=group[0], part=0, shape=self._shape,
            contribution=one.contribution, record=bytes(one.record) if keeps else None, astray=False,
        )  # fmt: skip

    def _wait(self, group: list[Any]) -> None:
        if not group[1]:
            group[1] = True
            self._add(statements.waiting_group, of_group=group[0])

    def come_again(self, key: str, one: Gathered, member_id: int, group_id: int, part: int, *before: Any) -> None:
        """A record that is in a group, or in a document."""
        group = self._groups[one.group] if one.group else None
        shape, contribution, is_astray = before
        is_changed = shape != self._shape or bytes(contribution) != one.contribution
        if part == 0:
            if group is None:
                self._add(statements.gone_member, of_member=member_id)
            else:
                self._wait(group)
                self._change(member_id, group[0], one)
        elif group is None or group[0] != group_id:
            self._add(statements.stray_member, of_member=member_id, new_astray=True)
            if not one.is_failed:
                self.strays.append((key, one, {"of_group": group_id, "of_part": part}))
        else:
            if is_changed:
                self._change(member_id, group_id, one, keeps=False)
                place = {"of_group": group_id, "of_part": part, "of_member": member_id}
                self._add(statements.first_record, **place, new_record=bytes(one.record))
            elif is_astray:
                self._add(statements.stray_member, of_member=member_id, new_astray=False)
            document = group_id, part
            self._due[document] = max(self._due.get(document, 1), 2 if one.is_replay else 1)

    def _change(self, member_id: int, group_id: int, one: Gathered, *, keeps: bool = True) -> None:
        self._add(
            statements.changed_member, of_member=member_id, new_group_id=group_id, new_shape=self._shape,
            new_contribution=one.contribution, new_record=bytes(one.record) if keeps else None, new_astray=False,
        )  # fmt: skip
