"""Group commit: marks of mails under way at the same time are durable together, each with its own answer."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

import pytest
from flask import Flask
from sqlalchemy import bindparam, literal, select, update
from sqlalchemy.exc import OperationalError

from bookingapp import clock
from bookingapp.db import db, transaction
from bookingapp.email import claims, marks
from bookingapp.email import together as module
from bookingapp.email.models import OutboxMessage, OutboxMime
from bookingapp.email.rows import Due
from bookingapp.email.together import together
from bookingapp.ready import Driver, Ready, brief
from tests.email.conftest import Owe
from tests.house import wait_for

Write = Callable[[Driver, Sequence[object]], Sequence[object]]


@contextmanager
def commits() -> Iterator[list[object]]:
    """Counts them."""
    seen: list[object] = []

    @contextmanager
    def counted() -> Iterator[Driver]:
        with brief() as driver:
            yield driver
        seen.append(driver)

    with mock.patch.object(module, "brief", counted):
        yield seen


def all_at_once(app: Flask, writes: list[Write]) -> list[object]:
    """The first one leads; the others come while it is writing. What each got or was told."""
    began, go_on = threading.Event(), threading.Event()
    found: list[object] = [None] * len(writes)

    def ask(place: int, write: Write) -> None:
        with app.app_context():
            try:
                found[place] = together(write, None)
            except Exception as error:  # noqa: BLE001
                found[place] = type(error)

    def lead(driver: Driver, items: Sequence[object]) -> Sequence[object]:
        began.set()
        assert go_on.wait(30)
        return writes[0](driver, items)

    threads = [threading.Thread(target=ask, args=(0, lead))]
    threads[0].start()
    assert began.wait(30)
    for place, write in enumerate(writes[1:], 1):
        threads.append(threading.Thread(target=ask, args=(place, write)))
        threads[-1].start()
    wait_for(lambda: len(module._waiting) == len(writes) - 1, "followers")
    go_on.set()
    for thread in threads:
        thread.join(30)
    return found


_SAY = Ready(
    update(OutboxMessage)
    .where(OutboxMessage.id == bindparam("number"))
    .values(last_error=bindparam("words"))
)


def marking(number: int, words: str) -> Write:
    def write(driver: Driver, _items: Sequence[object]) -> list[object]:
        return [_SAY.write(driver, [{"number": number, "words": words}])]

    return write


def failing(error: Exception) -> Write:
    def write(_driver: Driver, _items: Sequence[object]) -> Sequence[object]:
        raise error

    return write


def words() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(OutboxMessage.last_error).order_by(OutboxMessage.id)))


@pytest.fixture
def rows(app: Flask, owe: Owe) -> list[int]:
    """Four."""
    for _ in range(4):
        owe()
    return list(db.session.scalars(select(OutboxMessage.id).order_by(OutboxMessage.id)))


def test_who_comes_meanwhile_shares_one_commit(app: Flask, rows: list[int]) -> None:
    with commits() as seen:
        got = all_at_once(app, [marking(row, f"mark {row}") for row in rows])
    assert got == [1, 1, 1, 1]
    assert len(seen) == 2
    assert words() == [f"mark {row}" for row in rows]


def test_each_gets_its_own_answer(app: Flask, rows: list[int]) -> None:
    assert all_at_once(app, [marking(row, "x") for row in (*rows[:2], -1, rows[3])]) == [1, 1, 0, 1]


def test_one_that_fails_spoils_nobody_elses(app: Flask, rows: list[int]) -> None:
    writes = [marking(row, "well") for row in rows]
    writes[2] = failing(ValueError("only mine"))
    assert all_at_once(app, writes) == [1, 1, ValueError, 1]
    assert words() == ["well", "well", "", "well"]


def test_a_database_without_time_is_not_asked_by_each_again(app: Flask, rows: list[int]) -> None:
    tries: list[int] = []

    def busy(_driver: Driver, _items: Sequence[object]) -> Sequence[object]:
        tries.append(1)
        raise OperationalError("COMMIT", {}, Exception("database is locked"))

    got = all_at_once(app, [marking(rows[0], "well"), busy, marking(rows[1], "x"), busy])
    assert got == [1, OperationalError, OperationalError, OperationalError]
    assert len(tries) == 1
    assert words() == ["well", "", "", ""]


def test_alone_it_is_a_transaction_like_any_other(app: Flask, rows: list[int]) -> None:
    with commits() as seen:
        assert together(marking(rows[0], "alone"), None) == 1
    assert len(seen) == 1
    with pytest.raises(ZeroDivisionError):
        together(failing(ZeroDivisionError()), None)
    assert together(lambda driver, _: Ready(select(literal(1))).rows(driver), None) == (1,)


def test_of_several_of_one_sort_who_lost_its_claim_hears_it_alone(app: Flask, owe: Owe) -> None:
    mails = [owe() for _ in range(3)]
    dues = claims.claim(clock.now(), limit=3, lease=timedelta(minutes=1))
    with transaction() as session:
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == dues[1].id)
            .values(lease_token="somebody else's")
        )
    barrier = threading.Barrier(len(dues))
    found: dict[int, bool] = {}

    def mark(due: Due) -> None:
        with app.app_context():
            barrier.wait(30)
            found[due.id] = marks.mark_dot(due, b"mail", clock.now(), timedelta(minutes=1))

    with module._leading:
        threads = [threading.Thread(target=mark, args=(due,)) for due in dues]
        for thread in threads:
            thread.start()
        wait_for(lambda: len(module._waiting) == len(mails), "all of them")
    for thread in threads:
        thread.join(30)
    assert [found[due.id] for due in dues] == [True, False, True]
    db.session.rollback()
    kept = db.session.scalars(select(OutboxMime.message_id).order_by(OutboxMime.message_id))
    assert list(kept) == [dues[0].id, dues[2].id]
