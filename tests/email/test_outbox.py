"""Owing a mail: with the deed or not at all, once, and due when it should be."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from bookingapp import clock
from bookingapp.db import db, transaction
from bookingapp.email import outbox, samples, wake
from bookingapp.email.messages import KINDS, BookingConfirmation
from bookingapp.email.models import OutboxMessage, OutboxState
from bookingapp.email.payload import from_payload, to_payload
from tests.email.conftest import URL, Owe, opened
from tests.factories import Cinema

CONFIRMATION = "booking_confirmation"
NOW = clock.now()


def letter(kind: str = CONFIRMATION) -> Any:
    return samples.samples(NOW, URL)[kind]


def put(key: str, kind: str = CONFIRMATION, to: str = "asha@example.org") -> bool:
    with transaction() as session:
        return outbox.put(session, letter(kind), recipient=to, locale="en", dedupe_key=key)


def rows() -> list[OutboxMessage]:
    db.session.rollback()
    return list(db.session.scalars(select(OutboxMessage)))


def test_a_mail_is_owed_once_whoever_asks_again(app: Flask) -> None:
    assert put("one")
    assert not put("one")
    assert len(rows()) == 1


def test_a_mail_is_not_owed_when_the_deed_fails(app: Flask) -> None:
    def deed() -> None:
        with transaction() as session:
            outbox.put(session, letter(), recipient="a@example.org", locale="en", dedupe_key="one")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        deed()
    assert rows() == []


def test_the_drain_is_woken_by_the_commit_and_not_before(app: Flask) -> None:
    calls: list[int] = []
    wake.hand_over(lambda: calls.append(len(rows())))
    with transaction() as session:
        outbox.put(session, letter(), recipient="a@example.org", locale="en", dedupe_key="one")
        outbox.put(session, letter(), recipient="a@example.org", locale="en", dedupe_key="two")
        assert calls == []
    assert calls == [2]


def test_nobody_is_woken_for_a_mail_that_is_owed_already(app: Flask) -> None:
    put("one")
    calls: list[int] = []
    wake.hand_over(lambda: calls.append(1))
    put("one")
    assert calls == []


def test_the_row_holds_all_the_letter_says(app: Flask) -> None:
    put("one")
    row = rows()[0]
    assert from_payload(row.kind, row.payload) == letter()
    assert row.state is OutboxState.QUEUED
    assert row.priority == KINDS[CONFIRMATION].priority


def test_the_message_id_names_the_kind_and_the_senders_domain(app: Flask) -> None:
    put("one")
    row = rows()[0]
    assert row.message_id == f"<booking_confirmation.{row.public_id}@localhost.localdomain>"


def test_a_ticket_is_of_no_use_after_the_film(app: Flask) -> None:
    put("one")
    ticket = letter().ticket
    assert rows()[0].expires_at == ticket.starts_at + timedelta(minutes=45)


def test_a_letter_can_be_owed_for_later_and_expire_with_the_hold(app: Flask, owe: Owe) -> None:
    soon, over = clock.now() + timedelta(minutes=2), clock.now() + timedelta(minutes=9)
    line = opened(owe(letter("payment_failed"), due_at=soon, expires_at=over)).line
    assert (line.due_at, line.expires_at) == (soon, over)


def test_a_capture_cancels_the_letter_about_a_failed_payment(app: Flask, cinema: Cinema) -> None:
    booking = _booking(cinema)
    with transaction() as session:
        for kind in ("payment_failed", CONFIRMATION):
            outbox.put(session, letter(kind), recipient="a@example.org", locale="en",
                       dedupe_key=kind, booking_id=booking)  # fmt: skip
    with transaction() as session:
        assert outbox.cancel_unsent(session, booking, ["payment_failed"]) == 1
    states = {row.kind: row.state for row in rows()}
    assert states == {"payment_failed": OutboxState.CANCELLED, CONFIRMATION: OutboxState.QUEUED}


def test_what_is_on_its_way_is_not_cancelled(app: Flask, cinema: Cinema) -> None:
    booking = _booking(cinema)
    with transaction() as session:
        outbox.put(session, letter(), recipient="a@example.org", locale="en", dedupe_key="one",
                   booking_id=booking)  # fmt: skip
    with transaction() as session:
        row = session.scalars(select(OutboxMessage)).one()
        row.state, row.lease_token = OutboxState.SENDING, "somebody"
    with transaction() as session:
        assert outbox.cancel_unsent(session, booking, [CONFIRMATION]) == 0


def test_letters_to_one_recipient_are_counted_for_the_days_limit(app: Flask) -> None:
    for number in range(3):
        put(f"failed:{number}", "payment_failed")
    put("other", "payment_failed", to="ravi@example.org")
    put("ticket")
    since = clock.now() - timedelta(days=1)
    with transaction() as session:
        assert outbox.letters_today(session, "asha@example.org", "payment_failed", since) == 3
        assert outbox.letters_today(session, "asha@example.org", "payment_failed", clock.now()) == 0


def test_a_row_written_by_another_version_is_still_read(app: Flask) -> None:
    stored = to_payload(letter())
    stored["ticket"]["scent"] = "popcorn"
    del stored["paid"]
    message = from_payload(CONFIRMATION, stored)
    assert isinstance(message, BookingConfirmation)
    assert message.paid is None


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_letter_survives_being_stored(kind: str) -> None:
    assert from_payload(kind, to_payload(letter(kind))) == letter(kind)


def _booking(cinema: Cinema) -> int:
    """A booking row, for the letters to belong to."""
    from bookingapp.booking.models import Booking  # noqa: PLC0415

    showtime = cinema.showtime()
    with transaction() as session:
        row = Booking(number="BK22222222", showtime_id=showtime, created_at=clock.now(), currency="INR",
                      hold_expires_at=clock.now(), manage_token="t")  # fmt: skip
        session.add(row)
        session.flush()
        return row.id
