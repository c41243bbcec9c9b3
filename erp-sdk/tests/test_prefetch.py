import threading
import time

import pytest
from erp_sdk.prefetch import ReadAhead


def source(*items, delay=0.0):
    def run():
        for item in items:
            time.sleep(delay)
            yield item

    return run


@pytest.mark.parametrize("workers", [1, 3])
def test_items_come_in_the_order_of_their_sources(workers):
    sources = [source(1, 2, delay=0.02), source(3), source(), source(4, 5, 6)]

    assert list(ReadAhead(sources, workers=workers)) == [1, 2, 3, 4, 5, 6]


def test_no_sources_give_no_items():
    assert list(ReadAhead([])) == []


def test_sources_run_side_by_side():
    meeting = threading.Barrier(2, timeout=10)

    def wait():
        meeting.wait()
        yield "met"

    assert list(ReadAhead([wait, wait], workers=2)) == ["met", "met"]


def test_the_threads_do_not_run_far_ahead_of_the_reader():
    started = []

    def endless():
        for number in range(10_000):
            started.append(number)
            yield number

    reading = iter(ReadAhead([endless], depth=2))
    assert next(reading) == 0
    time.sleep(0.3)

    assert len(started) <= 5
    reading.close()


def test_an_error_comes_out_where_its_item_would_have_come():
    def fails():
        yield 1
        raise ValueError("the vendor is gone")

    reading = iter(ReadAhead([fails, source(2)], workers=2))

    assert next(reading) == 1
    with pytest.raises(ValueError, match="the vendor is gone"):
        next(reading)


def test_an_error_of_the_list_of_sources_comes_out_too():
    def sources():
        yield source(1)
        raise ValueError("no bookmark")

    with pytest.raises(ValueError, match="no bookmark"):
        list(ReadAhead(sources()))


def test_a_reader_that_leaves_ends_the_threads():
    before = threading.active_count()
    reading = iter(ReadAhead([source(*range(100)), source(*range(100))], workers=2))
    next(reading)

    reading.close()

    deadline = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert threading.active_count() == before


def test_the_check_can_end_a_reading_that_waits():
    hanging = threading.Event()

    def hangs():
        hanging.wait(20)
        yield 1

    def stop():
        if asked.is_set():
            raise SystemExit(143)

    asked = threading.Event()
    threading.Timer(0.3, asked.set).start()
    with pytest.raises(SystemExit):
        list(ReadAhead([hangs], check=stop))
    hanging.set()
