"""Tonight's list: whose ticket did not arrive, to ring, to print, for a spreadsheet."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from bookingapp.booking.models import BookingState
from bookingapp.email.models import Delivery, OutboxState
from bookingapp.email.restored import RESTORED, WHY
from tests.admin.reading import rows_of, words
from tests.admin.rows import Rows

S = OutboxState
SignIn = Callable[[FlaskClient, str], FlaskClient]
NOON = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)  # in Kochi


@pytest.fixture(autouse=True)
def at_noon() -> Any:
    """The lists ask what day it is."""
    with time_machine.travel(NOON, tick=True):
        yield


def guest(rows: Rows, seat: str, show: int, state: OutboxState, **values: Any) -> int:
    """A booking whose ticket mail stands so."""
    mail = {
        k: values.pop(k)
        for k in ("uncertain", "delivery", "fault", "last_error", "created_at")
        if k in values
    }
    booking = rows.booking(seat, showtime=show, **values)
    rows.mail(booking_id=booking, state=state, **mail)
    return booking


def tonight(client: FlaskClient) -> list[str]:
    return rows_of(client.get("/office/outbox/tonight").text, "tonight")


@pytest.mark.parametrize(
    ("state", "values", "listed"),
    [
        (S.DEAD, {}, True),
        (S.EXPIRED, {}, True),
        (S.SUPPRESSED, {}, True),
        (S.RETRY, {"uncertain": True}, True),
        (S.DEAD, {"uncertain": True}, True),
        (S.SENT, {"delivery": Delivery.BOUNCED}, True),
        (S.SENT, {}, False),
        (S.SENT, {"uncertain": True}, False),
        (S.RETRY, {}, False),
        (S.QUEUED, {}, False),
        (S.CANCELLED, {}, False),
        (S.HELD, {}, True),
        (S.QUEUED, {"created_at": NOON - timedelta(minutes=11)}, True),
        (S.RETRY, {"created_at": NOON - timedelta(minutes=11)}, True),
        (S.SENDING, {"created_at": NOON - timedelta(minutes=11)}, True),
        (S.QUEUED, {"created_at": NOON - timedelta(minutes=9)}, False),
        (S.SENT, {"created_at": NOON - timedelta(minutes=11)}, False),
    ],
)
def test_who_has_no_ticket_in_the_inbox_is_on_it(
    manager: FlaskClient, rows: Rows, state: OutboxState, values: dict[str, Any], listed: bool
) -> None:
    show = rows.cinema.showtime(NOON + timedelta(hours=6))
    guest(rows, "C3", show, state, name="Asha Menon", **values)
    assert bool(tonight(manager)) is listed


def test_a_guest_stands_with_seats_number_phone_and_reason(
    manager: FlaskClient, rows: Rows
) -> None:
    show = rows.cinema.showtime(NOON + timedelta(hours=6))
    guest(rows, "C3", show, S.DEAD, name="Asha Menon", phone="+91 98470 12345",
          number="BK7Q4MXW2P", email="asha@x.test", fault="recipient", last_error="550 5.1.1 no")  # fmt: skip
    (told,) = tonight(manager)
    for fact in ("Asha Menon", "C3", "BK7Q4MXW2P", "+91 98470 12345", "asha@x.test",
                 "The mailbox does not exist."):  # fmt: skip
        assert fact in told
    assert 'href="tel:+919847012345"' in manager.get("/office/outbox/tonight").text


def test_showings_of_today_and_tomorrow_stand_in_order_and_no_others(
    manager: FlaskClient, rows: Rows
) -> None:
    for name, hours in (("Tomorrow", 30), ("Tonight", 9), ("Next week", 24 * 7), ("Over", -8)):
        show = rows.cinema.showtime(NOON + timedelta(hours=hours))
        guest(rows, "C3", show, S.DEAD, name=name)
    late = rows.cinema.showtime(datetime(2026, 11, 22, 19, 0, tzinfo=UTC))  # half past midnight
    guest(rows, "C3", late, S.DEAD, name="After midnight")
    page = words(manager.get("/office/outbox/tonight").text)
    names = ("Tonight", "After midnight", "Tomorrow")
    places = [page.index(f"Told {name}") if f"Told {name}" in page else -1 for name in names]
    assert places == sorted(places)
    assert -1 not in places
    assert "Next week" not in page
    assert "Told Over" not in page
    assert page.count("Today, Sun 22 Nov") == 1
    assert "Today, Mon 23 Nov" in page, "a show after midnight belongs to the night before"


def test_a_later_mail_that_went_takes_the_guest_off_the_list(
    manager: FlaskClient, rows: Rows
) -> None:
    show = rows.cinema.showtime(NOON + timedelta(hours=6))
    booking = guest(rows, "C3", show, S.DEAD)
    assert len(tonight(manager)) == 1
    rows.mail(booking_id=booking, state=S.SENT)
    assert tonight(manager) == []
    rows.mail(booking_id=booking, state=S.DEAD)
    rows.mail(booking_id=booking, state=S.DEAD)
    assert len(tonight(manager)) == 1, "once, however often it failed"


def test_cancelled_bookings_and_other_letters_are_not_on_it(
    manager: FlaskClient, rows: Rows
) -> None:
    show = rows.cinema.showtime(NOON + timedelta(hours=6))
    gone = rows.booking("C4", showtime=show, state=BookingState.CANCELLED)
    rows.mail(booking_id=gone, state=S.DEAD)
    fine = rows.booking("C5", showtime=show)
    rows.mail(booking_id=fine, state=S.DEAD, kind="payment_failed")
    assert tonight(manager) == []


@pytest.mark.parametrize(
    ("state", "values", "said"),
    [
        (S.QUEUED, {}, "It has been waiting to be sent since 11:15 am."),
        (S.SENDING, {}, "It has been waiting to be sent since 11:15 am."),
        (S.RETRY, {"fault": "transport"}, "The mail server did not answer. It goes by itself once it does."),
        (S.HELD, {}, "Held by somebody of the office: it goes once it is let go."),
        (S.HELD, {"fault": RESTORED, "last_error": WHY},
         "An older copy of the database was put back, so it may have gone out already. The outbox page asks whether to send it."),
    ],
)  # fmt: skip
def test_a_guest_whose_ticket_waits_or_is_held_reads_why(
    manager: FlaskClient, rows: Rows, state: OutboxState, values: dict[str, str], said: str
) -> None:
    show = rows.cinema.showtime(NOON + timedelta(hours=6))
    guest(rows, "C3", show, state, created_at=NOON - timedelta(minutes=45), **values)
    (told,) = tonight(manager)
    assert said in told
    assert WHY not in told, "ours and theirs would say the same"
    assert said in manager.get("/office/outbox/tonight.csv").data.decode("utf-8-sig")


def test_what_waits_since_another_day_says_which(manager: FlaskClient, rows: Rows) -> None:
    show = rows.cinema.showtime(NOON + timedelta(hours=6))
    guest(rows, "C3", show, S.QUEUED, created_at=NOON - timedelta(days=1, minutes=45))
    assert "It has been waiting to be sent since Sat 21 Nov, 11:15 am." in tonight(manager)[0]


def test_an_empty_list_promises_no_more_than_is_known(manager: FlaskClient, rows: Rows) -> None:
    """A ticket owed for a minute has not gone its way yet."""
    show = rows.cinema.showtime(NOON + timedelta(hours=6))
    guest(rows, "C3", show, S.QUEUED)
    page = words(manager.get("/office/outbox/tonight").text)
    assert "Nobody to ring" in page
    assert "no ticket failed, came back, is held or has waited for over ten minutes" in page


def test_the_box_office_has_the_list_but_no_mails(
    client: FlaskClient, sign_in: SignIn, rows: Rows
) -> None:
    show = rows.cinema.showtime(NOON + timedelta(hours=6))
    guest(rows, "C3", show, S.DEAD, name="Asha Menon")
    desk = sign_in(client, "box_office")
    page = desk.get("/office/outbox/tonight").text
    assert "Asha Menon" in page
    assert "/office/outbox/0" not in page


def test_a_spreadsheet_gets_every_guest_and_no_formula(manager: FlaskClient, rows: Rows) -> None:
    show = rows.cinema.showtime(NOON + timedelta(hours=6))
    guest(rows, "C3", show, S.DEAD, name='=HYPERLINK("http://evil")', phone="+91 98470 12345",
          number="BK7Q4MXW2P")  # fmt: skip
    answer = manager.get("/office/outbox/tonight.csv")
    assert answer.headers["Content-Disposition"] == "attachment; filename=tonight-2026-11-22.csv"
    text = answer.data.decode("utf-8-sig")
    head, line = csv.reader(io.StringIO(text))
    facts = dict(zip(head, line, strict=True))
    assert facts["Name"] == '\'=HYPERLINK("http://evil")'
    assert facts["Phone"] == "+91 98470 12345"
    assert (facts["Day"], facts["Time"], facts["Seats"]) == ("2026-11-22", "6:00 pm", "C3")
