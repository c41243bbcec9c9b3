from datetime import datetime, timezone

import pytest
from erp_sdk.times import CST, parse_time, rfc3339, vendor_text


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("2026-01-05 09:30:51", "2026-01-05T09:30:51+08:00"),
        ("2026-01-05T09:30:51", "2026-01-05T09:30:51+08:00"),
        ("2026-01-05T09:30:51.5", "2026-01-05T09:30:51+08:00"),
        ("2026-01-05T09:30:51.52+08:00", "2026-01-05T09:30:51+08:00"),
        ("2026-01-05T01:30:51Z", "2026-01-05T09:30:51+08:00"),
        ("2026-01-05", "2026-01-05T00:00:00+08:00"),
        (1732190400000, "2024-11-21T20:00:00+08:00"),
        ("1732190400000", "2024-11-21T20:00:00+08:00"),
    ],
)
def test_vendor_times_leave_as_rfc3339_with_the_beijing_offset(sent, meant):
    moment = parse_time(sent)

    assert moment is not None
    assert rfc3339(moment) == meant


@pytest.mark.parametrize("sent", [None, "", "  ", "0000-00-00 00:00:00", "0001-01-01T00:00:00", 0, "0"])
def test_the_vendors_ways_to_say_no_time_are_none(sent):
    assert parse_time(sent) is None


@pytest.mark.parametrize("sent", ["2023/02/06 17:59:19", "yesterday", "2026-13-01 00:00:00"])
def test_a_text_that_is_no_time_is_refused(sent):
    with pytest.raises(ValueError, match=r".+"):
        parse_time(sent)


def test_a_time_without_a_zone_is_never_written():
    with pytest.raises(ValueError, match="no time zone"):
        rfc3339(datetime(2026, 1, 5, 9, 30))  # noqa: DTZ001 - the missing zone is what is tested


def test_vendors_get_beijing_wall_clock_time():
    assert vendor_text(datetime(2026, 1, 5, 1, 30, tzinfo=timezone.utc)) == "2026-01-05 09:30:00"
    assert vendor_text(datetime(2026, 1, 5, 9, 30, tzinfo=CST)) == "2026-01-05 09:30:00"
