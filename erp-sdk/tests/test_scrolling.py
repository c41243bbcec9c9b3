import itertools

import pytest
from erp_sdk.paging import IncompleteList, Page, RepeatedPage, Seen, TooManyRows
from erp_sdk.scrolling import Ascent, CursorLostError, Scroll, UnorderedRows

ROWS = [(number, "1") for number in range(1, 8)]


def scroll(fetch, **changes):
    def refuse(found):
        raise found

    seen = Seen(lambda row: row[0], lambda row: row[1])
    return Scroll(fetch=fetch, seen=seen, **{"size": 3, "limit": None, "on_incomplete": refuse, **changes})


def pages(rows, *, total=7, answered=None):
    """A vendor whose cursor is the place in the list; what it was asked is noted."""

    def fetch(cursor):
        if answered is not None:
            answered.append(cursor)
        at = int(cursor or 0)
        after = at + 3 if at + 3 < len(rows) else None
        return Page(rows[at : at + 3], total if not cursor else None, after and str(after))

    return fetch


def test_a_scroll_gives_every_row_once_and_asks_for_no_page_twice():
    asked = []

    given = [row for rows in scroll(pages(ROWS, answered=asked)) for row in rows]

    assert given == ROWS
    assert asked == ["", "3", "6"]


def test_rows_that_a_scroll_has_missed_are_looked_for_again():
    lossy = iter([True, False])

    def fetch(cursor):
        page = pages(ROWS)(cursor)
        return Page(page.rows[1:], page.total, page.cursor) if cursor == "3" and next(lossy, False) else page

    assert sorted(row for rows in scroll(fetch, size=2) for row in rows) == ROWS


def edited_while_walked(rows, edits):
    """A vendor whose cursor is a place, and whose list loses its first row after some calls: another slips by."""
    left, calls = list(rows), itertools.count()

    def fetch(cursor):
        page = pages(list(left), total=len(left))(cursor)
        if next(calls) in edits:
            del left[0]
        return page

    return fetch


def test_a_row_that_slipped_by_behind_a_place_that_has_been_read_is_found_by_the_next_walk():
    # after the second page a row of the first one leaves: the third one begins a row too late
    given = [row for rows in scroll(edited_while_walked(ROWS, {1})) for row in rows]

    assert given == ROWS


def test_a_list_that_changes_during_every_walk_is_cut():
    with pytest.raises(TooManyRows):
        list(scroll(edited_while_walked([(number, "1") for number in range(60)], range(99)), limit=100))


def test_rows_that_are_counted_and_never_shown_are_told():
    with pytest.raises(IncompleteList):
        list(scroll(pages(ROWS, total=9)))


def test_rows_that_leave_the_list_while_it_is_walked_are_not_waited_for():
    totals = iter([len(ROWS), len(ROWS) - 2])

    def fetch(cursor):
        page = pages(ROWS[:5])(cursor)
        return Page(page.rows, page.total and next(totals), page.cursor)

    assert [row for rows in scroll(fetch) for row in rows] == ROWS[:5]


@pytest.mark.parametrize("lives", [1, 5])
def test_a_forgotten_cursor_begins_the_list_again_a_few_times(lives):
    left = iter(range(lives))

    def fetch(cursor):
        if cursor and next(left, None) is not None:
            raise CursorLostError("gone")
        return pages(ROWS)(cursor)

    if lives == 1:
        assert [row for rows in scroll(fetch) for row in rows] == ROWS
    else:
        with pytest.raises(CursorLostError):
            list(scroll(fetch))


def test_a_cursor_that_moves_while_the_rows_do_not_is_refused():
    moving = iter(range(1, 9))

    with pytest.raises(RepeatedPage):
        list(scroll(lambda _: Page(ROWS[:3], 7, str(next(moving)))))


def test_a_list_that_is_longer_than_may_be_remembered_is_refused_at_its_first_page():
    with pytest.raises(TooManyRows):
        list(scroll(pages(ROWS), limit=6))


def ascending(greatest):
    return Page([row for row in ROWS if row[0] > greatest][:3])


def test_an_ascent_goes_on_after_the_greatest_key():
    ascent = Ascent(fetch=ascending, key=lambda row: str(row[0]), size=3)

    assert [row for rows in ascent for row in rows] == ROWS


def test_rows_in_another_order_than_their_keys_are_not_gone_on_from_since_they_may_leave_others_behind():
    shuffled = [ROWS[place] for place in (6, 1, 3, 0, 2, 4, 5)]
    ascent = Ascent(
        fetch=lambda key: Page([row for row in shuffled if row[0] > key][:3]), key=lambda row: row[0], size=3
    )

    with pytest.raises(UnorderedRows):
        list(ascent)


def test_a_server_that_cuts_pages_is_asked_on():
    rows = [(number, "") for number in range(1, 51)]
    ascent = Ascent(
        fetch=lambda key: Page([row for row in rows if row[0] > key][:20]), key=lambda row: row[0], size=200
    )

    assert [row for page in ascent for row in page] == rows


def test_a_server_that_ignores_the_key_is_found_out():
    with pytest.raises(RepeatedPage):
        list(Ascent(fetch=lambda _: Page(ROWS[:3]), key=lambda row: row[0], size=3))
