"""Money that comes after the hold's time: seats if all are free, else all of it back."""

from datetime import timedelta

import time_machine
from flask import Flask

from bookingapp import clock
from bookingapp.booking import service
from bookingapp.payments.models import Payment, Refund
from bookingapp.tickets.models import Ticket
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess


def test_a_lapsed_hold_whose_seats_are_still_its_own_is_confirmed(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    paid = sandbox.pay(go_to_pay(token))
    buyers.let_lapse(token)
    assert service.settle(paid.payment_id).outcome == "confirmed"


def test_late_money_takes_free_seats_back(cinema: Cinema, sandbox: SandboxProcess) -> None:
    show = cinema.showtime()
    token = hold(show, "C4", "C5")
    paid = sandbox.pay(go_to_pay(token))
    buyers.expire(token)
    assert buyers.live_seats(show) == []
    assert service.settle(paid.payment_id).outcome == "confirmed"
    assert len(buyers.live_seats(show)) == 2
    assert buyers.counts()["tickets"] == 2


def test_late_money_takes_seats_back_from_a_hold_that_has_lapsed(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    token = hold(show, "C4", "C5")
    paid = sandbox.pay(go_to_pay(token))
    buyers.expire(token)
    other = hold(show, "C5", "C6", who="ravi")
    buyers.let_lapse(other)
    assert service.settle(paid.payment_id).outcome == "confirmed"
    assert buyers.state(other) == "expired"
    assert len(buyers.live_seats(show)) == 2


def test_late_money_without_all_its_seats_is_owed_back_and_takes_none(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    token = hold(show, "C4", "C5")
    paid = sandbox.pay(go_to_pay(token))
    buyers.expire(token)
    hold(show, "C5", who="ravi")
    assert service.settle(paid.payment_id).outcome == "refund_due"
    assert buyers.state(token) == "expired"
    assert len(buyers.live_seats(show)) == 1
    (refund,) = buyers.rows(Refund)
    assert (refund.reason, refund.amount) == ("late", 36000)
    # owed once and for all: free seats later change nothing
    assert service.settle(paid.payment_id).outcome == "refund_due"
    assert len(buyers.rows(Refund)) == 1


def test_money_for_seats_given_back_is_owed_back(cinema: Cinema, sandbox: SandboxProcess) -> None:
    token = hold(cinema.showtime(), "C4")
    paid = sandbox.pay(go_to_pay(token))
    service.release(token)
    assert service.settle(paid.payment_id).outcome == "refund_due"
    assert buyers.state(token) == "released"


def test_late_money_after_the_film_began_is_owed_back(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    starts = clock.now() + timedelta(hours=1)
    token = hold(cinema.showtime(starts), "C4")
    paid = sandbox.pay(go_to_pay(token))
    buyers.expire(token)
    with time_machine.travel(starts + timedelta(minutes=1), tick=True):
        assert service.settle(paid.payment_id).outcome == "refund_due"


def test_late_money_for_crossing_seats_never_makes_two_claims(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    facts = []
    for who, seats in (("a", ("C4", "C5")), ("b", ("C5", "C6")), ("c", ("C6", "C4"))):
        token = hold(show, *seats, who=who)
        facts.append(buyers.fact(sandbox.pay(go_to_pay(token)).payment_id))
        buyers.expire(token)
    results = buyers.together(app, [lambda f=f: service.settle_fact(f).outcome for f in facts])  # type: ignore[misc]
    assert sorted(map(str, results)) == ["confirmed", "refund_due", "refund_due"]
    assert len(buyers.live_seats(show)) == 2
    assert len(buyers.rows(Ticket)) == 2


def test_a_wrong_sum_first_seen_while_the_bank_thought_is_written_down_as_money(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    order = go_to_pay(hold(cinema.showtime(), "C4"))
    paid = sandbox.pay(order, "authorized", amount=100)
    service.settle(paid.payment_id)
    sandbox.capture(paid.payment_id)
    service.settle(paid.payment_id)
    (payment,) = buyers.rows(Payment)
    assert payment.state.value == "captured"
    assert payment.captured_at is not None
    assert len(buyers.rows(Refund)) == 1
