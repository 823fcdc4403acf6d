"""A showing is called off: all money goes back by itself, one letter each, and nobody buys any more."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from bookingapp.booking import change_job, change_rules, reconcile, refund_job
from bookingapp.booking.rules import NotOnSale
from bookingapp.booking.service import changing
from bookingapp.catalogue.models import ShowtimeState
from bookingapp.payments.models import Refund
from tests.booking import buyers
from tests.booking.changing import (
    WORDS,
    call_off,
    letters_of,
    move,
    outcomes,
    row,
    seats,
    sold,
    valid_tickets,
)
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess


def bought(sandbox: SandboxProcess, showing: int, *places: str, who: str = "asha") -> str:
    """Paid at the gateway and confirmed."""
    token = buyers.hold(showing, *places, who=who, email=f"{who}@example.com")
    sandbox.pay(buyers.go_to_pay(token))
    buyers.make_due()
    reconcile.run()
    assert buyers.state(token) == "confirmed"
    return token


def test_all_of_the_money_goes_back_the_fee_too_and_the_letter_says_why(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    showing = cinema.showtime(booking_fee=2000)
    token = bought(sandbox, showing, "C4", "C5")
    call_off(showing, "The projector is broken.")
    assert (buyers.state(token), seats(token), valid_tickets(token)) == ("cancelled", [], 0)
    (letter,) = buyers.letters("booking_cancellation")
    told = letter.payload
    assert (told["cause"], told["words"], told["back"], told["kept"]) == (
        "showing",
        WORDS,
        38000,
        0,
    )
    refund_job.run()
    assert [r.amount for r in buyers.rows(Refund)] == [38000]
    assert [r["amount"] for r in sandbox.state()["refunds"]][-1] == 38000


def test_off_sale_at_once_and_nobody_holds_or_pays_any_more(app: Flask, cinema: Cinema) -> None:
    showing = cinema.showtime()
    held = buyers.hold(showing, "C4")
    call_off(showing, settle=False)
    with pytest.raises(NotOnSale):
        buyers.hold(showing, "C5", who="ravi")
    with pytest.raises(NotOnSale):
        buyers.go_to_pay(held)
    change_job.run()
    assert buyers.state(held) == "released"
    assert letters_of(held) == []


def test_money_that_was_on_its_way_when_it_was_called_off_goes_back(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    showing = cinema.showtime()
    token = buyers.hold(showing, "C4")
    order = buyers.go_to_pay(token)
    call_off(showing)
    sandbox.pay(order)
    buyers.make_due()
    reconcile.run()
    assert buyers.state(token) == "released"
    assert [r.reason for r in buyers.rows(Refund)] == ["cancelled"]
    assert letters_of(token, "payment_refund") == [("payment_refund", "queued")]


def test_money_that_was_on_its_way_when_it_was_moved_goes_back_too(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    showing = cinema.showtime()
    token = buyers.hold(showing, "C4")
    order = buyers.go_to_pay(token)
    move(showing, settle=False)
    sandbox.pay(order)
    buyers.make_due()
    reconcile.run()
    change_job.run()
    assert buyers.state(token) == "released"
    assert [r.reason for r in buyers.rows(Refund)] == ["cancelled"]
    assert outcomes() == {"released": 1}


def test_a_payment_and_the_calling_off_at_one_moment_never_leave_a_ticket(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    """Threads that start together, whoever is first: confirmed and then cancelled, or refunded."""
    showing = cinema.showtime()
    tokens = []
    for place in ("A1", "A2", "A3", "B1", "B2", "B3"):
        tokens.append(buyers.hold(showing, place, who=place, email=f"{place}@example.com"))
        sandbox.pay(buyers.go_to_pay(tokens[-1]))
    buyers.make_due()
    deeds = [reconcile.run, lambda: changing.call_off(showing, WORDS), reconcile.run]
    for result in buyers.together(app, deeds):
        assert not isinstance(result, Exception), result
    buyers.make_due()
    reconcile.run()
    change_job.run()
    assert {buyers.state(token) for token in tokens} <= {"cancelled", "released"}
    assert len({r.payment_id for r in buyers.rows(Refund)}) == len(buyers.rows(Refund)) == 6
    assert buyers.live_seats(showing) == []


def test_a_film_that_broke_off_is_called_off_afterwards_but_not_weeks_later(
    app: Flask, cinema: Cinema
) -> None:
    showing = cinema.showtime()
    token = sold(showing, "C4")
    over = row(showing).ends_at
    with (
        time_machine.travel(over + timedelta(days=8), tick=False),
        pytest.raises(change_rules.ShowingBegan),
    ):
        changing.call_off(showing, WORDS)
    with time_machine.travel(over + timedelta(hours=12), tick=False):
        changing.call_off(showing, WORDS)
        change_job.run()
    assert buyers.state(token) == "cancelled"


def test_a_draft_is_nothing_to_call_off(app: Flask, cinema: Cinema) -> None:
    with pytest.raises(change_rules.ShowingNotSold):
        changing.call_off(cinema.showtime(state=ShowtimeState.DRAFT), WORDS)


def test_two_at_once_call_it_off_once(app: Flask, cinema: Cinema) -> None:
    showing = cinema.showtime()
    token = sold(showing, "C4")
    deeds = [lambda: changing.call_off(showing, WORDS)] * 4
    results = buyers.together(app, deeds)
    assert sum(isinstance(result, int) for result in results) == 1
    assert sum(isinstance(result, change_rules.ShowingOver) for result in results) == 3
    for result in buyers.together(app, [change_job.run] * 3):
        assert not isinstance(result, Exception), result
    assert outcomes() == {"cancelled": 1}
    assert letters_of(token, "booking_cancellation") == [("booking_cancellation", "queued")]
