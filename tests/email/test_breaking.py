"""The outbox while the mail server is ill: nothing lost, no try burnt, and who goes first after it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from bookingapp import clock
from bookingapp.db import db, transaction
from bookingapp.email import claims, drain, suppressions, transport_state
from bookingapp.email.faults import Cause, Evidence, Fault
from bookingapp.email.messages import PaymentFailed
from bookingapp.email.models import BreakerState, MailTransport, OutboxMessage, OutboxState, Scope
from bookingapp.email.routes import Route
from bookingapp.email.rows import Due
from bookingapp.email.samples import samples, ticket
from tests.booking import buyers
from tests.email.conftest import URL, Owe, opened, state, use_server
from tests.factories import Cinema
from tests.mailservers import FaultyServer, MailServer, free_port

LEASE = timedelta(seconds=60)


@pytest.fixture
def booking(cinema: Cinema) -> int:
    """The id of a booking."""
    return buyers.booking(buyers.hold(cinema.showtime(), "A1")).id


def take(limit: int = 50, route: Route | None = None, **more: Any) -> list[Due]:
    db.session.rollback()
    return claims.claim(clock.now(), limit=limit, lease=LEASE, route=route, **more)


def breaker(name: str = "smtp") -> MailTransport:
    db.session.rollback()
    return db.session.scalars(select(MailTransport).where(MailTransport.name == name)).one()


def change(public_id: str, **values: object) -> None:
    with transaction() as session:
        session.execute(update(OutboxMessage).where(OutboxMessage.public_id == public_id).values(**values))  # fmt: skip


def urgent(minutes: int = 30) -> PaymentFailed:
    """A letter that is no ticket."""
    facts = ticket(clock.now(), URL)
    return PaymentFailed(facts, "No money was taken", URL, clock.now() + timedelta(minutes=minutes))


def test_while_the_server_is_away_nothing_is_claimed_and_no_try_is_burnt(
    app: Flask, owe: Owe
) -> None:
    use_server(app, free_port())
    mails = [owe(to=f"guest{n}@example.org") for n in range(8)]
    drain.run()
    drain.run()
    assert breaker().breaker is BreakerState.OPEN
    assert breaker().failures == 3
    assert [opened(mail).line.attempts for mail in mails] == [0] * 8


def test_when_the_server_is_back_everything_goes_after_the_wait(
    app: Flask, owe: Owe, smtp: MailServer
) -> None:
    use_server(app, free_port())
    mails = [owe(to=f"guest{n}@example.org") for n in range(8)]
    drain.run()
    use_server(app, smtp.port)
    assert drain.run() == 0
    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        assert drain.run() == 8
    assert [opened(mail).line.state for mail in mails] == [OutboxState.SENT] * 8
    assert breaker().breaker is BreakerState.CLOSED


def test_a_probe_that_fails_sends_one_mail_and_doubles_the_wait(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["CONNECT"] = "drop"
    for n in range(5):
        owe(to=f"guest{n}@example.org")
    drain.run()
    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        drain.run()
        now = clock.now()
        next_probe: datetime | None = breaker().next_probe_at
    assert next_probe is not None
    assert timedelta(seconds=118) <= next_probe - now <= timedelta(seconds=120)
    assert breaker().failures == 4


def test_a_wrong_password_is_one_attempt_and_opens_the_breaker(
    app: Flask, owe: Owe, mail_servers: Callable[..., MailServer]
) -> None:
    server = mail_servers(login=("box", "right"))
    use_server(app, server.port, mail_username="box", mail_password="wrong")
    mails = [owe(to=f"guest{n}@example.org") for n in range(5)]
    drain.run()
    drain.run()
    assert breaker().breaker is BreakerState.OPEN
    assert breaker().fault == Fault.AUTH
    assert sum(len(opened(mail).attempts) for mail in mails) == 1
    use_server(app, server.port, mail_username="box", mail_password="right")
    drain.mended()
    assert drain.run() == 5
    assert [opened(mail).line.attempts for mail in mails] == [1] * 5


def test_an_unknown_address_is_never_written_to_again_until_somebody_lifts_it(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["RCPT"], faulty.times["RCPT"] = "550 5.1.1 No such user here", 1
    owe(to="Asha@example.org")
    drain.run()
    second = owe(to="asha@EXAMPLE.org")
    drain.run()
    assert opened(second).line.state is OutboxState.SUPPRESSED
    assert "No such user" in opened(second).line.last_error
    with transaction() as session:
        assert suppressions.lift(session, "asha@example.org", clock.now()) == 1
    third = owe(to="asha@example.org")
    drain.run()
    assert opened(third).line.state is OutboxState.SENT


def test_who_wants_no_reminders_still_gets_tickets(owe: Owe) -> None:
    with transaction() as session:
        suppressions.add(session, "asha@example.org", Scope.REMINDER, "asked", clock.now())
    mail = owe()
    assert drain.run() == 1
    assert opened(mail).line.state is OutboxState.SIMULATED
    with transaction() as session:
        assert suppressions.find(session, "asha@example.org", "showtime_reminder") is not None


def test_too_big_goes_once_more_without_its_attachments(
    app: Flask, owe: Owe, faulty: FaultyServer
) -> None:
    use_server(app, faulty.port)
    faulty.faults["DOT"], faulty.times["DOT"] = "552 5.3.4 Message too big", 1
    mail = owe()
    assert drain.run() == 1
    assert opened(mail).line.state is OutboxState.SENT
    assert [tried.outcome for tried in opened(mail).attempts] == ["retry", "sent"]


def test_new_mail_gets_at_least_half_of_every_claim(owe: Owe) -> None:
    old = [owe() for _ in range(10)]
    for mail in old:
        change(mail, state=OutboxState.RETRY, attempts=1)
    new = [owe() for _ in range(10)]
    claimed = [due.public_id for due in take(6)]
    assert len(set(claimed) & set(new)) == 3
    assert len(set(claimed) & set(old)) == 3


def test_where_one_mail_goes_at_a_time_new_mail_and_retries_take_turns(owe: Owe) -> None:
    old = [owe() for _ in range(6)]
    for mail in old:
        change(mail, state=OutboxState.RETRY, attempts=1)
    new = [owe(urgent()) for _ in range(6)]
    claimed = [due.public_id for _ in range(6) for due in take(1)]
    assert (len(set(claimed) & set(new)), len(set(claimed) & set(old))) == (3, 3)


def test_where_one_mail_goes_at_a_time_a_retry_needs_no_new_mail_beside_it(owe: Owe) -> None:
    mail = owe()
    change(mail, state=OutboxState.RETRY, attempts=1)
    assert [due.public_id for due in take(1)] == [mail]
    assert take(1) == []


def test_retries_fill_the_places_that_new_mail_leaves(owe: Owe) -> None:
    old = [owe() for _ in range(10)]
    for mail in old:
        change(mail, state=OutboxState.RETRY, attempts=1)
    owe()
    assert len(take(6)) == 6


def test_a_letter_waits_for_an_earlier_one_of_its_booking(owe: Owe, booking: int) -> None:
    first, second = owe(booking_id=booking), owe(booking_id=booking)
    other = owe()
    assert {due.public_id for due in take()} == {first, other}
    assert take() == []
    change(first, state=OutboxState.SENT, due_at=None, lease_token=None)
    assert [due.public_id for due in take()] == [second]


def test_a_letter_planned_for_later_holds_up_no_other(owe: Owe, booking: int) -> None:
    owe(booking_id=booking, due_at=clock.now() + timedelta(hours=5))
    now = owe(booking_id=booking)
    assert [due.public_id for due in take()] == [now]


def test_a_mail_the_server_may_have_goes_by_no_other_route(owe: Owe) -> None:
    mail = owe()
    change(mail, uncertain=True, transport="smtp", state=OutboxState.RETRY)
    assert take(route=Route("smtp2"), others=["smtp"]) == []
    assert take(route=Route("smtp2"), others=["smtp"], doubtful=True) == []
    assert [due.public_id for due in take(route=Route("smtp"))] == [mail]


def test_the_last_fifth_of_a_days_quota_is_for_tickets(owe: Owe) -> None:
    route = Route("smtp", daily_limit=10)
    with transaction() as session:
        transport_state.note_sent(session, "smtp", 8, clock.now())
    owe(urgent())
    tickets = [owe() for _ in range(4)]
    assert [due.public_id for due in take(route=route)] == tickets[:2]


def test_the_reserve_is_for_every_letter_with_a_ticket_whatever_waits_before_it(
    owe: Owe, booking: int
) -> None:
    route, letters = Route("smtp", daily_limit=10), samples(clock.now(), URL)
    with transaction() as session:
        transport_state.note_sent(session, "smtp", 8, clock.now())
    cancelled = owe(letters["booking_cancellation"], booking_id=booking)
    # one seat of several: the new ticket comes after the letter about the seat
    again, moved = owe(booking_id=booking), owe(letters["showtime_moved"])
    assert [due.public_id for due in take(route=route)] == [again, moved]
    assert state(cancelled) is OutboxState.QUEUED


def test_a_used_up_quota_begins_anew_the_next_day(owe: Owe) -> None:
    route = Route("smtp", daily_limit=10)
    with transaction() as session:
        transport_state.note_sent(session, "smtp", 10, clock.now())
    mail = owe()
    assert take(route=route) == []
    with time_machine.travel(clock.now() + timedelta(days=1)):
        assert [due.public_id for due in take(route=route)] == [mail]


def test_of_many_processes_one_probes(owe: Owe) -> None:
    route = Route("smtp")
    with transaction() as session:
        fault = Evidence("auth", Cause.SERVER, 535, "5.7.8 No")
        transport_state.note_fault(session, "smtp", Fault.AUTH, fault, clock.now())
    for _ in range(3):
        owe()
    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        assert len(take(route=route)) == 1
        assert take(route=route) == []


@pytest.mark.parametrize("word", ["MAIL", "RCPT", "DATA"])
def test_a_connection_that_is_always_lost_opens_the_breaker(
    app: Flask, owe: Owe, faulty: FaultyServer, word: str
) -> None:
    use_server(app, faulty.port)
    faulty.faults[word] = "drop"
    mails = [owe(to=f"guest{n}@example.org") for n in range(5)]
    drain.run()
    assert breaker().breaker is BreakerState.OPEN
    assert {opened(mail).line.attempts for mail in mails} == {0}
