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
from bookingapp.email.models import OutboxMessage, OutboxState, Scope
from bookingapp.email.routes import Route
from tests.email.conftest import Owe, opened, run_at, state, use_server, way
from tests.mailservers import FaultyServer

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
