"""The booking by its manage link, in every state, and the ticket by its code."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
import zxingcpp
from flask import Flask
from icalendar import Calendar
from PIL import Image
from sqlalchemy import select, update

from bookingapp import clock
from bookingapp.booking import queries
from bookingapp.booking.models import Booking, BookingState
from bookingapp.booking.views import RefundView, Stage
from bookingapp.db import transaction
from bookingapp.payments.models import Payment, PaymentOrder, PaymentState, Refund, RefundState
from bookingapp.tickets.models import TicketCode
from tests.booking.bought import NEXT_WEEK, START, asha, change, page, secret, showtime
from tests.booking.guests import ADDRESS, Guest, booking, guest, let_lapse, pay_in_full
from tests.factories import Cinema

__all__ = ["asha", "secret", "showtime"]
MORNING = START - timedelta(hours=5)


def decoded(html: str) -> str:
    """What a scanner reads off the page's picture."""
    found = re.search(r'viewBox="0 0 (\d+) \1" role="img".*?d="([^"]+)"', html, re.DOTALL)
    assert found
    side, path = int(found[1]), found[2]
    picture = Image.new("L", (side, side), 255)
    for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1", path):
        for step in range(int(run)):
            picture.putpixel((int(x) + step, int(y)), 0)
    (code,) = zxingcpp.read_barcodes(picture.resize((side * 6, side * 6), Image.Resampling.NEAREST))
    return str(code.text)


def test_a_paid_booking_is_a_ticket(asha: Guest, secret: str) -> None:
    words = page(asha)
    number = booking(asha.token).number
    for said in ("Paid and confirmed", "Admit two", "Sherlock Jr.", "Hall 1", "C3 C4", number,
                 "Step-free entrance", "₹25.00", "₹385.00", "Includes ₹58.73 GST at 18 %"):  # fmt: skip
        assert said in words, said


def test_its_code_is_the_ticket_link(asha: Guest, secret: str) -> None:
    assert decoded(asha.see(f"/b/{asha.token}")) == f"http://cinema.test/t/{secret}"


@pytest.mark.engine("sqlite")  # words of a page
def test_the_greeting_knows_today_from_later_and_from_over(app: Flask, cinema: Cinema) -> None:
    with time_machine.travel(MORNING, tick=True):
        person = guest(app)
        person.hold(cinema.showtime(START), "C3")
        pay_in_full(person.token)
        assert "See you at 2:30 pm" in page(person)
    with time_machine.travel(START - timedelta(days=2), tick=True):
        assert "See you on Sunday" in page(person)
    with time_machine.travel(START + timedelta(days=1), tick=True):
        assert "That was Sherlock Jr." in page(person)


def test_a_hold_leads_on_to_pay(asha: Guest) -> None:
    words = page(asha)
    assert "Not paid yet" in words
    assert "C3, C4 are held for you until" in words
    assert asha.checkout in asha.see(f"/b/{asha.token}")


def test_a_lapsed_hold_offers_its_seats_again(asha: Guest) -> None:
    let_lapse(asha.token)
    assert "C3, C4 are on sale again. They are still free: hold them again." in page(asha)


def test_seats_given_back_are_said_to_be(asha: Guest) -> None:
    asha.client.post(f"/b/{asha.token}/release")
    assert "The seats are given back" in page(asha)
    assert "C3, C4 are on sale again. They are still free: hold them again." in page(asha)


def test_a_cancelled_booking_is_no_ticket(asha: Guest, secret: str) -> None:
    change(Booking, state=BookingState.CANCELLED, cancelled_at=clock.now())
    html = asha.see(f"/b/{asha.token}")
    assert "Cancelled" in html
    assert 'role="img"' not in html
    assert 'role="img"' not in asha.see(f"/t/{secret}")
    assert "It lets nobody in" in asha.read(f"/t/{secret}")


def money_came_late(token: str) -> None:
    """A payment that found the hold over and the seats gone, as it is recorded."""
    with transaction() as session:
        row = session.scalars(select(Booking).where(Booking.manage_token == token)).one()
        row.state, row.hold_expires_at = BookingState.EXPIRED, None
        for seat in row.seats:
            seat.released_at = clock.now()
        order = PaymentOrder(booking_id=row.id, gateway="razorpay", receipt="r1", amount=38_500,
                             currency="INR", revision=1, seats=[], created_at=clock.now())  # fmt: skip
        session.add(order)
        session.flush()
        payment = Payment(payment_order_id=order.id, gateway_payment_id="pay_1", amount=38_500,
                          state=PaymentState.CAPTURED, currency="INR", created_at=clock.now())  # fmt: skip
        session.add(payment)
        session.flush()
        session.add(Refund(payment_id=payment.id, idempotency_key="k" * 12, amount=38_500,
                           currency="INR", reason="late", created_at=clock.now()))  # fmt: skip


def test_money_that_found_no_seats_is_on_its_way_back(asha: Guest) -> None:
    money_came_late(asha.token)
    words = page(asha)
    assert "Your payment arrived after the hold ended and the seats were gone." in words
    assert "All ₹385.00 is on its way back" in words
    assert asha.client.get(asha.checkout).location == f"/b/{asha.token}"
    assert "Money on its way back" in asha.read("/my")


BACK = RefundView(
    38_500, "late", RefundState.DUE, clock.now(), None, None, by_hand=False, of_ticket=False
)
STAGES = [
    (BookingState.HELD, 60, False, Stage.HELD),
    (BookingState.HELD, -1, False, Stage.OVER),
    (BookingState.HELD, 0, False, Stage.OVER),
    (BookingState.EXPIRED, None, False, Stage.OVER),
    (BookingState.RELEASED, None, False, Stage.RELEASED),
    (BookingState.EXPIRED, None, True, Stage.MONEY_BACK),
    (BookingState.RELEASED, None, True, Stage.MONEY_BACK),
    (BookingState.CONFIRMED, None, False, Stage.CONFIRMED),
    (BookingState.CONFIRMED, None, True, Stage.CONFIRMED),
    (BookingState.CANCELLED, None, True, Stage.CANCELLED),
]


@pytest.mark.engine("sqlite")  # a decision over values
@pytest.mark.parametrize(("state", "seconds", "refund", "stage"), STAGES)
def test_each_state_has_its_page(
    asha: Guest, state: BookingState, seconds: int | None, refund: bool, stage: Stage
) -> None:
    view = queries.by_token(asha.token)
    assert view is not None
    now = clock.now()
    until = None if seconds is None else now + timedelta(seconds=seconds)
    made = replace(view, state=state, hold_expires_at=until, refunds=(BACK,) if refund else ())
    assert made.stage(now) is stage


def test_the_calendar_file_holds_the_showing(asha: Guest, secret: str) -> None:
    answer = asha.client.get(f"/b/{asha.token}/calendar.ics")
    number = booking(asha.token).number
    assert answer.mimetype == "text/calendar"
    assert f'filename="{number}.ics"' in answer.headers["Content-Disposition"]
    (entry,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert entry.decoded("dtstart") == NEXT_WEEK
    assert str(entry["uid"]).startswith(f"{number}@")
    assert str(entry["location"]) == "The Lantern, Hall 1, 14 Harbour Lane, Kochi"


def test_the_ticket_link_shows_the_ticket_and_nothing_personal(
    app: Flask, asha: Guest, secret: str
) -> None:
    with transaction() as session:
        session.execute(update(Booking).values(name="Asha Menon", phone="98470 12345"))
    stranger = guest(app)
    words = stranger.read(f"/t/{secret}")
    for said in ("Sherlock Jr.", "The Lantern", "Hall 1", "C3 C4", booking(asha.token).number):
        assert said in words, said
    html = stranger.see(f"/t/{secret}")
    for hidden in (ADDRESS, "Asha", "98470", asha.token, "₹"):
        assert hidden not in html, hidden
    assert "<form" not in html
    assert decoded(html) == f"http://cinema.test/t/{secret}"


def test_a_ticket_code_may_be_typed_in_small_letters(asha: Guest, secret: str) -> None:
    assert asha.client.get(f"/t/{secret.lower()}").status_code == 200


def test_looking_at_a_ticket_changes_nothing(asha: Guest, secret: str) -> None:
    assert asha.client.post(f"/t/{secret}").status_code == 405
    before = booking(asha.token).revision
    asha.client.get(f"/t/{secret}")
    assert booking(asha.token).revision == before


def test_a_revoked_code_says_so(asha: Guest, secret: str) -> None:
    change(TicketCode, revoked_at=clock.now())
    html = asha.see(f"/t/{secret}")
    assert "This code is no longer good. The newest mail has the one that is." in html
    assert 'role="img"' not in html


@pytest.mark.engine("sqlite")  # what is looked up is decided before the database
@pytest.mark.parametrize("secret", ["A" * 26, "short", "%00" * 26, "1" * 26, "' OR 1=1 --" * 3])
def test_a_code_nobody_made_leads_nowhere(asha: Guest, secret: str) -> None:
    assert asha.client.get(f"/t/{secret}").status_code == 404


def test_my_tickets_are_those_of_this_browser(
    app: Flask, asha: Guest, cinema: Cinema, secret: str
) -> None:
    asha.hold(cinema.showtime(movie_id=cinema.movie("Safety Last!")), "C1")
    words = asha.read("/my")
    assert words.index("Waiting for payment") < words.index("Safety Last!")
    assert words.index("Coming up") < words.index("Sherlock Jr.")
    let_lapse(asha.token)
    assert "Safety Last!" not in asha.read("/my")
    assert "No tickets in this browser yet" in guest(app).read("/my")


def test_a_film_that_is_over_stands_under_seen(asha: Guest, secret: str) -> None:
    with time_machine.travel(NEXT_WEEK + timedelta(days=2), tick=True):
        words = asha.read("/my")
        assert words.index("Seen") < words.index("Sherlock Jr.")
        assert "Coming up" not in words
