"""The step that cancels: seats free at once, tickets void, money owed once, letters that say so."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, update

from bookingapp.audit import AuditEntry
from bookingapp.booking import refund_job, service
from bookingapp.booking.cancel import Cancelled
from bookingapp.booking.cancel_rules import (
    AlreadyCancelled,
    Cause,
    NoSeatsToCancel,
    NotToCancel,
    SeatsChanged,
)
from bookingapp.booking.models import Booking
from bookingapp.db import db, transaction
from bookingapp.errors import Refused
from bookingapp.payments.models import Payment, PaymentOrder, Refund, RefundLine
from bookingapp.tickets.models import TicketCode
from tests.booking import buyers, guests
from tests.booking.buyers import fact, hold
from tests.booking.cancelled import (
    cancel_whole,
    claims,
    codes,
    owed,
    show,
    take_back,
    tickets,
    token,
    told,
)
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

__all__ = ["show", "token"]


def test_a_whole_booking_is_cancelled_and_all_that_is_left_goes_back(token: str, show: int) -> None:
    done = cancel_whole(token, words="The projector is broken.")
    booking = buyers.booking(token)
    assert (booking.state.value, booking.sold, booking.revision) == ("cancelled", True, 2)
    assert booking.cancelled_at is not None
    assert booking.total == 50000, "what was sold stays on record"
    assert (done.back, done.kept, done.whole) == (50000, 0, True)
    assert guests.live_claims(show) == {}
    assert tickets() == ["void"] * 3
    assert codes() == [(1, False)]
    assert owed() == [(50000, "showing")]
    assert sorted(line.amount for line in buyers.rows(RefundLine)) == [12000, 18000, 18000]
    (letter,) = told()
    assert (letter["back"], letter["kept"], letter["still"]) == (50000, 0, [])
    assert (letter["cause"], letter["words"]) == ("showing", "The projector is broken.")


def test_some_seats_are_cancelled_and_the_others_get_a_new_ticket(token: str, show: int) -> None:
    done = take_back(token, "C4")
    booking = buyers.booking(token)
    assert (booking.state.value, booking.revision, booking.cancelled_at) == ("confirmed", 2, None)
    assert (done.seats, done.back, done.whole) == (("C4",), 18000, False)
    assert set(guests.live_claims(show)) == {"C5", "A1"}
    assert sorted(tickets()) == ["valid", "valid", "void"]
    assert codes() == [(1, False), (2, True)]
    (cancelled,) = told()
    assert [seat["name"] for seat in cancelled["ticket"]["seats"]] == ["C4"]
    assert (cancelled["ticket"]["total"], cancelled["still"]) == (18000, ["A1", "C5"])
    ticket = buyers.letters("booking_confirmation")[-1].payload["ticket"]
    assert [seat["name"] for seat in ticket["seats"]] == ["A1", "C5"]
    assert (ticket["total"], ticket["fee"], ticket["revision"]) == (32000, 2000, 2)
    assert ticket["ticket_url"].endswith(buyers.rows(TicketCode)[-1].secret)


def test_each_cancellation_owes_a_refund_and_a_letter_of_its_own(
    token: str, sandbox: SandboxProcess
) -> None:
    for name in ("C4", "C5", "A1"):
        take_back(token, name)
    assert buyers.state(token) == "cancelled"
    assert owed() == [(18000, "customer"), (18000, "customer"), (14000, "customer")]
    assert [letter["ticket"]["revision"] for letter in told()] == [2, 3, 4]
    assert refund_job.run() == 3
    assert [payment.state.value for payment in buyers.rows(Payment)] == ["refunded"]
    done = [letter.payload for letter in buyers.letters("payment_refund")]
    assert [[seat["name"] for seat in letter["ticket"]["seats"]] for letter in done] == [
        ["C4"], ["C5"], ["A1"]
    ]  # fmt: skip


def test_letters_that_are_not_sent_yet_and_bear_the_old_code_are_no_longer_owed(token: str) -> None:
    take_back(token, "C4")
    states = [letter.state.value for letter in buyers.letters("booking_confirmation")]
    assert states == ["cancelled", "queued"]
    cancel_whole(token)
    states = [letter.state.value for letter in buyers.letters("booking_confirmation")]
    assert states == ["cancelled", "cancelled"]
    assert [letter.state.value for letter in buyers.letters("booking_cancellation")] == [
        "queued"
    ] * 2


def test_what_is_kept_is_said(token: str) -> None:
    done = take_back(token, "C4", "A1", back={"C4": 9000, "A1": 0})
    assert (done.back, done.kept) == (9000, 21000)
    assert (told()[0]["back"], told()[0]["kept"]) == (9000, 21000)
    assert [line.amount for line in buyers.rows(RefundLine)] == [9000]


def test_without_a_refund_nothing_is_owed_but_the_letter(token: str) -> None:
    done = take_back(token, "C4", "C5", "A1", back={})
    assert (done.back, done.kept, done.refund) == (0, 50000, None)
    assert owed() == []
    assert told()[0]["back"] == 0


def test_a_seat_is_cancelled_once(token: str) -> None:
    take_back(token, "C4")
    with pytest.raises(SeatsChanged):
        take_back(token, "C4", "C5")
    with pytest.raises(NoSeatsToCancel):
        take_back(token)
    cancel_whole(token)
    with pytest.raises(AlreadyCancelled):
        cancel_whole(token)
    assert len(owed()) == 2


def test_a_hold_is_not_cancelled(show: int) -> None:
    token = hold(show, "C4")
    with pytest.raises(NotToCancel):
        cancel_whole(token)


def test_a_free_booking_owes_nothing_but_the_letter(show: int) -> None:
    token = hold(show, "C4", "C5")
    guests.pay_in_full(token)
    assert take_back(token, "C4").back == 0
    assert cancel_whole(token).back == 0
    assert (owed(), len(told())) == ([], 2)


def test_cash_goes_back_over_the_counter_by_a_person(token: str) -> None:
    """No gateway is asked; the money page shows it until somebody has paid it."""
    with transaction() as session:
        session.execute(update(PaymentOrder).values(gateway="cash"))
        session.execute(update(Payment).values(method="cash"))
    cancel_whole(token)
    (refund,) = buyers.rows(Refund)
    assert (refund.state.value, refund.next_try_at) == ("due", None)
    assert refund_job.run() == 0
    assert told()[0]["method"] == "cash"


def test_the_seats_can_be_sold_at_once_and_the_old_code_is_worth_nothing(
    app: Flask, token: str, show: int
) -> None:
    old = buyers.rows(TicketCode)[0].secret
    cancel_whole(token)
    again = hold(show, "C4", "C5", "A1", who="ravi", email="ravi@example.com")
    assert buyers.state(again) == "held"
    page = app.test_client().get(f"/t/{old}").text
    assert "QR code" not in page
    assert "ancelled" in page


def test_late_words_of_the_gateway_change_nothing(token: str, sandbox: SandboxProcess) -> None:
    """The payment that bought the seats is told once more: no second ticket, no second refund."""
    paid = buyers.rows(Payment)[0].gateway_payment_id
    cancel_whole(token)
    assert service.settle(paid).outcome == "already"
    assert buyers.state(token) == "cancelled"
    assert len(owed()) == 1
    assert refund_job.run() == 1
    assert service.settle(paid).outcome == "already"
    assert (buyers.state(token), len(owed())) == ("cancelled", 1)


def test_money_that_comes_after_the_cancellation_goes_back_whole(
    token: str, sandbox: SandboxProcess
) -> None:
    order = buyers.rows(PaymentOrder)[0].gateway_order_id
    cancel_whole(token)
    assert service.settle(sandbox.pay(order).payment_id).outcome == "refund_due"
    assert owed() == [(50000, "showing"), (50000, "double")]


def test_two_who_cancel_at_once_cancel_once(app: Flask, token: str) -> None:
    ids = list(claims(token).values())
    deeds: list[Callable[[], object]] = [lambda: cancel_whole(token)] * 4
    results = buyers.together(app, deeds)
    assert sum(isinstance(result, Cancelled) for result in results) == 1
    assert sum(isinstance(result, AlreadyCancelled) for result in results) == 3
    assert len(ids) == 3
    assert (owed(), len(told())) == ([(50000, "showing")], 1)


def test_two_who_cancel_one_seat_each_at_once_both_do(app: Flask, token: str) -> None:
    results = buyers.together(app, [lambda: take_back(token, "C4"), lambda: take_back(token, "C5")])
    assert not [result for result in results if isinstance(result, Refused)]
    assert owed() == [(18000, "customer")] * 2
    assert codes() == [(1, False), (2, False), (3, True)]
    assert len(told()) == 2


def test_cancelling_while_the_gateway_reports_and_the_job_pays_back_does_all_of_it_once(
    app: Flask, token: str, sandbox: SandboxProcess
) -> None:
    """One seat's refund is under way, the payment is told again, twice, and the rest is cancelled."""
    take_back(token, "C4")
    payment = fact(buyers.rows(Payment)[0].gateway_payment_id)
    deeds: list[Callable[[], object]] = [
        refund_job.run,
        lambda: service.settle_fact(payment),
        lambda: service.settle_fact(payment),
        lambda: service.cancel_own(token, ["A1", "C5"], revision=2, shown=0),
        lambda: service.cancel_own(token, ["A1", "C5"], revision=2, shown=0),
    ]
    results = buyers.together(app, deeds)
    assert sum(isinstance(result, AlreadyCancelled) for result in results) == 1
    assert not [r for r in results if isinstance(r, Exception) and not isinstance(r, Refused)]
    refund_job.run()
    assert buyers.state(token) == "cancelled"
    sums = [amount for amount, _ in owed()]
    assert len(sums) == 2
    there = [r["amount"] for r in sandbox.state()["refunds"] if r["payment_id"] == payment.id]
    assert sorted(there) == sorted(sums)
    assert len(told()) == 2


def test_the_seat_map_sells_a_cancelled_seat_at_once(app: Flask, token: str, show: int) -> None:
    def free() -> bool:
        page = app.test_client().get(f"/showtime/{show}").text
        return "disabled" not in re.search(r"<input[^>]*value=\"C4\"[^>]*>", page)[0]  # type: ignore[index]

    assert not free()
    take_back(token, "C4")
    assert free()


def test_the_books_say_who_cancelled_what_and_why(token: str, cinema: Cinema) -> None:
    cinema.staff("manager")
    take_back(token, "C4", back={"C4": 5000}, words="  Rang us  ", cause=Cause.CINEMA)
    (entry,) = [row for row in buyers.rows(AuditEntry) if row.action == "booking.cancel"]
    assert entry.after == {
        "seats": ["C4"], "back": 5000, "kept": 13000, "currency": "INR", "cause": "cinema",
        "words": "Rang us", "revision": 2,
    }  # fmt: skip


def test_history_of_the_booking_stays(token: str) -> None:
    cancel_whole(token)
    db.session.rollback()
    row = db.session.scalars(select(Booking)).one()
    assert (row.subtotal, row.fee, row.total) == (48000, 2000, 50000)
