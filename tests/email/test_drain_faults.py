"""A run of the drain when something goes wrong: what is tried again, what is given up, what stays in doubt."""

import logging
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import update

from bookingapp import clock
from bookingapp.db import transaction
from bookingapp.email import drain
from bookingapp.email.models import OutboxMessage, OutboxState
from tests.email.conftest import Owe, opened, state, use_server
from tests.mailservers import FaultyServer, free_port


def test_not_now_is_tried_again_with_the_same_bytes(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["DOT"], faulty.times["DOT"] = "451 4.3.0 Try later", 1
    mail = owe()
    drain.run()
    first = opened(mail)
    assert first.line.state is OutboxState.RETRY
    assert (first.line.last_code, first.line.last_error) == (451, "451 4.3.0 Try later")
    wait = (first.line.due_at or clock.now()) - first.attempts[0].at
    assert timedelta(seconds=11.9) <= wait <= timedelta(seconds=18.1)
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        drain.run()
    second = opened(mail)
    assert second.line.state is OutboxState.SENT
    assert [a.outcome for a in second.attempts] == ["retry", "sent"]
    assert faulty.taken == [first.content]
    assert second.content == first.content


def test_a_refused_recipient_is_final_and_named(app: Flask, owe: Owe, faulty: FaultyServer) -> None:
    use_server(app, faulty.port)
    faulty.faults["RCPT"], faulty.times["RCPT"] = "550 5.1.1 No such user here", 1
    first, second = owe(), owe(to="ravi@example.org")
    assert drain.run() == 1
    found = opened(first)
    assert found.line.state is OutboxState.DEAD
    assert found.line.last_error == "550 5.1.1 No such user here"
    assert found.attempts[0].enhanced_code == "5.1.1"
    assert state(second) is OutboxState.SENT


def test_a_server_that_is_away_costs_no_mail_a_try(app: Flask, owe: Owe) -> None:
    port = free_port()
    use_server(app, port)
    mails = [owe() for _ in range(5)]
    assert drain.run() == 0
    lines = [opened(mail).line for mail in mails]
    assert [line.state for line in lines] == [OutboxState.QUEUED] * 5
    assert [line.attempts for line in lines] == [0] * 5
    assert f"127.0.0.1:{port}" in lines[0].last_error


def test_everything_arrives_when_the_server_is_back(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    mails = [owe() for _ in range(4)]
    faulty.faults["CONNECT"] = "drop"
    for _ in range(3):
        drain.run()
    faulty.faults.clear()
    with time_machine.travel(clock.now() + timedelta(minutes=5)):
        drain.run()
    assert [state(mail) for mail in mails] == [OutboxState.SENT] * 4
    assert len(faulty.taken) == 4


def test_a_lost_answer_at_the_dot_is_doubt_and_the_same_mail_again(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["DOT"], faulty.times["DOT"] = "drop", 1
    mail = owe()
    drain.run()
    found = opened(mail)
    assert (found.line.state, found.line.uncertain) == (OutboxState.RETRY, True)
    wait = (found.line.due_at or clock.now()) - found.attempts[0].at
    assert timedelta(minutes=9) < wait <= timedelta(minutes=10)
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        drain.run()
    assert state(mail) is OutboxState.SENT
    assert len(faulty.taken) == 2
    assert faulty.taken[0] == faulty.taken[1]


def test_a_letter_that_can_not_be_made_stops_no_other(
    app: Flask, owe: Owe, caplog: pytest.LogCaptureFixture
) -> None:
    broken, fine = owe(), owe()
    with transaction() as session:
        session.execute(update(OutboxMessage).where(OutboxMessage.public_id == broken)
                        .values(payload={"ticket": {"movie": "Lost"}}))  # fmt: skip
    with caplog.at_level(logging.DEBUG):
        assert drain.run() == 1
    found = opened(broken)
    assert found.line.state is OutboxState.DEAD
    assert "TypeError" in found.line.last_error
    assert state(fine) is OutboxState.SIMULATED
    assert "asha@example.org" not in caplog.text
    assert broken in caplog.text


def test_the_log_names_no_recipient(
    app: Flask, owe: Owe, faulty: FaultyServer, caplog: pytest.LogCaptureFixture
) -> None:
    use_server(app, faulty.port)
    faulty.faults["RCPT"] = "550 5.1.1 <asha@example.org> does not exist"
    with caplog.at_level(logging.DEBUG):
        owe()
        drain.run()
    assert "asha" not in caplog.text.lower()
    assert "code 550" in caplog.text


def test_twelve_tries_are_made_and_then_it_stands_failed(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["RCPT"] = "451 4.7.1 Greylisted"
    mail = owe(expires_at=clock.now() + timedelta(days=9))
    now = clock.now()
    for hours in range(0, 65, 5):
        with time_machine.travel(now + timedelta(hours=hours)):
            drain.run()
    found = opened(mail)
    assert found.line.state is OutboxState.DEAD
    # the tries come five hours apart here, so 48 hours are over before twelve tries are
    assert len(found.attempts) == 10
    assert "451 4.7.1 Greylisted; given up after 48 hours" in found.line.last_error
