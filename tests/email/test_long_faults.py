"""Faults that last: the mail in hand is given up only where it is to blame."""

from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask

from bookingapp import clock
from bookingapp.email import drain, service
from bookingapp.email.models import OutboxState
from bookingapp.email.retry import MAX_TRIES
from tests.email.conftest import Owe, opened, run_at, state, use_server
from tests.mailservers import FaultyServer


@pytest.mark.engine("sqlite")  # whom the server's words blame is the same on both
@pytest.mark.parametrize(
    ("stage", "fault"),
    [
        ("DOT", "550 5.4.5 Daily user sending limit exceeded"),
        ("RCPT", "450 4.2.1 User is receiving mail too quickly"),
        ("RCPT", "530 5.7.0 Authentication required"),
        ("DATA", "421 Goodbye"),
        ("DATA", "drop"),
    ],
)
def test_a_provider_ill_for_hours_ends_no_mail_that_is_tried_alone(
    app: Flask, owe: Owe, faulty: FaultyServer, stage: str, fault: str
) -> None:
    use_server(app, faulty.port)
    faulty.faults[stage], now = fault, clock.now()
    mail = owe(expires_at=now + timedelta(days=3))
    for quarters in range(MAX_TRIES + 4):
        run_at(now, minutes=16 * quarters + 1)
    assert len(opened(mail).attempts) > MAX_TRIES
    faulty.faults.clear()
    run_at(now, hours=10)
    assert (state(mail), opened(mail).line.attempts) == (OutboxState.SENT, 1)


def _drops(owe: Owe, faulty: FaultyServer, mail: str, now: datetime, times: int) -> None:
    """So often the connection is lost with this mail in hand, and others go."""
    for number in range(times):
        with time_machine.travel(now + timedelta(minutes=2 * number + 1)):
            faulty.faults["DATA"] = "drop"
            drain.run(mail)
            faulty.faults.clear()
            assert drain.run(owe()) == 1


def test_a_mail_that_breaks_every_connection_is_given_up_while_others_go(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    now = clock.now()
    mail = owe(expires_at=now + timedelta(days=3))
    _drops(owe, faulty, mail, now, MAX_TRIES)
    assert state(mail) is OutboxState.QUEUED
    _drops(owe, faulty, mail, now + timedelta(hours=1), 1)
    assert state(mail) is OutboxState.DEAD
    assert "12 times with this mail in hand" in opened(mail).line.last_error
    service.retry(mail)
    _drops(owe, faulty, mail, now + timedelta(hours=2), 1)
    assert state(mail) is OutboxState.QUEUED
