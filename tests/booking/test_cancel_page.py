"""The customer cancels on the page of the booking: what is said before the click, and what the click does."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from bookingapp import clock
from bookingapp.booking import refund_job, service
from bookingapp.booking.models import Booking, BookingSeat
from bookingapp.catalogue.models import Showtime, ShowtimeState
from bookingapp.db import db, transaction
from bookingapp.payments.models import Refund, RefundLine
from bookingapp.tickets.models import TicketCode
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.booking.guests import Guest, guest, live_claims
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

# One engine: the step underneath is tested on both in test_cancel.py.
pytestmark = pytest.mark.engine("sqlite")


@pytest.fixture
def show(cinema: Cinema) -> int:
    return cinema.showtime(booking_fee=2000)


@pytest.fixture
def asha(app: Flask, show: int, sandbox: SandboxProcess) -> Guest:
    """C4, C5 and A1 bought: 180, 180, 120 and a fee of 20 rupees. The film starts in 48 hours."""
    with transaction() as session:
        session.execute(update(Showtime).values(starts_at=clock.now() + timedelta(hours=48), ends_at=clock.now() + timedelta(hours=50)))  # fmt: skip
    who = guest(app)
    who.token = hold(show, "C4", "C5", "A1")
    service.settle(sandbox.pay(go_to_pay(who.token)).payment_id)
    return who


@pytest.fixture
def tomorrow() -> Iterator[None]:
    """So late that half is kept."""
    with time_machine.travel(clock.now() + timedelta(hours=30), tick=True):
        yield


def address(who: Guest, *seats: str) -> str:
    choice = "?pick=1" + "".join(f"&seat={seat}" for seat in seats) if seats else ""
    return f"/b/{who.token}/cancel{choice}"


def fields(who: Guest, *seats: str) -> dict[str, object]:
    """The form as the page sends it."""
    page = who.see(address(who, *seats))
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    ticked = re.findall(r'name="seat" value="(\w+)" checked', page)
    return {**hidden, "seat": ticked, "action": "cancel"}


def click(who: Guest, form: dict[str, object]) -> TestResponse:
    return who.client.post(address(who), data=form)


def owed() -> list[int]:
    return [refund.amount for refund in buyers.rows(Refund)]


def test_the_terms_stand_before_paying_in_the_mail_and_on_the_booking(
    app: Flask, show: int, asha: Guest
) -> None:
    ravi = guest(app)
    ravi.hold(show, "B1")
    starts = db.session.scalars(select(Showtime.starts_at)).one()
    for words in (ravi.read(), asha.read(f"/b/{asha.token}")):
        assert "and the price of the seats comes back in full." in words
        assert "50 % of the price is kept." in words
        assert "The booking fee of ₹20.00 is kept." in words
    (letter,) = buyers.letters("booking_confirmation")
    assert [step["percent"] for step in letter.payload["cancel"]] == [0, 50]
    assert letter.payload["cancel"][0]["at"] == (starts - timedelta(hours=24)).isoformat()
    assert letter.payload["fee_kept"] == 2000


def test_before_the_click_the_page_says_what_each_seat_gives_back_and_where_it_goes(
    asha: Guest, tomorrow: None
) -> None:
    words = asha.read(address(asha))
    assert words.count("₹90.00 of ₹180.00 back") == 2
    assert "₹60.00 of ₹120.00 back" in words
    assert "Comes back₹240.00" in words.replace(" ₹", "₹")
    assert "Kept, 50 %" in words
    assert "This holds until" in words
    assert "account your UPI app paid from" in words or "where you paid from" in words
    assert asha.client.get(address(asha)).headers["Referrer-Policy"] == "no-referrer"


def test_the_whole_booking_is_cancelled_by_one_click(asha: Guest, show: int) -> None:
    answer = click(asha, fields(asha))
    assert (answer.status_code, answer.location) == (303, f"/b/{asha.token}")
    words = asha.read(f"/b/{asha.token}")
    assert "Cancelled, ₹480.00 refunded" in words
    assert "₹20.00 was kept" in words
    assert "QR code" not in words
    assert live_claims(show) == {}
    assert owed() == [48000]


def test_the_page_follows_the_money(asha: Guest) -> None:
    click(asha, fields(asha))
    assert "On its way ₹480.00" in asha.read(f"/b/{asha.token}")
    refund_job.run()
    words = asha.read(f"/b/{asha.token}")
    assert "Sent ₹480.00" in words
    assert "Banks take 7 to 10 working days from then" in words


def test_single_seats_are_cancelled_and_the_rest_has_a_new_code(asha: Guest, show: int) -> None:
    old = buyers.rows(TicketCode)[0].secret
    click(asha, fields(asha, "C4"))
    page, words = asha.see(f"/b/{asha.token}"), asha.read(f"/b/{asha.token}")
    assert set(live_claims(show)) == {"C5", "A1"}
    assert "QR code of booking" in page
    assert "Admit two" in words
    assert "Total₹320.00" in words
    assert "₹180.00" in words, "what comes back"
    assert "This code is no longer good" in asha.read(f"/t/{old}")
    assert owed() == [18000]


def test_update_shows_the_sum_of_another_choice_without_cancelling(asha: Guest) -> None:
    answer = click(asha, {**fields(asha), "seat": ["A1"], "action": "update"})
    assert answer.status_code == 303
    words = asha.read(answer.location.partition("#")[0])
    assert "Cancel one seat" in words
    assert "₹120.00" in words
    assert owed() == []


def test_other_seats_than_those_summed_up_are_asked_about_again(asha: Guest) -> None:
    """A box was ticked off and the button pressed without an update."""
    answer = click(asha, {**fields(asha), "seat": ["A1"]})
    assert answer.status_code == 409
    assert "The sum changed meanwhile" in answer.text
    assert "Cancel one seat" in answer.text
    assert owed() == []


def test_nor_is_a_better_sum_for_another_seat_taken_for_a_yes(asha: Guest) -> None:
    assert click(asha, {**fields(asha, "A1"), "seat": ["C4"]}).status_code == 409
    assert owed() == []


def test_a_seat_that_has_become_the_last_is_asked_about_again(asha: Guest) -> None:
    """It stood on a page where others would have stayed."""
    form = fields(asha, "A1")
    click(asha, fields(asha, "C4", "C5"))
    assert click(asha, form).status_code == 409
    assert owed() == [36000]


def test_a_sum_that_became_worse_meanwhile_is_shown_and_asked_again(asha: Guest) -> None:
    form = fields(asha)
    with time_machine.travel(clock.now() + timedelta(hours=30), tick=True):
        answer = click(asha, form)
        assert answer.status_code == 409
        assert "₹240.00" in answer.text
        assert owed() == []
        assert click(asha, fields(asha)).status_code == 303
    assert owed() == [24000]


def test_a_second_click_cancels_nothing_more(asha: Guest) -> None:
    form = fields(asha, "C4")
    assert [click(asha, form).status_code for _ in range(3)] == [303] * 3
    assert owed() == [18000]
    whole = fields(asha)
    assert [click(asha, whole).status_code for _ in range(2)] == [303] * 2
    assert owed() == [18000, 30000]
    assert asha.client.get(address(asha)).status_code == 303


def test_a_page_from_before_another_change_is_shown_anew(asha: Guest) -> None:
    form = fields(asha, "C4", "C5")
    click(asha, fields(asha, "C4"))
    answer = click(asha, form)
    assert answer.status_code == 409
    assert "These seats changed meanwhile" in answer.text
    assert owed() == [18000]


def test_no_seat_ticked_is_said(asha: Guest) -> None:
    answer = click(asha, {**fields(asha), "seat": []})
    assert answer.status_code == 400
    assert "No seat is chosen yet" in answer.text


def test_too_late_names_the_hour_and_the_telephone(asha: Guest) -> None:
    form = fields(asha)
    with time_machine.travel(clock.now() + timedelta(hours=46, minutes=5), tick=True):
        words = asha.read(address(asha))
        assert re.search(r"Cancelling closed (at|on) .*[ap]m", words)
        assert "and we will see what we can do." in words
        assert "Your tickets stay valid." in words
        assert click(asha, form).status_code == 409
        assert "can no longer be cancelled on this site" in asha.read(f"/b/{asha.token}")
    assert owed() == []


@pytest.mark.parametrize("field", ["shown", "revision"])
@pytest.mark.parametrize("value", ["", "-1", "1e9", "9" * 40, "٣"])
def test_tampered_fields_cancel_nothing(asha: Guest, field: str, value: str) -> None:
    assert click(asha, {**fields(asha), field: value}).status_code == 409
    assert owed() == []


def test_a_stranger_s_seat_is_not_cancelled(app: Flask, asha: Guest, show: int) -> None:
    hold(show, "B1", who="ravi", email="ravi@example.com")
    form = {**fields(asha), "seat": ["C4", "B1"], "shown_seats": "C4 B1"}
    assert click(asha, form).status_code == 409
    assert "B1" in live_claims(show)


def test_the_ticket_s_link_cancels_nothing(asha: Guest) -> None:
    secret = buyers.rows(TicketCode)[0].secret
    assert asha.client.post(f"/b/{secret}/cancel", data={}).status_code == 404
    assert asha.client.post(f"/t/{secret}/cancel", data={}).status_code == 404


def test_a_hold_has_nothing_to_cancel(app: Flask, show: int) -> None:
    ravi = guest(app)
    ravi.hold(show, "B1")
    assert ravi.client.get(address(ravi)).location == f"/b/{ravi.token}"
    assert ravi.client.post(address(ravi), data={"revision": "1", "shown": "0"}).status_code == 303
    assert buyers.state(ravi.token) == "held"


def test_what_was_sold_keeps_its_terms_when_the_setting_changes(app: Flask, asha: Guest) -> None:
    app.config["SETTINGS"] = type(app.config["SETTINGS"])(
        **{**vars(app.config["SETTINGS"]), "cancel_policy": "off"}
    )
    click(asha, fields(asha))
    assert owed() == [48000]


def test_one_sold_before_there_were_terms_has_todays(asha: Guest) -> None:
    with transaction() as session:
        session.execute(update(Booking).values(cancel_terms=""))
    click(asha, fields(asha))
    assert owed() == [48000]


@pytest.mark.settings(cancel_policy="off")
def test_where_nobody_may_cancel_the_page_says_whom_to_ask(asha: Guest) -> None:
    assert "can not be cancelled on this site" in asha.read(address(asha))
    assert click(asha, {"revision": "1", "shown": "0", "seat": []}).status_code == 409


@pytest.mark.settings(cancel_fee_back=True)
def test_a_fee_that_is_shared_goes_back_with_the_last_seat(asha: Guest, tomorrow: None) -> None:
    click(asha, fields(asha))
    assert owed() == [25000]
    assert sum(line.amount for line in buyers.rows(RefundLine)) == 24000


def test_a_showing_that_is_called_off_keeps_nothing_at_any_time(asha: Guest) -> None:
    with transaction() as session:
        session.execute(update(Showtime).values(state=ShowtimeState.CANCELLED))
    with time_machine.travel(clock.now() + timedelta(hours=47), tick=True):
        click(asha, fields(asha))
    assert owed() == [50000]


@pytest.mark.settings(cancel_policy="1h:99%")
def test_a_sum_that_cannot_be_sent_is_raised_and_the_page_says_so_before_the_click(
    app: Flask, show: int, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    ravi = guest(app)
    ravi.token = hold(show, "C6", who="ravi")
    child = cinema.ticket_type("Child")
    service.set_details(ravi.token, email="r@example.com", name="", phone="", types={"C6": child})
    service.settle(sandbox.pay(go_to_pay(ravi.token)).payment_id)
    words = ravi.read(address(ravi))
    assert "₹0.90 of ₹90.00 back" in words
    assert "₹0.90 is too little to be sent, so you get ₹1.00." in words
    click(ravi, fields(ravi))
    refund_job.run()
    assert [(r.amount, r.state.value) for r in buyers.rows(Refund)] == [(100, "processed")]


def test_what_is_left_and_cannot_be_sent_is_said_and_not_owed(asha: Guest, cinema: Cinema) -> None:
    cinema.staff("manager")
    booking_id = buyers.booking(asha.token).id
    service.give_goodwill(booking_id, 47_950, "Sorry.", left=50_000, actor_id=1)
    words = asha.read(address(asha))
    assert "Comes back₹0.00" in words.replace(" ₹", "₹")
    assert "₹0.50 is too little to be sent: the least is ₹1.00." in words
    assert click(asha, fields(asha)).status_code == 303
    assert owed() == [47_950]


def test_the_calendar_strikes_it_out(asha: Guest) -> None:
    click(asha, fields(asha))
    entry = asha.client.get(f"/b/{asha.token}/calendar.ics").text
    assert "STATUS:CANCELLED" in entry
    assert "SEQUENCE:2" in entry


def test_the_receipt_of_what_stays_adds_up_with_a_discount_too(asha: Guest) -> None:
    with transaction() as session:
        session.execute(
            update(BookingSeat).values(list_price=BookingSeat.list_price + 1000, discount=1000)
        )
        session.execute(update(Booking).values(subtotal=Booking.subtotal + 3000, discount=3000))
    click(asha, fields(asha, "C4"))
    words = asha.read(f"/b/{asha.token}")
    for fact in (
        "₹130.00",
        "₹190.00",
        "Discount\N{MINUS SIGN}₹20.00",
        "Booking fee₹20.00",
        "Total₹320.00",
    ):
        assert fact in words, fact
