"""A run of the drain: what goes out, what waits, what is given up, and what is written down."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from bookingapp import clock
from bookingapp.db import db, transaction
from bookingapp.email import checks, drain, queries, rows, samples, sending, service
from bookingapp.email.models import OutboxMessage, OutboxMime, OutboxState
from bookingapp.email.parts import read
from tests.email.conftest import URL, Owe, opened, use_server
from tests.mailservers import FaultyServer, MailServer, free_port


def state(public_id: str) -> OutboxState:
    return opened(public_id).line.state


def test_a_mail_goes_out_and_the_servers_answer_is_kept(
    app: Flask, owe: Owe, smtp: MailServer
) -> None:
    use_server(app, smtp.port)
    mail = owe()
    assert drain.run() == 1
    found = opened(mail)
    assert found.line.state is OutboxState.SENT
    assert found.line.sent_at is not None
    assert found.line.provider_ref == "2.0.0 Ok: queued as TEST1"
    assert found.content == smtp.received[0].content
    assert smtp.received[0].message["Message-ID"] == found.line.message_id
    assert [(a.outcome, a.phase, a.code) for a in found.attempts] == [("sent", "sent", 250)]


def test_by_file_nothing_is_really_sent_and_it_says_so(app: Flask, owe: Owe) -> None:
    mail = owe()
    assert drain.run() == 1
    found = opened(mail)
    files = list((Path(app.config["SETTINGS"].instance_dir) / "mail").glob("*.eml"))
    assert found.line.state is OutboxState.SIMULATED
    assert [file.read_bytes() for file in files] == [found.content]
    assert files[0].stat().st_mode & 0o077 == 0
    assert files[0].name == found.line.provider_ref


@pytest.mark.settings(mail_transport="console")
def test_on_the_console_it_is_shown(
    app: Flask, owe: Owe, capsys: pytest.CaptureFixture[str]
) -> None:
    mail = owe()
    drain.run()
    assert state(mail) is OutboxState.SIMULATED
    assert opened(mail).line.message_id in capsys.readouterr().out


def test_the_urgent_goes_first_then_the_oldest(app: Flask, owe: Owe, smtp: MailServer) -> None:
    use_server(app, smtp.port)
    failed = samples.samples(clock.now(), URL)["payment_failed"]
    order = [owe(failed), owe(), owe()]
    drain.run()
    arrived = [received.message["Message-ID"] for received in smtp.received]
    assert arrived == [opened(order[at]).line.message_id for at in (1, 2, 0)]
    assert smtp.connections == 1


def test_what_is_not_due_yet_waits(app: Flask, owe: Owe) -> None:
    mail = owe(due_at=clock.now() + timedelta(minutes=2))
    assert drain.run() == 0
    with time_machine.travel(clock.now() + timedelta(minutes=3)):
        assert drain.run() == 1
    assert state(mail) is OutboxState.SIMULATED


def test_what_is_of_no_use_any_more_expires_in_sight(app: Flask, owe: Owe) -> None:
    mail = owe(expires_at=clock.now() + timedelta(minutes=9))
    with time_machine.travel(clock.now() + timedelta(minutes=10)):
        assert drain.run() == 0
    found = opened(mail)
    assert found.line.state is OutboxState.EXPIRED
    assert found.line.last_error
    assert (found.attempts, found.line.attempts) == ((), 0)


@pytest.fixture
def untrue() -> Iterator[None]:
    """The room says that no confirmation is true any more."""
    checks.register("booking_confirmation", lambda _session, _booking, _payload: False)
    yield
    checks._checks.clear()


@pytest.mark.usefixtures("untrue")
def test_a_letter_that_is_no_longer_true_is_not_sent(app: Flask, cinema: object, owe: Owe) -> None:
    from tests.email.test_outbox import _booking  # noqa: PLC0415
    from tests.factories import Cinema  # noqa: PLC0415

    assert isinstance(cinema, Cinema)
    mail = owe(booking_id=_booking(cinema))
    assert drain.run() == 0
    assert state(mail) is OutboxState.CANCELLED


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


def test_a_mail_sent_again_by_hand_is_the_same_mail(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["DOT"], faulty.times["DOT"] = "554 5.7.1 Spam", 1
    mail = owe()
    drain.run()
    before = opened(mail)
    assert before.line.state is OutboxState.DEAD
    service.retry(mail)
    drain.run()
    assert state(mail) is OutboxState.SENT
    assert faulty.taken == [before.content]


def test_by_hand_a_mail_goes_even_when_its_time_is_over(app: Flask, owe: Owe) -> None:
    mail = owe(expires_at=clock.now() - timedelta(minutes=1))
    drain.run()
    assert state(mail) is OutboxState.EXPIRED
    service.retry(mail)
    drain.run()
    assert state(mail) is OutboxState.SIMULATED


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


def test_the_bytes_are_kept_with_their_digest(app: Flask, owe: Owe) -> None:
    from hashlib import sha256  # noqa: PLC0415

    mail = owe()
    drain.run()
    found = opened(mail)
    assert found.content is not None
    assert found.sha256 == sha256(found.content).hexdigest()
    assert read(found.content).subject.startswith("Your tickets: Sherlock Jr.")


def test_the_dot_is_marked_before_it_is_sent(app: Flask, owe: Owe, faulty: FaultyServer) -> None:
    """While the server sits on its answer, the database already says where we are."""
    use_server(app, faulty.port)
    faulty.faults["DOT"] = "wait"
    mail = owe()
    runs = in_background(app, drain.run)
    assert faulty.reach("DOT").wait(20)
    db.session.rollback()
    row = db.session.execute(
        select(OutboxMessage.phase, OutboxMessage.state, OutboxMime.sha256).join(OutboxMime)
        .where(OutboxMessage.public_id == mail)).one()  # fmt: skip
    assert row[:2] == ("dot", OutboxState.SENDING)
    faulty.go_on.set()
    runs.join(20)
    assert state(mail) is OutboxState.SENT


def test_no_transaction_is_open_while_the_server_is_talked_to(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["RCPT"] = "wait"
    owe()
    runs = in_background(app, drain.run)
    assert faulty.reach("RCPT").wait(20)
    owe()
    faulty.go_on.set()
    runs.join(20)
    db.session.rollback()
    assert queries.counts((OutboxState.SENT,))[OutboxState.SENT] == 2


def test_a_mail_taken_over_meanwhile_never_gets_its_dot(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["RCPT"] = "wait"
    mail = owe()
    runs = in_background(app, drain.run)
    assert faulty.reach("RCPT").wait(20)
    with transaction() as session:
        session.execute(update(OutboxMessage).values(lease_token="another"))
    faulty.go_on.set()
    runs.join(20)
    assert faulty.taken == []
    assert state(mail) is OutboxState.SENDING
    assert opened(mail).attempts == ()


def test_two_runs_do_not_overlap(app: Flask, owe: Owe, faulty: FaultyServer) -> None:
    use_server(app, faulty.port)
    faulty.faults["DOT"] = "wait"
    owe()
    runs = in_background(app, drain.run)
    assert faulty.reach("DOT").wait(20)
    owe(due_at=clock.now() - timedelta(minutes=1))
    assert drain.run() == 0
    faulty.go_on.set()
    runs.join(20)


def test_stop_ends_after_the_mail_being_sent_and_gives_the_rest_back(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["DOT"], faulty.times["DOT"] = "wait", 1
    mails = [owe() for _ in range(3)]
    runs = in_background(app, drain.run)
    assert faulty.reach("DOT").wait(20)
    drain.stop()
    faulty.go_on.set()
    assert drain.join(20)
    runs.join(20)
    lines = [opened(mail).line for mail in mails]
    assert [line.state for line in lines] == [
        OutboxState.SENT,
        OutboxState.QUEUED,
        OutboxState.QUEUED,
    ]
    assert [line.attempts for line in lines] == [1, 0, 0]
    assert drain.run() == 0


def test_requests_go_first_but_not_for_ever(
    app: Flask, owe: Owe, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def somebody_waits() -> int:
        asked.append(1)
        return 1

    monkeypatch.setattr("bookingapp.web.requests.in_flight", somebody_waits)
    mail = owe()
    drain.run()
    assert len(asked) > 3
    assert state(mail) is OutboxState.SIMULATED


def test_a_claim_is_not_used_when_its_lease_is_nearly_over(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    """Four mails, each taking half a second; a lease that is good for beginning one second long."""
    use_server(app, faulty.port, outbox_lease_seconds=3, mail_deadline_seconds=2)
    mails = [owe() for _ in range(3)]
    tokens: list[str] = []

    def note(due: rows.Due) -> None:
        tokens.append(due.lease_token)

    with slow_checks(note):
        assert drain.run() == 3
    assert len(set(tokens)) > 1
    assert [opened(mail).line.attempts for mail in mails] == [1, 1, 1]


@contextmanager
def slow_checks(note: Callable[[rows.Due], None]) -> Iterator[None]:
    """Make each mail take long, by the question that is asked before it."""
    original = sending._not_to_go

    def slowly(due: rows.Due) -> tuple[OutboxState, str] | None:
        note(due)
        threading.Event().wait(0.7)
        return original(due)

    sending._not_to_go = slowly
    try:
        yield
    finally:
        sending._not_to_go = original


def in_background(app: Flask, call: Callable[[], object]) -> threading.Thread:
    """Run it in a thread of its own, with its own application context."""

    def work() -> None:
        with app.app_context():
            call()
            db.session.remove()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
