from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest
from erp_sdk.times import CST
from erp_sdk.windows import SECOND, Window, cut, reading_range
from hypothesis import given
from hypothesis import strategies as st

NINE = datetime(2026, 1, 5, 9, tzinfo=CST)
moments = st.timedeltas(timedelta(0), timedelta(days=900)).map(lambda later: NINE + later)
lengths = st.timedeltas(timedelta(0), timedelta(days=3))


def test_a_window_ends_one_second_before_the_next_one_starts():
    first, second = cut(NINE, NINE + timedelta(hours=2) - SECOND, timedelta(minutes=60))

    assert str(first) == "2026-01-05 09:00:00 to 2026-01-05 09:59:59"
    assert str(second) == "2026-01-05 10:00:00 to 2026-01-05 10:59:59"


@given(start=moments, length=lengths, minutes=st.integers(1, 3000))
def test_windows_hold_each_second_exactly_once_and_none_is_too_long(start, length, minutes):
    windows = list(cut(start, start + length, timedelta(minutes=minutes)))

    assert windows[0].start == start.replace(microsecond=0)
    assert windows[-1].end == (start + length).replace(microsecond=0)
    assert all(window.end - window.start < timedelta(minutes=minutes) for window in windows)
    assert all(later.start - earlier.end == SECOND for earlier, later in pairwise(windows))


@given(start=moments, length=lengths, parts=st.integers(1, 50))
def test_a_split_window_is_the_same_seconds(start, length, parts):
    whole = next(cut(start, start + length, timedelta(days=40)))

    pieces = whole.split(parts)

    assert len(pieces) <= parts
    assert sum(piece.seconds for piece in pieces) == whole.seconds
    assert (pieces[0].start, pieces[-1].end) == (whole.start, whole.end)


def test_times_of_other_zones_are_cut_in_beijing_time():
    utc = datetime(2026, 1, 5, 1, tzinfo=timezone.utc)

    assert next(cut(utc, utc, timedelta(hours=1))) == Window(NINE, NINE)


def read(bookmark=None, start=None, end=None, lookback=10, settle=2):
    return reading_range(
        bookmark=bookmark,
        start=start,
        end=end,
        now=NINE,
        lookback=timedelta(minutes=lookback),
        settle=timedelta(minutes=settle),
    )


def test_a_first_run_starts_at_the_start_date_and_leaves_the_newest_minutes():
    assert read(start=NINE - timedelta(days=1)) == Window(NINE - timedelta(days=1), NINE - timedelta(minutes=2))


def test_a_later_run_looks_back_before_its_bookmark():
    bookmark = NINE - timedelta(hours=1)

    assert read(bookmark, start=NINE - timedelta(days=1)).start == bookmark - timedelta(minutes=10)


def test_looking_back_never_passes_the_start_date():
    start = NINE - timedelta(hours=1)

    assert read(bookmark=start, start=start).start == start


def test_a_start_date_after_the_bookmark_wins():
    start = NINE - timedelta(minutes=30)

    assert read(bookmark=NINE - timedelta(days=9), start=start).start == start


def test_nothing_after_the_end_date_is_read():
    end = NINE - timedelta(hours=3)

    assert read(start=NINE - timedelta(days=1), end=end).end == end


@pytest.mark.parametrize("start", [NINE, NINE + timedelta(days=1)])
def test_there_is_nothing_to_read_when_everything_is_too_young(start):
    assert read(start=start) is None
