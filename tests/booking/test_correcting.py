"""A wrong address corrected, by the customer or by staff: the ticket follows, the old address is told."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from bookingapp import clock
from bookingapp.audit import AuditEntry
from bookingapp.booking import rules
from bookingapp.booking.models import Booking
from bookingapp.booking.service.correcting import correct_address
from bookingapp.db import db, transaction
from bookingapp.email import rules as mail_rules
from bookingapp.email import suppressions
from bookingapp.email.models import Delivery, OutboxMessage, OutboxState, Scope
from tests.booking.guests import ADDRESS, Guest, booking, guest, pay_in_full
from tests.factories import Cinema

S = OutboxState
NEW = "asha@example.org"
TICKET, TOLD = "booking_confirmation", "email_changed"


@pytest.fixture
def asha(app: Flask, cinema: Cinema) -> Guest:
    """Has paid for C3; her ticket's mail waits."""
    person = guest(app)
    person.hold(cinema.showtime(clock.now() + timedelta(days=7)), "C3")
    pay_in_full(person.token)
    return person


def correct(person: Guest, email: str = NEW) -> Any:
    return person.client.post(f"/b/{person.token}/address", data={"email": email})


def mails(kind: str = TICKET) -> list[OutboxMessage]:
    db.session.rollback()
    wanted = select(OutboxMessage).where(OutboxMessage.kind == kind).order_by(OutboxMessage.id)
    return list(db.session.scalars(wanted))


def become(state: OutboxState, **values: Any) -> None:
    """What became of every mail so far."""
    now = clock.now()
    values |= {"due_at": now if state in {S.QUEUED, S.SENDING, S.RETRY} else None}
    values |= {"sent_at": now} if state is S.SENT else {}
    with transaction() as session:
        session.execute(update(OutboxMessage).values(state=state, **values))


def deeds() -> list[AuditEntry]:
    wanted = AuditEntry.action == "booking.address"
    return list(db.session.scalars(select(AuditEntry).where(wanted)))


def test_a_bounced_ticket_asks_for_the_right_address_and_goes_there(asha: Guest) -> None:
    become(S.DEAD, fault="recipient", last_error="550 5.1.1 no such user")
    html = asha.see(f"/b/{asha.token}")
    assert '<details class="fix" data-correct open>' in html
    assert correct(asha).status_code == 303
    old, new = mails()
    assert (old.state, new.state, new.recipient) == (S.CANCELLED, S.QUEUED, NEW)
    assert new.payload == old.payload
    assert new.resend_of_id == old.id
    assert new.message_id != old.message_id
    assert booking(asha.token).email == NEW
    assert f"The ticket goes to {NEW} now." in asha.read(f"/b/{asha.token}")
    assert f"The ticket is on its way to {NEW}." in asha.read(f"/b/{asha.token}")


def test_who_mistyped_may_say_so_before_it_bounces(asha: Guest) -> None:
    html = asha.see(f"/b/{asha.token}")
    assert '<details class="fix" data-correct>' in html
    become(S.SENT)
    correct(asha)
    old, new = mails()
    assert (old.state, new.state, new.recipient) == (S.SENT, S.QUEUED, NEW)


def test_a_ticket_still_waiting_changes_its_way(asha: Guest) -> None:
    correct(asha)
    assert [(mail.state, mail.recipient) for mail in mails()] == [
        (S.CANCELLED, ADDRESS), (S.QUEUED, NEW),
    ]  # fmt: skip


def test_a_ticket_just_being_sent_is_sent_to_the_new_address_as_well(asha: Guest) -> None:
    become(S.SENDING, lease_token="a drain's")
    correct(asha)
    assert [(mail.state, mail.recipient) for mail in mails()] == [
        (S.SENDING, ADDRESS), (S.QUEUED, NEW),
    ]  # fmt: skip


def test_a_held_ticket_stays_held(asha: Guest) -> None:
    become(S.HELD)
    correct(asha)
    assert [mail.state for mail in mails()] == [S.CANCELLED, S.HELD]


def test_the_old_address_is_told_without_learning_the_new_one(asha: Guest) -> None:
    become(S.SENT)
    correct(asha)
    (letter,) = mails(TOLD)
    assert letter.recipient == ADDRESS
    assert letter.payload["new_hint"] == "a…@example.org"
    assert NEW not in str(letter.payload)
    assert asha.token not in str(letter.payload)


@pytest.mark.parametrize(
    "state",
    [
        {"state": S.QUEUED},
        {"state": S.DEAD},
        {"state": S.SENT, "delivery": Delivery.BOUNCED},
    ],
)
def test_an_address_that_nobody_is_known_to_read_is_not_told(
    asha: Guest, state: dict[str, Any]
) -> None:
    become(**state)
    correct(asha)
    assert mails(TOLD) == []


def test_a_suppressed_address_is_never_told(asha: Guest) -> None:
    become(S.SENT)
    with transaction() as session:
        suppressions.add(session, ADDRESS, Scope.ALL, "550 5.1.1", clock.now())
    correct(asha)
    assert mails(TOLD) == []
    assert booking(asha.token).email == NEW


def test_every_correction_is_written_down(asha: Guest) -> None:
    correct(asha)
    (entry,) = deeds()
    assert (entry.before, entry.after, entry.actor_id) == ({"email": ADDRESS}, {"email": NEW}, None)


def test_corrections_have_a_limit_a_day(asha: Guest) -> None:
    for n in range(3):
        assert correct(asha, f"asha{n}@example.org").status_code == 303
    answer = correct(asha)
    assert answer.status_code == 400
    assert "The address was changed 3 times today" in answer.text
    assert booking(asha.token).email == "asha2@example.org"
    with time_machine.travel(clock.now() + timedelta(hours=25), tick=True):
        assert correct(asha).status_code == 303


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("asha@example", "That address has no ending"),
        ("", "Write the address the tickets should go to"),
        (ADDRESS, f"This mail goes to {ADDRESS} already"),
        (ADDRESS.upper(), "already"),
    ],
)
def test_an_address_that_is_none_is_named_with_its_repair(
    asha: Guest, typed: str, told: str
) -> None:
    answer = correct(asha, typed)
    assert answer.status_code == 400
    assert told in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert booking(asha.token).email == ADDRESS
    assert len(mails()) == 1


def test_an_address_known_to_be_dead_is_refused_in_the_customers_words(asha: Guest) -> None:
    with transaction() as session:
        suppressions.add(session, NEW, Scope.ALL, "550 5.1.1", clock.now())
    answer = correct(asha)
    assert f"No mail reaches {NEW}" in answer.text
    assert booking(asha.token).email == ADDRESS


def test_a_hold_has_no_ticket_to_redirect(app: Flask, cinema: Cinema) -> None:
    person = guest(app)
    person.hold(cinema.showtime(), "C4")
    assert correct(person).status_code == 303
    assert booking(person.token).email != NEW


def test_an_unknown_link_corrects_nothing(asha: Guest) -> None:
    assert asha.client.post("/b/nothing/address", data={"email": NEW}).status_code == 404


def test_staff_correct_it_from_the_mail_without_the_customers_limit(asha: Guest) -> None:
    become(S.DEAD, fault="recipient")
    (old,) = mails()
    made = correct_address(old.public_id, NEW)
    _, new = mails()
    assert made == new.public_id
    assert booking(asha.token).email == NEW
    assert correct_address(old.public_id, NEW) is None, "pressed twice"
    assert len(mails()) == 2
    assert len(deeds()) == 1
    with pytest.raises(mail_rules.SameAddress):
        correct_address(new.public_id, NEW)


def test_every_letter_still_owed_follows_the_newest_of_each_kind(asha: Guest) -> None:
    become(S.DEAD, fault="transport")
    asha.client.post(f"/b/{asha.token}/resend")
    correct(asha)
    states = [(mail.state, mail.recipient) for mail in mails()]
    assert states == [(S.CANCELLED, ADDRESS), (S.CANCELLED, ADDRESS), (S.QUEUED, NEW)]


@pytest.mark.parametrize(
    ("email", "hint"), [("rahul@example.com", "r…@example.com"), ("a@b.in", "a…@b.in")]
)
def test_a_hint_shows_little(email: str, hint: str) -> None:
    assert rules.hint(email) == hint


def test_the_booking_keeps_its_link(asha: Guest) -> None:
    correct(asha)
    assert db.session.scalars(select(Booking.manage_token)).one() == asha.token
