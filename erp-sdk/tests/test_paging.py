"""Pages of lists that change while they are walked. The vendor is a list in memory that edits itself between calls."""

from dataclasses import dataclass, field, replace

import pytest
from erp_sdk.paging import IncompleteList, Page, RepeatedPage, Seen, TooManyRows, Walk
from hypothesis import assume, given
from hypothesis import strategies as st


@dataclass(frozen=True)
class Row:
    id: int
    modified: str = "2026-01-05T09:00:00+08:00"


@dataclass
class Vendor:
    """A list in pages; ``edits`` happen before the call of that number, ``empty`` calls answer "ok" without rows."""

    rows: list[Row]
    size: int = 3
    first: int = 0
    counts: bool = True
    cap: int | None = None
    edits: dict[int, list[int]] = field(default_factory=dict)
    empty: set[int] = field(default_factory=set)
    zero_when_empty: bool = False
    calls: list[int] = field(default_factory=list)

    def __call__(self, number, *, with_total):
        call = len(self.calls)
        self.calls.append(number)
        gone = self.edits.get(call, [])
        self.rows = [row for row in self.rows if row.id not in gone]
        size = self.cap or self.size
        start = (number - self.first) * size
        assert start >= 0, f"page {number} was asked for, the first is {self.first}"
        rows = [] if call in self.empty else self.rows[start : start + size]
        total = 0 if call in self.empty and self.zero_when_empty else len(self.rows)
        return Page(rows, total if self.counts and with_total else None)

    def walk(self, **options):
        pauses = []

        def refuse(found):
            raise found

        walk = Walk(
            fetch=self,
            seen=options.pop("seen", seen()),
            on_incomplete=options.pop("on_incomplete", refuse),
            pause=pauses.append,
            first=self.first,
            size=self.size,
            **options,
        )
        return [row for rows in walk for row in rows]


def seen():
    return Seen(key=lambda row: row.id, version=lambda row: row.modified)


def rows(count):
    return [Row(number) for number in range(count)]


def ids(found):
    return sorted(row.id for row in found)


@pytest.mark.parametrize("total", [0, 2, 3, 4, 6, 7])
def test_a_list_that_goes_on_after_what_is_counted_is_read_to_its_end(total):
    vendor = Vendor(rows(8))

    def fetch(number, *, with_total):
        page = vendor(number, with_total=with_total)
        return replace(page, total=page.total and total, more=number * 3 + 3 < 8)

    walk = Walk(fetch=fetch, seen=seen(), on_incomplete=pytest.fail, pause=pytest.fail, first=0, size=3)

    assert ids(row for page in walk for row in page) == list(range(8))


def test_a_list_without_a_total_that_has_no_second_page_takes_one_call():
    vendor = Vendor(rows(3), counts=False)
    walk = Walk(
        fetch=lambda number, *, with_total: replace(vendor(number, with_total=with_total), more=False),
        seen=seen(), on_incomplete=pytest.fail, pause=pytest.fail, first=0, size=3,
    )  # fmt: skip

    assert ids(row for page in walk for row in page) == [0, 1, 2]
    assert vendor.calls == [0]


@pytest.mark.parametrize("first", [0, 1])
def test_the_last_page_is_read_first_and_the_first_page_again_at_the_end(first):
    vendor = Vendor(rows(8), first=first)

    assert ids(vendor.walk()) == list(range(8))
    assert vendor.calls == [first, first + 2, first + 1, first]


def test_a_list_of_one_page_costs_one_call():
    vendor = Vendor(rows(3))

    assert ids(vendor.walk()) == [0, 1, 2]
    assert vendor.calls == [0]


def test_an_empty_list_costs_one_call():
    vendor = Vendor([])

    assert vendor.walk() == []
    assert vendor.calls == [0]


def test_a_row_is_handed_on_once():
    vendor = Vendor(rows(8), edits={2: [0, 1]})  # page 1 moves up before it is read: two rows come twice

    found = vendor.walk()

    assert len(found) == len(set(ids(found)))


@given(
    count=st.integers(0, 40),
    size=st.integers(1, 7),
    edits=st.dictionaries(st.integers(1, 20), st.lists(st.integers(0, 39), max_size=6)),
)
def test_no_row_that_stays_is_missed_however_many_leave(count, size, edits):
    vendor = Vendor(rows(count), size=size, edits=edits)

    found = ids(vendor.walk())

    assert set(found) >= {row.id for row in vendor.rows}
    assert len(found) == len(set(found))


@given(
    count=st.integers(1, 40),
    size=st.integers(1, 7),
    edits=st.dictionaries(st.integers(1, 9), st.lists(st.integers(0, 39), max_size=2)),
    short_page_ends=st.booleans(),
)
def test_without_a_total_no_row_that_stays_is_missed_either(count, size, edits, short_page_ends):
    vendor = Vendor(rows(count), size=size, counts=False, edits=edits)

    found = ids(vendor.walk(short_page_ends=short_page_ends))

    assert set(found) >= {row.id for row in vendor.rows}


def test_without_a_total_a_last_page_that_moves_up_before_it_is_read_is_not_missed():
    vendor = Vendor(rows(8), size=2, counts=False, edits={3: [0, 1]})

    assert set(ids(vendor.walk())) >= {2, 3, 4, 5, 6, 7}


def test_without_a_total_a_short_page_does_not_end_the_list():
    vendor = Vendor(rows(5), size=3, counts=False, cap=2)

    assert ids(vendor.walk()) == list(range(5))


@pytest.mark.parametrize(("count", "calls"), [(2, [0]), (5, [0, 1, 0]), (6, [0, 1, 2, 1, 0])])
def test_a_short_page_saves_calls_where_it_ends_the_list(count, calls):
    vendor = Vendor(rows(count), size=3, counts=False)

    assert ids(vendor.walk(short_page_ends=True)) == list(range(count))
    assert vendor.calls == calls


def test_a_short_page_of_a_usual_cap_does_not_end_the_list():
    vendor = Vendor(rows(120), size=200, counts=False, cap=50)

    assert ids(vendor.walk(short_page_ends=True)) == list(range(120))


def test_the_same_page_for_ever_is_refused():
    vendor = Vendor(rows(3), size=3, counts=False)

    with pytest.raises(RepeatedPage):
        list(
            Walk(
                fetch=lambda _, with_total: vendor(0, with_total=with_total),
                seen=seen(),
                size=3,
                on_incomplete=pytest.fail,
                pause=pytest.fail,
            )
        )


def test_a_server_that_caps_the_page_size_is_read_to_the_end():
    vendor = Vendor(rows(11), size=9, cap=2)

    assert ids(vendor.walk()) == list(range(11))


def test_an_empty_answer_in_between_is_asked_for_again():
    vendor = Vendor(rows(9), empty={1, 3})

    assert ids(vendor.walk()) == list(range(9))


def test_an_empty_first_answer_is_asked_for_again():
    vendor = Vendor(rows(2), empty={0})

    assert ids(vendor.walk()) == [0, 1]


@pytest.mark.parametrize("counts", [True, False])
def test_an_empty_list_can_be_doubted_once(counts):
    vendor = Vendor(rows(5), empty={0, 3}, zero_when_empty=True, counts=counts)

    assert ids(vendor.walk(confirm_empty=True)) == list(range(5))


@given(count=st.integers(0, 40), size=st.integers(1, 7), empty=st.sets(st.integers(1, 60)))
def test_answers_that_pretend_there_is_nothing_lose_nothing_silently(count, size, empty):
    assume(not any({n, n + 1, n + 2, n + 3, n + 4} <= empty for n in empty))  # five in a row are believed
    vendor = Vendor(rows(count), size=size, empty=empty, zero_when_empty=True)

    try:
        found = vendor.walk()
    except IncompleteList:
        return  # loud: the bookmark does not move
    assert ids(found) == list(range(count))


def test_a_list_that_stays_short_of_its_total_is_refused():
    vendor = Vendor(rows(9), empty=set(range(1, 99)))

    with pytest.raises(IncompleteList) as refused:
        vendor.walk()

    assert refused.value.total == 9


def test_a_list_that_stays_short_can_be_taken_as_it_is():
    vendor = Vendor(rows(9), empty=set(range(1, 999)))
    told: list[IncompleteList] = []

    assert ids(vendor.walk(on_incomplete=told.append)) == [0, 1, 2]
    assert told


def test_too_long_a_list_is_refused_after_one_call():
    vendor = Vendor(rows(9))

    with pytest.raises(TooManyRows) as refused:
        vendor.walk(limit=8)

    assert refused.value.total == 9
    assert vendor.calls == [0]


def test_the_newer_version_of_a_row_is_handed_on_too_and_the_older_one_is_not():
    shared = seen()
    old, new = Row(1, "2026-01-05T09:00:00+08:00"), Row(1, "2026-01-05T09:00:01+08:00")

    assert Vendor([old]).walk(seen=shared) == [old]
    assert Vendor([new]).walk(seen=shared) == [new]
    assert Vendor([old]).walk(seen=shared) == []


def test_a_row_without_a_time_is_handed_on_once():
    shared = Seen(key=lambda row: row.id, version=lambda _: None)

    assert ids(Vendor(rows(2)).walk(seen=shared)) == [0, 1]
    assert Vendor(rows(2)).walk(seen=shared) == []
