"""A list that is edited while it is read, and a vendor that trims pages to a ceiling nobody knows."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap_kingdee.keyset import After, Walk, Within, WrongOrderError

BEGIN = 100  # the change time up to which a run reads


@dataclass
class Site:
    """Documents as the vendor holds them: key -> (change time, keys of the lines)."""

    documents: dict[int, tuple[int, list[int]]]
    ceiling: int
    asked: int = 0
    clock: int = BEGIN
    versions: dict[int, set[tuple[int, tuple[int, ...]]]] = field(default_factory=dict)

    def __post_init__(self):
        for key in self.documents:
            self._note(key)

    def _note(self, key):
        changed, lines = self.documents[key]
        self.versions.setdefault(key, set()).add((changed, tuple(lines)))

    def edit(self, key, lines):
        """Save a document again: a new change time, and lines that may be fewer, more or others."""
        self.clock += 1
        self.documents[key] = (self.clock, lines)
        self._note(key)

    def rows(self, page):
        self.asked += 1
        rows = [
            (key, line, changed)
            for key, (changed, lines) in sorted(self.documents.items())
            for line in (sorted(lines) or [None])
        ]
        if isinstance(page, Within):
            wanted = [row for row in rows if row[0] == page.key and row[1] is not None and row[1] >= page.line]
        else:
            wanted = [row for row in rows if row[0] > page.key and row[2] <= BEGIN]
        return wanted[: self.ceiling]


def read(site, walk, between=lambda: None):
    documents = []
    while walk.page is not None:
        assert site.asked < 1000
        documents += walk.accept(site.rows(walk.page))
        between()
    return documents


def told(document):
    """A document's rows as key, change times and lines."""
    return document[0][0], {row[2] for row in document}, tuple(row[1] for row in document if row[1] is not None)


lines = st.lists(st.integers(1, 10_000), unique=True, max_size=9)
sites = st.builds(
    Site,
    documents=st.dictionaries(st.integers(1, 60), st.tuples(st.just(BEGIN), lines), max_size=12),
    ceiling=st.integers(2, 12),
)


@given(sites)
def test_every_document_comes_once_and_whole_however_the_pages_cut_it(site):
    documents = read(site, Walk(line=1, version=2))

    assert [told(document) for document in documents] == [
        (key, {BEGIN}, tuple(sorted(held))) for key, (_, held) in sorted(site.documents.items())
    ]


@given(sites, st.data())
def test_what_is_edited_while_it_is_read_comes_whole_or_is_left_for_the_next_run(site, data):
    edited = set()

    def somebody_saves():
        if site.documents and data.draw(st.booleans()):
            key = data.draw(st.sampled_from(sorted(site.documents)))
            edited.add(key)
            site.edit(key, data.draw(lines))

    walk = Walk(line=1, version=2)
    documents = [told(document) for document in read(site, walk, somebody_saves)]

    assert len({key for key, _, _ in documents}) == len(documents)
    for key, times, held in documents:
        assert len(times) == 1
        assert any(held == tuple(sorted(lines)) for changed, lines in site.versions[key] if changed in times)
    missing = set(site.documents) - {key for key, _, _ in documents}
    assert missing <= edited
    assert set(walk.dropped) <= edited


@given(st.sets(st.integers(1, 500)), st.integers(1, 20))
def test_a_list_without_lines_comes_whole(keys, ceiling):
    site = Site({key: (BEGIN, []) for key in keys}, ceiling)

    assert [document[0][0] for document in read(site, Walk(version=2))] == sorted(keys)


def test_a_short_page_ends_the_list_only_after_a_longer_one():
    walk = Walk()

    walk.accept([(1,), (2,)])
    assert walk.page == After(2)
    walk.accept([(3,)])
    assert walk.page is None


def test_a_later_walk_knows_the_longest_page_of_the_earlier():
    site = Site({key: (BEGIN, []) for key in range(1, 8)}, ceiling=5)
    first = Walk()
    read(site, first)
    later = Site({1: (BEGIN, [])}, ceiling=5)

    read(later, Walk(longest=first.longest))

    assert later.asked == 1


def test_a_document_longer_than_a_page_is_dropped_when_its_lines_are_made_anew_in_between():
    site = Site({1: (BEGIN, [1, 2, 3, 4, 5]), 2: (BEGIN, [6])}, ceiling=3)
    walk = Walk(line=1, version=2)
    walk.accept(site.rows(walk.page))
    assert walk.page == Within(1, 3)

    site.edit(1, [11])
    documents = read(site, walk)

    assert walk.dropped == [1]
    assert [told(document) for document in documents] == [(2, {BEGIN}, (6,))]


def test_a_document_longer_than_a_page_is_dropped_when_only_its_change_time_tells_of_an_edit():
    site = Site({1: (BEGIN, [1, 2, 3, 4, 5])}, ceiling=3)
    walk = Walk(line=1, version=2)
    walk.accept(site.rows(walk.page))

    site.edit(1, [1, 2, 3, 4, 5, 6])

    assert read(site, walk) == []
    assert walk.dropped == [1]


def test_a_document_longer_than_a_page_is_dropped_when_only_its_lines_tell_of_an_edit():
    site = Site({1: (BEGIN, [1, 2, 3, 4, 5])}, ceiling=3)
    walk = Walk(line=1)
    walk.accept(site.rows(walk.page))

    site.documents[1] = (BEGIN, [1, 2, 4, 5])

    assert read(site, walk) == []
    assert walk.dropped == [1]


@pytest.mark.parametrize("rows", [[(2,), (1,)], [(1,), (2,), (1,)], [(0,)], [("1",)], [(None,)]])
def test_a_vendor_that_ignores_filter_or_order_is_noticed(rows):
    with pytest.raises(WrongOrderError):
        Walk().accept(rows)


def test_lines_out_of_order_are_noticed_where_they_decide_how_to_go_on():
    with pytest.raises(WrongOrderError):
        Walk(line=1).accept([(1, 5), (1, 4)])
