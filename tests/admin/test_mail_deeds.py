"""What a manager does to one mail, and letters that are not for staff to read."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from bookingapp import clock
from bookingapp.booking.models import Booking
from bookingapp.db import db, transaction
from bookingapp.email import samples, suppressions
from bookingapp.email.messages import KINDS, is_private
from bookingapp.email.models import Delivery, OutboxMessage, OutboxState, Scope
from bookingapp.email.payload import to_payload
from tests.admin.reading import rows_of, words
from tests.admin.rows import Rows, letter
from tests.admin.test_mail import row

S = OutboxState
SignIn = Callable[[FlaskClient, str], FlaskClient]


def payload() -> dict[str, object]:
    return to_payload(samples.samples(clock.now(), "http://cinema.test")["booking_confirmation"])


def press(manager: FlaskClient, mail: str, deed: str, **fields: str) -> str:
    """The page after a button of the mail's page was pressed."""
    answer = manager.post(f"/office/outbox/{mail}/{deed}", data=fields, follow_redirects=True)
    return words(answer.text)


@pytest.mark.parametrize(
    ("deed", "before", "after", "says"),
    [
        ("hold", S.QUEUED, S.HELD, "The mail is held. It stays here until somebody lets it go."),
        ("release", S.HELD, S.QUEUED, "The mail goes out within seconds."),
        ("cancel", S.DEAD, S.CANCELLED, "The mail is no longer owed. It stays here to be read."),
        ("cancel", S.RETRY, S.CANCELLED, "The mail is no longer owed."),
    ],
)
def test_a_button_does_what_it_says(
    manager: FlaskClient, rows: Rows, deed: str, before: OutboxState, after: OutboxState, says: str
) -> None:
    mail = rows.mail(state=before)
    assert f'action="/office/outbox/{mail}/{deed}"' in manager.get(f"/office/outbox/{mail}").text
    assert says in press(manager, mail, deed)
    assert row(mail).state is after


def test_what_happened_is_bold_and_what_to_do_is_not(manager: FlaskClient, rows: Rows) -> None:
    mail = rows.mail(state=S.QUEUED)
    page = manager.post(f"/office/outbox/{mail}/hold", follow_redirects=True).text
    assert "<strong>The mail is held.</strong>" in page
    assert "<p>It stays here until somebody lets it go.</p>" in page


def test_a_mail_the_server_has_in_hand_is_left_and_that_is_said_kindly(
    manager: FlaskClient, rows: Rows
) -> None:
    mail = rows.mail(state=S.SENDING)
    page = press(manager, mail, "cancel")
    assert "The mail server has this mail in hand right now" in page
    assert "In a moment its page says what became of it" in page
    assert row(mail).state is S.SENDING


def test_the_second_of_two_who_press_is_told(manager: FlaskClient, rows: Rows) -> None:
    mail = rows.mail(state=S.QUEUED)
    press(manager, mail, "hold")
    assert "That was done already." in press(manager, mail, "hold")


def test_a_sent_mail_goes_once_more_as_a_copy_whose_page_opens(
    manager: FlaskClient, rows: Rows
) -> None:
    mail = rows.mail(payload=payload())
    assert "This is the copy." in press(manager, mail, "resend")
    assert "A copy is on its way already." in press(manager, mail, "resend")
    assert "can't be sent again" in press(manager, rows.mail(state=S.DEAD), "resend")


def test_a_bounced_ticket_is_sent_to_the_corrected_address_with_its_booking(
    manager: FlaskClient, rows: Rows
) -> None:
    booking = rows.booking(email="rahul@exmaple.test", number="BK4HT9PQ2W")
    mail = rows.mail(state=S.DEAD, booking_id=booking, recipient="rahul@exmaple.test",
                     payload=payload())  # fmt: skip
    page = press(manager, mail, "elsewhere", address=" rahul@example.test ")
    assert "This mail goes to rahul@example.test now." in page
    assert "to rahul@example.test" in page
    assert row(mail).state is S.CANCELLED
    assert db.session.get_one(Booking, booking).email == "rahul@example.test"
    deeds = " ".join(rows_of(manager.get("/office/bookings/BK4HT9PQ2W").text, "deeds"))
    assert "E-mail address corrected Manager" in deeds


def test_a_mail_of_no_booking_goes_elsewhere_too(manager: FlaskClient, rows: Rows) -> None:
    mail = rows.mail(state=S.DEAD, payload=payload())
    page = press(manager, mail, "elsewhere", address="new@example.test")
    assert "This mail goes to new@example.test now." in page
    assert "It goes to new@example.test already." in press(
        manager, mail, "elsewhere", address="new@example.test"
    )


@pytest.mark.parametrize(
    ("address", "told", "status"),
    [
        ("nobody", "That address has no @", 400),
        ("", "Write the address", 400),
        ("rahul@example.test", "goes to rahul@example.test already", 409),
        ("gone@example.test", "gone@example.test gets no mail", 409),
    ],
)
def test_an_address_it_can_not_go_to_is_named_at_its_field(
    manager: FlaskClient, rows: Rows, address: str, told: str, status: int
) -> None:
    with transaction() as session:
        suppressions.add(session, "gone@example.test", Scope.ALL, "550 5.1.1", clock.now())
    mail = rows.mail(state=S.DEAD, recipient="rahul@example.test", payload=payload())
    answer = manager.post(f"/office/outbox/{mail}/elsewhere", data={"address": address})
    assert answer.status_code == status
    assert told in words(answer.text)
    assert f'value="{address}"' in answer.text
    assert row(mail).state is S.DEAD


def test_a_suppressed_address_says_why_and_can_be_allowed_again(
    manager: FlaskClient, rows: Rows
) -> None:
    mail = rows.mail(state=S.SUPPRESSED, recipient="rahul@example.test")
    with transaction() as session:
        suppressions.add(session, "rahul@example.test", Scope.ALL, "550 5.1.1 unknown", clock.now())
    html = manager.get(f"/office/outbox/{mail}").text
    page = words(html)
    assert f"/{mail}/retry" not in html
    assert "rahul@example.test gets no mail" in page
    assert "550 5.1.1 unknown" in page
    assert "The address gets mail again." in press(manager, mail, "lift")
    assert "gets no mail" not in words(manager.get(f"/office/outbox/{mail}").text)
    assert "goes out again within seconds" in press(manager, mail, "retry")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"delivery": Delivery.UNKNOWN}, "nothing was heard, which is usual"),
        ({"delivery": Delivery.DELIVERED}, "delivered"),
        ({"delivery": Delivery.DELAYED}, "their server is still trying"),
        ({"delivery": Delivery.BOUNCED, "delivery_words": "550 5.2.2 full"}, "This mail came back"),
        ({"uncertain": True}, "It may have arrived twice"),
        ({"provider_ref": "2.0.0 OK queued as 4bC7"}, "2.0.0 OK queued as 4bC7"),
    ],
)
def test_what_was_heard_after_sending_is_told_apart_from_sent(
    manager: FlaskClient, rows: Rows, values: dict[str, Any], told: str
) -> None:
    mail = rows.mail(content=letter(), **values)
    assert told in words(manager.get(f"/office/outbox/{mail}").text)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"fault": "recipient", "last_error": "550 5.1.1 no"}, "The mailbox does not exist. Correct the address or ring the customer. (550 5.1.1 no)"),
        ({"fault": "recipient", "last_error": "550 5.7.1 no"}, "Their server takes no mail for this address."),
        ({"fault": "bug", "last_error": "Traceback\n  secret\nKeyError: 'seat'"}, "We could not write this letter."),
        ({"fault": "ambiguous", "last_error": "lost", "uncertain": True}, "It may have arrived, so it is not sent again. (lost)"),
        ({"fault": "", "last_error": "something old"}, "something old"),
        ({"fault": "", "last_error": ""}, "No reason was written down."),
    ],
)  # fmt: skip
def test_why_it_failed_is_told_in_our_words_with_the_servers_behind(
    manager: FlaskClient, rows: Rows, values: dict[str, Any], told: str
) -> None:
    mail = rows.mail(state=S.DEAD, **values)
    page = words(manager.get("/office/outbox").text)
    assert told in page
    assert told in words(manager.get(f"/office/outbox/{mail}").text)
    assert "secret" not in page


PRIVATE = ["email_changed", "welcome", "password_reset", "a kind of a later version"]


@pytest.mark.parametrize("kind", PRIVATE)
def test_a_letter_that_opens_an_account_is_for_its_recipient_alone(
    manager: FlaskClient, rows: Rows, kind: str
) -> None:
    mail = rows.mail(kind=kind, content=letter(subject="Your secret link"))
    page = manager.get(f"/office/outbox/{mail}")
    assert page.status_code == 200
    assert "Not for our eyes" in page.text
    assert "Your secret link" not in page.text
    assert "iframe" not in page.text
    for part in ("html", "text", "raw", "part/4", "?show=text", "?show=headers"):
        answer = manager.get(
            f"/office/outbox/{mail}/{part}" if part[0] != "?" else f"/office/outbox/{mail}{part}"
        )
        assert "secret link" not in answer.text
        assert b"See you" not in answer.data
        assert answer.status_code == (200 if part[0] == "?" else 403)


def test_a_private_letter_is_not_sent_to_whoever_staff_like(
    manager: FlaskClient, rows: Rows
) -> None:
    mail = rows.mail(kind="password_reset", state=S.DEAD)
    assert "Send it to another address" not in manager.get(f"/office/outbox/{mail}").text
    answer = manager.post(f"/office/outbox/{mail}/elsewhere", data={"address": "me@example.test"})
    assert answer.status_code == 403
    assert (
        db.session.scalar(select(OutboxMessage.id).where(OutboxMessage.id > row(mail).id)) is None
    )


def test_tickets_are_no_secret_from_staff() -> None:
    assert {kind for kind in KINDS if is_private(kind)} == {"email_changed"}


def test_a_pruned_mail_says_so_and_offers_nothing(manager: FlaskClient, rows: Rows) -> None:
    mail = rows.mail(
        recipient="", pruned_at=clock.now(), created_at=clock.now() - timedelta(days=400)
    )
    page = manager.get(f"/office/outbox/{mail}").text
    assert "Removed for its age" in page
    assert "Its address, its contents and the server's words are gone." in page
    for deed in ("retry", "resend", "elsewhere"):
        assert f"/{mail}/{deed}" not in page


def test_only_managers_do_things_to_mails(client: FlaskClient, sign_in: SignIn, rows: Rows) -> None:
    desk = sign_in(client, "box_office")
    mail = rows.mail(state=S.DEAD)
    for deed in ("retry", "hold", "release", "cancel", "resend", "lift", "elsewhere"):
        assert desk.post(f"/office/outbox/{mail}/{deed}").status_code == 403
    assert desk.post("/office/outbox/many").status_code == 403
    assert desk.get("/office/outbox/live").status_code == 403
    assert row(mail).state is S.DEAD


def test_a_test_mail_goes_to_whoever_asks(manager: FlaskClient, rows: Rows) -> None:
    assert "Send a test mail" in manager.get("/office/outbox").text
    page = words(manager.post("/office/outbox/test", follow_redirects=True).text)
    assert "A test mail goes to manager@cinema.test." in page
    assert "Test mail to manager@cinema.test" in page
