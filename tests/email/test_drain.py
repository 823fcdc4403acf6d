"""A run of the drain: what goes out, what waits, what expires, and what is written down."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask

from bookingapp import clock
from bookingapp.email import checks, drain, samples, service
from bookingapp.email.models import OutboxState
from bookingapp.email.parts import read
from tests.email.conftest import URL, Owe, opened, state, use_server
from tests.mailservers import FaultyServer, MailServer


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


def test_the_bytes_are_kept_with_their_digest(app: Flask, owe: Owe) -> None:
    from hashlib import sha256  # noqa: PLC0415

    mail = owe()
    drain.run()
    found = opened(mail)
    assert found.content is not None
    assert found.sha256 == sha256(found.content).hexdigest()
    assert read(found.content).subject.startswith("Your tickets: Sherlock Jr.")
