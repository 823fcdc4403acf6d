"""Where the mail with the ticket is, on the booking by its manage link, and the button that sends it again."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bookingapp import clock
from bookingapp.db import db
from bookingapp.email.models import OutboxMessage, OutboxState
from tests.booking.bought import START, asha, change, page, secret, showtime
from tests.booking.guests import ADDRESS, Guest

__all__ = ["asha", "secret", "showtime"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, ("queued", "The ticket is on its way to asha@example.com.", True)),
        (
            {"state": OutboxState.SENT, "due_at": None, "sent_at": START},
            ("sent", "Accepted by your mail provider at 2:30 pm, for asha@example.com.", False),
        ),
        (
            {"state": OutboxState.SENT, "due_at": None, "sent_at": START, "delivery": "delivered", "delivery_at": START},
            ("sent", "Delivered to asha@example.com at 2:30 pm.", False),
        ),
        (
            {"state": OutboxState.SENT, "due_at": None, "sent_at": START, "delivery": "bounced",
             "delivery_words": "550 5.1.1 unknown user"},
            ("dead", "asha@example.com does not exist, so the ticket could not be delivered.", False),
        ),
        (
            {"state": OutboxState.RETRY, "due_at": START, "uncertain": True},
            ("retry", "It may be there; if not, it comes again at 2:30 pm.", True),
        ),
        (
            {"state": OutboxState.DEAD, "due_at": None, "fault": "recipient", "last_error": "550 5.1.1 no such user"},
            ("dead", "asha@example.com does not exist, so the ticket could not be delivered.", False),
        ),
        (
            {"state": OutboxState.DEAD, "due_at": None, "fault": "recipient", "last_error": "550 5.7.1 no"},
            ("dead", "asha@example.com takes no mail from us", False),
        ),
        (
            {"state": OutboxState.SIMULATED, "due_at": None},
            ("simulated", "the mail to asha@example.com was written to a file", False),
        ),
        (
            {"state": OutboxState.RETRY, "due_at": START},
            ("retry", "the next try is at 2:30 pm", True),
        ),
        (
            {"state": OutboxState.DEAD, "due_at": None},
            ("dead", "could not be delivered to asha@example.com. Your seats are safe", False),
        ),
        (
            {"state": OutboxState.SUPPRESSED, "due_at": None},
            ("stopped", "asha@example.com does not exist", False),
        ),
        (
            {"state": OutboxState.HELD, "due_at": None},
            ("parked", "No mail goes to asha@example.com just now", False),
        ),
    ],
)  # fmt: skip
@pytest.mark.engine("sqlite")  # words of a page
def test_where_the_mail_is_stands_on_the_page_and_in_its_json(
    asha: Guest, secret: str, values: dict[str, Any], told: tuple[str, str, bool]
) -> None:
    look, sentence, pending = told
    if values:
        change(OutboxMessage, **values)
    answer = json.loads(asha.client.get(f"/b/{asha.token}/mail.json").text)
    assert (answer["look"], answer["pending"]) == (look, pending)
    assert sentence in answer["sentence"]
    html = asha.see(f"/b/{asha.token}")
    assert answer["sentence"] in html
    assert f'class="badge {look}"' in html
    assert ("data-pending" in html) is pending


def the_mail_was_sent() -> None:
    change(OutboxMessage, state=OutboxState.SENT, due_at=None, sent_at=clock.now())


def mails() -> list[OutboxMessage]:
    db.session.rollback()
    return list(db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def test_send_again_owes_one_more_mail_with_the_same_ticket(asha: Guest, secret: str) -> None:
    the_mail_was_sent()
    answer = asha.client.post(f"/b/{asha.token}/resend")
    assert answer.status_code == 303
    first, again = mails()
    assert (again.resend_of_id, again.state, again.recipient) == (first.id, "queued", ADDRESS)
    assert again.payload == first.payload
    assert len({first.dedupe_key, again.dedupe_key, first.message_id, again.message_id}) == 4
    assert f"The ticket goes to {ADDRESS} once more." in page(asha)


def test_a_ticket_on_its_way_is_not_sent_twice(asha: Guest, secret: str) -> None:
    asha.client.post(f"/b/{asha.token}/resend")
    assert len(mails()) == 1
    assert f"The ticket is on its way to {ADDRESS} already." in page(asha)


@pytest.mark.settings(limit_resends=2)
def test_sending_again_has_a_limit_an_hour(asha: Guest, secret: str) -> None:
    for _ in range(4):
        the_mail_was_sent()
        asha.client.post(f"/b/{asha.token}/resend")
    assert len(mails()) == 3
    assert "sent 2 times within the hour" in page(asha)
    change(OutboxMessage, created_at=clock.now() - timedelta(minutes=61))
    asha.client.post(f"/b/{asha.token}/resend")
    assert len(mails()) == 4


def test_a_hold_has_no_ticket_to_send(asha: Guest) -> None:
    asha.client.post(f"/b/{asha.token}/resend")
    assert mails() == []
    for name in ("calendar.ics", "mail.json"):
        assert asha.client.get(f"/b/{asha.token}/{name}").status_code == 404
