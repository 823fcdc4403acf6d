"""SQLite's writers take turns: in the order of asking, nobody for ever."""

import threading

import pytest

from bookingapp.db import DatabaseBusyError, Turns
from tests.house import wait_for


def in_line(turns: Turns) -> int:
    return len(turns._waiting)


def test_who_asked_first_comes_first_even_when_the_last_one_asks_again_at_once() -> None:
    turns, order = Turns(), list[str]()

    def enter(name: str) -> None:
        with turns.turn():
            order.append(name)

    others = [threading.Thread(target=enter, args=(name,)) for name in "bcd"]
    with turns.turn():
        for place, thread in enumerate(others, 1):
            thread.start()
            wait_for(lambda place=place: in_line(turns) == place, "place in line")  # type: ignore[misc]
    enter("a again")
    for thread in others:
        thread.join()
    assert order == ["b", "c", "d", "a again"]


def test_whoever_waited_too_long_is_told_and_the_line_goes_on() -> None:
    turns, told = Turns(patience=0.05), list[str]()

    def wait_in_vain() -> None:
        with pytest.raises(DatabaseBusyError), turns.turn():
            pass
        told.append("busy")

    with turns.turn():
        thread = threading.Thread(target=wait_in_vain)
        thread.start()
        thread.join(10)
    assert told == ["busy"]
    with turns.turn():
        assert in_line(turns) == 0


def test_an_error_in_a_turn_ends_it() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns.turn():
        _ = 1 / 0
    with turns.turn():
        pass


def test_only_one_is_in_at_a_time() -> None:
    turns, inside, most = Turns(), list[int](), list[int]()

    def work(number: int) -> None:
        for _ in range(50):
            with turns.turn():
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 400
    assert set(most) == {1}
