"""What is no letter's fault kills no letter, and what is one letter's fault stops no other."""

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, update

from bookingapp import clock, settings_checks
from bookingapp.db import DatabaseBusyError, db, transaction
from bookingapp.email import checks, drain, marks, routes, sending, suppressions
from bookingapp.email.models import MailTransport, OutboxMessage, OutboxState, Scope
from bookingapp.ready import Driver
from bookingapp.web import requests
from tests.booking import buyers
from tests.email.conftest import Owe, opened, use_server
from tests.factories import Cinema
from tests.mailservers import FaultyServer, MailServer

Check = Callable[[Driver, int | None, dict[str, Any]], bool]


def change(public_id: str, **values: object) -> None:
    with transaction() as session:
        session.execute(update(OutboxMessage).where(OutboxMessage.public_id == public_id).values(**values))  # fmt: skip


def state(public_id: str) -> OutboxState:
    return opened(public_id).line.state


@pytest.mark.parametrize("connections", [1, 3])
def test_a_letter_whose_check_breaks_is_given_up_and_the_others_go(
    app: Flask, owe: Owe, smtp: MailServer, cinema: Cinema, connections: int
) -> None:
    use_server(app, smtp.port, mail_connections=connections)
    booking = buyers.booking(buyers.hold(cinema.showtime(), "A1")).id
    before, broken, after = owe(), owe(booking_id=booking), owe()
    change(broken, payload={"ticket": 7})
    assert drain.run() == 2
    assert [state(mail) for mail in (before, broken, after)] == ["sent", "dead", "sent"]
    assert "TypeError" in opened(broken).line.last_error


def test_a_check_that_breaks_when_asked_again_gives_up_that_letter_alone(
    app: Flask, owe: Owe, smtp: MailServer, cinema: Cinema, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int | None] = []

    def check(_driver: Driver, booking_id: int | None, _payload: dict[str, Any]) -> bool:
        asked.append(booking_id)
        if len(asked) > 1:
            raise KeyError("revision")
        return True

    monkeypatch.setitem(checks._checks, "booking_confirmation", check)
    monkeypatch.setattr(sending, "TRUE_SECONDS", 0)
    use_server(app, smtp.port)
    booking = buyers.booking(buyers.hold(cinema.showtime(), "A1")).id
    broken, other = owe(booking_id=booking), owe()
    assert drain.run() == 1
    assert (state(broken), state(other)) == (OutboxState.DEAD, OutboxState.SENT)


def test_a_kind_this_version_does_not_know_is_given_up_and_the_others_go(
    app: Flask, owe: Owe, smtp: MailServer
) -> None:
    use_server(app, smtp.port)
    strange, other = owe(), owe()
    change(strange, kind="greeting_of_the_future")
    assert drain.run() == 1
    assert (state(strange), state(other)) == (OutboxState.DEAD, OutboxState.SENT)


def test_a_strange_kind_left_at_the_dot_stops_no_claim(
    app: Flask, owe: Owe, smtp: MailServer
) -> None:
    use_server(app, smtp.port)
    strange, other = owe(), owe()
    left = {"state": OutboxState.SENDING, "phase": "dot", "lease_token": "a dead process'"}
    change(strange, kind="greeting_of_the_future", **left)
    assert drain.run() == 1
    assert state(other) is OutboxState.SENT
    # it may hold a ticket: sent once more in ten minutes rather than never
    assert (state(strange), opened(strange).line.uncertain) == (OutboxState.RETRY, True)


def test_a_database_too_busy_for_the_dots_mark_kills_no_letter(
    app: Flask, owe: Owe, faulty: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> bool:
        raise DatabaseBusyError

    use_server(app, faulty.port)
    mail = owe()
    with monkeypatch.context() as patched:
        patched.setattr(marks, "mark_dot", busy)
        with pytest.raises(DatabaseBusyError):
            drain.run()
    assert (faulty.taken, state(mail) in {"sending", "queued", "retry"}) == ([], True)
    assert app.test_cli_runner().invoke(args=["outbox", "stats"]).exit_code == 0


WRONG = {
    "a server's name that is none": ({"mail_server": "smtp..example.com"}, "a part of it is empty"),
    "a password beyond ASCII": (
        {"mail_username": "lantern", "mail_password": "p\u00e4sswort"}, "letters beyond ASCII",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_setting_nobody_can_say_to_a_server_is_the_operators_to_mend(
    app: Flask,
    owe: Owe,
    mail_servers: Callable[..., MailServer],
    wrong: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The start refuses these; the sender does not rely on it, for a way may come from elsewhere."""
    monkeypatch.setattr(settings_checks, "is_host", lambda _: True)
    monkeypatch.setattr(routes, "ascii_only", lambda *_: None)
    server = mail_servers(login=("lantern", "secret"))
    values, said = WRONG[wrong]
    use_server(app, server.port, **values)
    mails = [owe() for _ in range(5)]
    assert drain.run() == 0
    doctor: Result = app.test_cli_runner().invoke(args=["mail", "doctor"])
    db.session.rollback()
    route = db.session.scalars(select(MailTransport).where(MailTransport.name == "smtp")).one()
    assert {state(mail) for mail in mails} <= {OutboxState.QUEUED, OutboxState.RETRY}
    assert said in route.last_error
    assert said in doctor.output
    assert "sswort" not in route.last_error + doctor.output
    use_server(app, server.port, mail_username="lantern", mail_password="secret")
    drain.mended()
    assert drain.run() == len(mails)


def test_after_waiting_for_a_request_it_is_asked_again_whether_the_letter_may_go(
    app: Flask, owe: Owe, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_server(app, smtp.port)
    mail, asked = owe(to="gone@example.org"), iter(range(99))

    def flying() -> int:
        """Somebody comes when the letter is made, and is gone when it was waited for."""
        if next(asked) == 1:
            with transaction() as session:
                suppressions.add(session, "gone@example.org", Scope.ALL, "moved", clock.now())
            return 1
        return 0

    monkeypatch.setattr(requests, "in_flight", flying)
    assert drain.run() == 0
    assert (state(mail), smtp.received) == (OutboxState.SUPPRESSED, [])
