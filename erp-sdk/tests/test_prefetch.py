import threading
import time

import pytest
from erp_sdk.prefetch import Instead, ReadAhead


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


def test_the_check_can_end_a_reading_that_waits_for_the_list_of_sources():
    hanging = threading.Event()

    def sources():
        hanging.wait(20)  # asks the vendor where to begin
        yield source(1)

    def stop():
        if asked.is_set():
            raise SystemExit(143)

    asked = threading.Event()
    threading.Timer(0.2, asked.set).start()
    began = time.monotonic()
    with pytest.raises(SystemExit):
        list(ReadAhead(sources(), workers=2, check=stop))
    assert time.monotonic() - began < 10
    hanging.set()


def test_a_source_can_hand_its_rest_over_and_the_order_stays():
    def cut():
        yield 1
        yield Instead([source(2, delay=0.05), cut_again, source(5)])
        yield "never"

    def cut_again():
        yield Instead([source(3), source(4)])

    for workers in (1, 4):
        assert list(ReadAhead([source(0), cut, source(6, 7)], workers=workers)) == [0, 1, 2, 3, 4, 5, 6, 7]


def test_what_a_source_hands_over_is_read_side_by_side():
    meeting = threading.Barrier(3, timeout=10)

    def wait():
        meeting.wait()
        yield "met"

    def cut():
        yield Instead([wait, wait, wait])

    assert list(ReadAhead([cut], workers=3)) == ["met"] * 3


def test_a_slow_source_holds_the_others_back_only_after_a_while_and_in_bounded_space():
    slow, begun = threading.Event(), []

    def first():
        slow.wait(10)
        yield -1

    def quick(number):
        def run():
            begun.append(number)
            yield from range(100) if number == 0 else [number]

        return run

    reading = ReadAhead((first if number is None else quick(number) for number in (None, *range(5000))), workers=3)
    items = iter(reading)
    threading.Timer(0.4, slow.set).start()

    assert next(items) == -1

    assert 3 < len(begun) < 20
    assert [item for item in items if item][-1] == 4999


@pytest.mark.parametrize("workers", [2, 8])
def test_nothing_stands_still_whatever_is_cut_and_however_much_is_waiting(workers):
    def tree(name, depth):
        def run():
            for number in range(5):
                yield (*name, number)
            if depth:
                yield Instead(tree((*name, 5 + part), depth - 1) for part in range(3))

        return run

    items = list(ReadAhead([tree((number,), 3) for number in range(4)], workers=workers, depth=1))

    assert items == sorted(items)
    assert len(items) == 4 * 5 * (1 + 3 + 9 + 27)
