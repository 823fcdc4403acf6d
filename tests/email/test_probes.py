"""One mail tries whether a transport is well again: which one, and what if it never comes to the server."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import update

from bookingapp import clock
from bookingapp.db import db, transaction
from bookingapp.email import claims, drain, suppressions, transport_state
from bookingapp.email.faults import Cause, Evidence, Fault
from bookingapp.email.models import BreakerState, OutboxMessage, OutboxState, Scope
from bookingapp.email.routes import Route
from tests.email.conftest import Owe, in_background, opened, run_at, state, use_server, way
from tests.house import wait_for
from tests.mailservers import FaultyServer, MailServer

LEASE = timedelta(seconds=60)
SOON = timedelta(minutes=20)
SMTP = Route("smtp")


def _expired(owe: Owe) -> str:
    return owe(expires_at=clock.now() + SOON)


def _suppressed(owe: Owe) -> str:
    mail = owe(to="gone@example.org")
    with transaction() as session:
        suppressions.add(session, "gone@example.org", Scope.ALL, "gone", clock.now())
    return mail


def _unmakeable(owe: Owe) -> str:
    mail = owe()
    with transaction() as session:
        session.execute(update(OutboxMessage).where(OutboxMessage.public_id == mail)
                        .values(payload={"ticket": {"movie": "Lost"}}))  # fmt: skip
    return mail


@pytest.mark.parametrize(
    ("useless", "ends"),
    [
        (_expired, OutboxState.EXPIRED),
        (_suppressed, OutboxState.SUPPRESSED),
        (_unmakeable, OutboxState.DEAD),
    ],
)
def test_a_mail_that_is_not_sent_after_all_is_no_try_of_the_server(
    app: Flask, owe: Owe, faulty: FaultyServer, useless: Callable[[Owe], str], ends: OutboxState
) -> None:
    use_server(app, faulty.port)
    faulty.faults["CONNECT"], now = "drop", clock.now()
    first = [_expired(owe) for _ in range(3)]
    drain.run()
    assert way().wait_seconds == 60
    old = [useless(owe) for _ in range(3)]
    faulty.faults.clear()
    with time_machine.travel(now + SOON * 2):
        new = owe()
        drain.run()
    assert [state(mail) for mail in first] == [OutboxState.EXPIRED] * 3
    assert [state(mail) for mail in old] == [ends] * 3
    assert state(new) is OutboxState.SENT


def test_our_own_bug_takes_nobodys_place_in_what_is_told_of_the_transport(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["CONNECT"], now = "drop", clock.now()
    mails = [_expired(owe) for _ in range(3)]
    drain.run()
    assert way().wait_seconds == 60
    bad = _unmakeable(owe)
    with transaction() as session:
        session.execute(update(OutboxMessage).where(OutboxMessage.public_id == bad)
                        .values(priority=1))  # fmt: skip
    run_at(now, minutes=2)
    assert state(bad) is OutboxState.DEAD
    assert {state(mail) for mail in mails} == {OutboxState.QUEUED}
    assert (way().fault, "TypeError" in way().last_error) == (Fault.TRANSPORT, False)
    # the next mail tried at once, and in vain: two minutes instead of one
    assert (faulty.connections, way().wait_seconds) == (4, 120)


def _opened_breaker() -> None:
    refused = Evidence("auth", Cause.SERVER, 535, "5.7.8 No")
    with transaction() as session:
        transport_state.note_fault(session, SMTP.name, Fault.AUTH, refused, clock.now())


def _claim(only: str = "") -> list[str]:
    db.session.rollback()
    found = claims.claim(clock.now(), limit=50, lease=LEASE, route=SMTP, only=only)
    return [due.public_id for due in found]


def test_a_look_that_finds_no_mail_for_the_route_leaves_the_probe_to_the_next(owe: Owe) -> None:
    _opened_breaker()
    mail = owe()
    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        assert _claim(only="another") == []
        assert _claim() == [mail]
        assert _claim() == []


def test_a_probe_that_is_given_back_unbegun_is_made_by_the_next(owe: Owe) -> None:
    _opened_breaker()
    owe()
    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        found = claims.claim(clock.now(), limit=50, lease=LEASE, route=SMTP)
        claims.give_back(found, clock.now())
        assert _claim() == [due.public_id for due in found]
        assert opened(found[0].public_id).line.attempts == 1


@pytest.mark.engine("sqlite")  # the rule is pure, and faults come from lanes alike on both
def test_lanes_that_fail_together_are_one_outage(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port, mail_connections=8)
    faulty.faults["CONNECT"] = "drop"
    for _ in range(16):
        owe()
    drain.run()
    assert (way().breaker, way().wait_seconds) == (BreakerState.OPEN, 60)


@pytest.mark.engine("sqlite")  # as above
def test_a_login_refused_on_several_lanes_is_one_refusal(
    app: Flask, owe: Owe, mail_servers: Callable[..., MailServer]
) -> None:
    server = mail_servers(login=("box", "secret"))
    use_server(app, server.port, mail_username="box", mail_password="wrong", mail_connections=3)
    for _ in range(6):
        owe()
    drain.run()
    assert (way().fault, way().wait_seconds) == (Fault.AUTH, 60)


def test_a_mail_under_way_when_the_quota_was_used_up_does_not_open_the_gates_again(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port, mail_connections=2)
    faulty.faults["DOT"], faulty.times["DOT"] = "wait", 1
    slow = owe()
    thread = in_background(app, drain.run)
    assert faulty.reach("DOT").wait(20)
    faulty.faults["RCPT"] = "550 5.4.5 Daily user sending limit exceeded"
    refused = owe()
    wait_for(lambda: state(refused) is OutboxState.QUEUED and opened(refused).attempts, "a no")
    faulty.go_on.set()
    thread.join(30)
    assert state(slow) is OutboxState.SENT
    assert (way().breaker, way().fault) == (BreakerState.OPEN, Fault.QUOTA)
    assert (way().sent_today, way().wait_seconds) == (1, 60)
    faulty.faults.clear()
    run_at(clock.now(), minutes=2)
    assert state(refused) is OutboxState.SENT
    assert way().breaker is BreakerState.CLOSED
