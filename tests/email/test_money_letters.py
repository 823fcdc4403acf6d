"""Bad news and money: what a customer reads when a refund is on its way, is sent, or seats are cancelled."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import icalendar
import pytest
from flask import Flask

from bookingapp.email import render, samples
from bookingapp.email.messages import (
    BookingCancellation,
    BookingConfirmation,
    CancelStep,
    Message,
    PaymentRefund,
)
from tests.email.arrived import NOW, due, html_of, parsed, text_of, words_of
from tests.email.conftest import URL

# Letters know no database; one engine is enough.
pytestmark = pytest.mark.engine("sqlite")


def arrived(message: Message) -> EmailMessage:
    return parsed(render.letter(due(message)).as_bytes())


def refund(**facts: Any) -> EmailMessage:
    """The refund's letter as it arrives, with some facts changed."""
    message = samples.samples(NOW, URL)["payment_refund"]
    assert isinstance(message, PaymentRefund)
    return arrived(replace(message, **facts))


def cancellation(**facts: Any) -> EmailMessage:
    message = samples.samples(NOW, URL)["booking_cancellation"]
    assert isinstance(message, BookingCancellation)
    return arrived(replace(message, **facts))


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("part", [text_of, lambda mail: words_of(html_of(mail))])
def test_a_refund_names_sum_numbers_and_time(app: Flask, part: Any) -> None:
    said = flat(part(refund()))
    for fact in ("₹360.00", "rfnd_SampleSample01", "pay_SampleSample01", "BK7Q4MXW2P",
                 "auto-pay_SampleSample01", "7 to 10 working days", "UPI app", "0484 000 0000",
                 "Sherlock Jr."):  # fmt: skip
        assert fact in said, fact


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("late", "Your payment arrived after the hold ended and the seats were gone."),
        ("double", "Your booking was paid twice. Your tickets stay valid."),
        ("wrong_amount", "₹360.00 arrived, which is not what the seats cost."),
        ("cancelled", "off sale for good when your payment arrived."),
    ],
)
def test_money_on_its_way_says_why_and_that_nothing_need_be_done(
    app: Flask, cause: str, words: str
) -> None:
    mail = refund(cause=cause, done=False, refund_id="")
    said = flat(text_of(mail))
    assert words in said
    assert "All ₹360.00 goes back to you by itself. There is nothing you need to do." in said
    assert "rfnd_" not in said
    assert mail["Subject"].startswith("₹360.00 goes back: Sherlock Jr.")


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("upi", "UPI app"), ("card", "next statement"), ("netbanking", "bank account you paid from"),
        ("wallet", "wallet you paid from"), ("", "where you paid from"),
    ],
)  # fmt: skip
def test_each_way_of_paying_says_where_the_money_arrives(
    app: Flask, method: str, words: str
) -> None:
    assert words in flat(text_of(refund(method=method)))
    assert words in flat(text_of(cancellation(method=method)))


def test_what_was_paid_by_hand_promises_no_bank(app: Flask) -> None:
    said = flat(text_of(refund(by_hand=True, refund_id="")))
    assert "We have paid ₹360.00 back to you." in said
    assert "working days" not in said


def test_a_cancelled_showing_says_why_in_somebodys_words_and_what_comes_back(app: Flask) -> None:
    said = flat(text_of(cancellation()))
    assert "Sherlock Jr. is off. We are sorry The projector is broken." in said
    assert "₹360.00 goes back to you by itself." in said
    assert "H6 and H7" in said


def test_a_fee_that_is_kept_is_named_beside_what_goes_back(app: Flask) -> None:
    said = flat(text_of(cancellation(cause="customer", words="", back=30000, kept=6000)))
    assert "Your booking is cancelled ₹300.00 goes back to you by itself." in said
    assert "₹60.00 is kept." in said
    assert "Goes back ₹300.00 Kept ₹60.00" in said


def test_nothing_that_goes_back_is_said_too(app: Flask) -> None:
    said = flat(text_of(cancellation(cause="customer", words="", back=0)))
    assert "No money goes back." in said
    assert "working days" not in said


def calendars(mail: EmailMessage) -> list[icalendar.Component]:
    return [
        icalendar.Calendar.from_ical(part.get_payload(decode=True))  # type: ignore[arg-type]
        for part in mail.walk()
        if part.get_content_type() == "text/calendar"
    ]


def test_a_cancellation_strikes_the_event_out_of_the_calendar(app: Flask) -> None:
    facts = samples.ticket(NOW, URL, revision=2)
    (calendar,) = calendars(cancellation(ticket=facts))
    (event,) = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "CANCEL"
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 2)
    assert str(event["UID"]).startswith("BK7Q4MXW2P@")


def machine_facts(mail: EmailMessage) -> list[dict[str, Any]]:
    found = re.findall(r'(?s)<script type="application/ld\+json">(.*?)</script>', html_of(mail))
    return [json.loads(text) for text in found]


def test_mail_programs_are_told_that_the_reservation_is_cancelled(app: Flask) -> None:
    (facts,) = machine_facts(cancellation())
    assert facts["reservationStatus"] == "http://schema.org/ReservationCancelled"
    assert facts["reservationNumber"] == "BK7Q4MXW2P"
    assert "reservedTicket" not in facts


def test_part_of_a_booking_leaves_the_calendar_alone_and_names_what_stays(app: Flask) -> None:
    mail = cancellation(cause="customer", words="", still=("H8", "H9"))
    assert calendars(mail) == []
    assert machine_facts(mail) == []
    assert "These seats stay yours: H8, H9." in flat(text_of(mail))


@pytest.mark.parametrize(
    "movie", ["Up", "The Cabinet of Dr. Caligari, restored and with music " * 2]
)
def test_subjects_stay_short(app: Flask, movie: str) -> None:
    facts = samples.ticket(NOW, URL, movie=movie)
    for mail in (
        refund(ticket=facts),
        refund(ticket=facts, done=False),
        cancellation(ticket=facts),
    ):
        assert len(mail["Subject"]) < 60


def test_money_given_back_for_seats_that_stay_says_why_in_somebodys_words(app: Flask) -> None:
    said = flat(text_of(refund(cause="goodwill", done=False, words="The sound was off.", seats_stay=True)))  # fmt: skip
    assert "The sound was off. Your tickets stay valid. ₹360.00 goes back to you by itself." in said
    kept_before = flat(text_of(refund(cause="goodwill", done=False, words="We were wrong.")))
    assert "stay valid" not in kept_before


@pytest.mark.parametrize("method", ["cash", "terminal"])
def test_what_was_paid_at_the_counter_waits_there(app: Flask, method: str) -> None:
    for mail in (refund(cause="goodwill", done=False, method=method), cancellation(method=method)):
        said = flat(text_of(mail))
        assert "₹360.00 waits for you at the box office." in said
        assert "say the number of your booking" in said
        assert "working days" not in said


STEPS = (CancelStep(NOW - timedelta(hours=1), 0), CancelStep(NOW, 50), CancelStep(NOW, 100))


@pytest.mark.parametrize(
    ("steps", "fee", "words"),
    [
        (STEPS[:1], 0, "and the price of the seats comes back in full. You do it on the page"),
        (STEPS[1:2], 2000, "and 50 % of the price is kept. The booking fee of ₹20.00 is kept."),
        (STEPS[2:], 2000, "but no money comes back. You do it on the page"),
        ((), 2000, "before the film starts and we will see what we can do."),
    ],
)
def test_the_ticket_says_until_when_it_can_be_cancelled(
    app: Flask, steps: tuple[CancelStep, ...], fee: int, words: str
) -> None:
    message = samples.samples(NOW, URL)["booking_confirmation"]
    assert isinstance(message, BookingConfirmation)
    mail = arrived(replace(message, cancel=steps, fee_kept=fee))
    assert words in flat(text_of(mail))
    assert words in flat(words_of(html_of(mail)))
