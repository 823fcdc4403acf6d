"""A provider's limits a minute and a day, kept by all processes together."""

import threading
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from bookingapp import clock
from bookingapp.db import db, transaction
from bookingapp.email import claims, marks, transport_state
from bookingapp.email.faults import Cause, Evidence
from bookingapp.email.models import OutboxState
from bookingapp.email.routes import Route
from bookingapp.email.rows import Due, Tried
from bookingapp.email.transport_state import Allowed, Used, within_limits
from tests.admin.rows import Rows
from tests.email import plans
from tests.email.conftest import Owe
from tests.email.test_prune import fill as many_sent
from tests.factories import Cinema

LEASE = timedelta(seconds=60)
A_DAY, A_MINUTE = Route("smtp", daily_limit=10), Route("smtp", per_minute=3)


@pytest.mark.parametrize(
    ("route", "used", "left"),
    [
        (Route("smtp"), Used(day=9999, minute=9999, under_way=99), Allowed(50)),
        (A_MINUTE, Used(), Allowed(3)),
        (A_MINUTE, Used(minute=1, under_way=1), Allowed(1)),
        (A_MINUTE, Used(minute=3, under_way=1), Allowed(0)),
        (A_DAY, Used(), Allowed(8)),
        (A_DAY, Used(day=5, under_way=2), Allowed(1)),
        (A_DAY, Used(day=5, under_way=3), Allowed(2, tickets_only=True)),
        (A_DAY, Used(day=9, under_way=3), Allowed(0, tickets_only=True)),
        (Route("smtp", daily_limit=10, per_minute=3), Used(day=6), Allowed(2)),
        (Route("smtp", daily_limit=10, per_minute=1), Used(day=6), Allowed(1)),
    ],
)
def test_what_the_limits_leave(route: Route, used: Used, left: Allowed) -> None:
    assert within_limits(route, used, 50) == left


@pytest.fixture
def rows(cinema: Cinema) -> Rows:
    """A house with a history."""
    return Rows(cinema)


def take(route: Route) -> list[Due]:
    db.session.rollback()
    return claims.claim(clock.now(), limit=50, lease=LEASE, route=route)


def taken(dues: list[Due]) -> None:
    """The server took them; the process has not counted them yet."""
    for due in dues:
        yes = Evidence("sent", Cause.SERVER, 250, "Ok")
        assert marks.sent(due, OutboxState.SENT, Tried(yes, clock.now(), 5))


def test_what_others_have_claimed_or_sent_counts_before_they_say_so(owe: Owe) -> None:
    for _ in range(20):
        owe()
    first = take(A_DAY)
    assert len(first) == 8
    taken(first[:5])
    assert len(take(A_DAY)) == 2
    assert take(A_DAY) == []


def test_what_comes_back_may_be_claimed_again(owe: Owe) -> None:
    for _ in range(20):
        owe()
    claims.give_back(take(A_DAY), clock.now())
    assert len(take(A_DAY)) == 8


def test_only_so_many_go_in_a_minute(owe: Owe) -> None:
    for _ in range(9):
        owe()
    taken(take(A_MINUTE))
    assert take(A_MINUTE) == []
    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        assert len(take(A_MINUTE)) == 3


def test_another_ways_mails_and_a_lease_that_is_over_count_for_nothing(owe: Owe) -> None:
    for _ in range(5 + 8):
        owe()
    claims.claim(clock.now(), limit=5, lease=LEASE, route=Route("smtp2"))
    assert len(take(A_DAY)) == 8
    with time_machine.travel(clock.now() + LEASE * 2):
        # each alone, for its claim ran out
        assert [len(take(A_DAY)) for _ in range(8)] == [1] * 8


def test_a_count_that_knows_of_more_is_believed(owe: Owe) -> None:
    """A mail sent again by hand went twice and is one row."""
    owe()
    with transaction() as session:
        transport_state.note_sent(session, "smtp", 10, clock.now())
    assert take(A_DAY) == []


def test_processes_that_claim_at_once_keep_to_the_limit_together(app: Flask, owe: Owe) -> None:
    for _ in range(30):
        owe()
    got: list[str] = []
    start = threading.Barrier(4)

    def work() -> None:
        with app.app_context():
            start.wait()
            for _ in range(4):
                found = claims.claim(clock.now(), limit=3, lease=LEASE, route=A_DAY)
                got.extend(due.public_id for due in found)
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(got) == A_DAY.daily_limit


def test_what_is_used_is_counted_without_reading_the_history(rows: Rows) -> None:
    many_sent(rows, 3000, days=1, mime=False)
    rows.mail(state=OutboxState.QUEUED)
    plans.analyze()
    with plans.asked() as asked:
        assert len(take(Route("smtp", daily_limit=10, per_minute=3))) == 1
    assert any("count" in statement for statement in asked.statements)
    assert asked.scans("outbox_message") == []
