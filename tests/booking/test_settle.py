"""Money becomes tickets, exactly once, whatever mix of reports says so."""

from typing import Any

import pytest
from flask import Flask

from bookingapp.audit import AuditEntry
from bookingapp.booking import service
from bookingapp.email.payload import from_payload
from bookingapp.errors import NotFound
from bookingapp.payments.models import OrderState, Payment, PaymentOrder, PaymentState, Refund
from bookingapp.tickets.models import TicketCode
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess


def test_a_captured_payment_confirms_the_booking_and_owes_one_mail(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4", "C5")
    paid = sandbox.pay(go_to_pay(token))

    settled = service.settle(paid.payment_id)

    assert (settled.outcome, settled.token) == ("confirmed", token)
    booking = buyers.booking(token)
    assert booking.state.value == "confirmed"
    assert booking.hold_expires_at is None
    (payment,) = buyers.rows(Payment)
    assert (payment.state, payment.confirms_id) == (PaymentState.CAPTURED, booking.id)
    (order,) = buyers.rows(PaymentOrder)
    assert order.state is OrderState.PAID
    assert buyers.counts() == {
        "orders": 1, "payments": 1, "refunds": 0, "tickets": 2, "codes": 1, "letters": 1,
    }  # fmt: skip


def test_the_mail_holds_all_the_ticket_says(cinema: Cinema, sandbox: SandboxProcess) -> None:
    token = hold(cinema.showtime(booking_fee=1180), "C5", "A1")
    paid = sandbox.pay(go_to_pay(token), method="upi")
    service.settle(paid.payment_id)

    booking = buyers.booking(token)
    (letter,) = buyers.letters("booking_confirmation")
    message = from_payload(letter.kind, letter.payload)
    (code,) = buyers.rows(TicketCode)
    assert letter.dedupe_key == f"booking_confirmation:{booking.number}:r1"
    assert letter.recipient == buyers.EMAIL
    ticket = message.ticket  # type: ignore[union-attr]
    assert [(seat.name, seat.price) for seat in ticket.seats] == [("A1", 12000), ("C5", 18000)]
    assert (ticket.total, ticket.fee) == (31180, 1180)
    assert [(line.rate_bp, line.amount) for line in ticket.tax_lines] == [(1800, booking.tax)]
    assert ticket.ticket_url == f"http://cinema.test/t/{code.secret}"
    assert ticket.manage_url == f"http://cinema.test/b/{token}"
    assert (ticket.theater, ticket.screen, ticket.zone) == ("The Lantern", "Hall 1", "Asia/Kolkata")
    assert ticket.customer_name == "Asha Menon"
    assert message.paid.reference == paid.payment_id  # type: ignore[union-attr]
    assert message.paid.method == "upi"  # type: ignore[union-attr]


def test_a_ticket_code_has_128_bits_in_upper_case_base32(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    for seat in ("A1", "A2"):
        service.settle(sandbox.pay(go_to_pay(hold(show, seat, who=seat))).payment_id)
    secrets = [code.secret for code in buyers.rows(TicketCode)]
    assert len(set(secrets)) == 2
    assert all(len(s) == 26 and set(s) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for s in secrets)


def test_reported_again_it_changes_nothing(cinema: Cinema, sandbox: SandboxProcess) -> None:
    token = hold(cinema.showtime(), "C4")
    paid = sandbox.pay(go_to_pay(token))
    service.settle(paid.payment_id)
    before = buyers.counts()
    assert service.settle(paid.payment_id).outcome == "already"
    assert buyers.counts() == before


def test_an_authorized_payment_is_waited_for(cinema: Cinema, sandbox: SandboxProcess) -> None:
    token = hold(cinema.showtime(), "C4")
    paid = sandbox.pay(go_to_pay(token), "authorized")
    assert service.settle(paid.payment_id).outcome == "pending"
    assert buyers.state(token) == "held"
    sandbox.capture(paid.payment_id)
    assert service.settle(paid.payment_id).outcome == "confirmed"


def test_a_failed_attempt_keeps_the_hold_and_a_late_yes_still_confirms(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    paid = sandbox.pay(go_to_pay(token), "failed_then_captured", seconds=0.5)
    first = service.settle(paid.payment_id)
    assert first.outcome == "failed"
    assert buyers.state(token) == "held"
    buyers.wait_for_capture(paid.payment_id)
    assert service.settle(paid.payment_id).outcome == "confirmed"
    (payment,) = buyers.rows(Payment)
    assert payment.state is PaymentState.CAPTURED


@pytest.mark.parametrize("early", ["authorized", "failed"])
def test_old_news_that_arrives_late_never_moves_money_back(
    cinema: Cinema, sandbox: SandboxProcess, early: str
) -> None:
    token = hold(cinema.showtime(), "C4")
    outcome = "failed_then_captured" if early == "failed" else early
    wait = {} if early == "authorized" else {"seconds": 0.3}
    paid = sandbox.pay(go_to_pay(token), outcome, **wait)
    old_news = buyers.fact(paid.payment_id)
    assert old_news.status == early
    if early == "authorized":
        sandbox.capture(paid.payment_id)
    buyers.wait_for_capture(paid.payment_id)
    service.settle(paid.payment_id)
    assert service.settle_fact(old_news).outcome == "already"
    (payment,) = buyers.rows(Payment)
    assert payment.state is PaymentState.CAPTURED
    assert buyers.state(token) == "confirmed"


def test_a_second_try_after_a_failure_confirms(cinema: Cinema, sandbox: SandboxProcess) -> None:
    token = hold(cinema.showtime(), "C4")
    order = go_to_pay(token)
    service.settle(sandbox.pay(order, "failed").payment_id)
    assert go_to_pay(token) == order
    assert service.settle(sandbox.pay(order).payment_id).outcome == "confirmed"


def test_a_second_payment_for_the_same_booking_is_owed_back(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    order = go_to_pay(token)
    first, second = sandbox.pay(order), sandbox.pay(order)
    assert service.settle(first.payment_id).outcome == "confirmed"
    assert service.settle(second.payment_id).outcome == "refund_due"
    assert service.settle(second.payment_id).outcome == "refund_due"
    (refund,) = buyers.rows(Refund)
    assert (refund.reason, refund.amount, refund.state.value) == ("double", 18000, "due")
    assert len(refund.idempotency_key) >= 10
    assert buyers.counts()["tickets"] == 1


@pytest.mark.parametrize("odd", [{"amount": 100}, {"amount": 1_000_000}, {"currency": "USD"}])
def test_money_of_another_amount_or_currency_is_owed_back(
    cinema: Cinema, sandbox: SandboxProcess, odd: dict[str, Any]
) -> None:
    token = hold(cinema.showtime(), "C4")
    paid = sandbox.pay(go_to_pay(token), **odd)
    assert service.settle(paid.payment_id).outcome == "refund_due"
    (refund,) = buyers.rows(Refund)
    assert refund.reason == "wrong_amount"
    assert (refund.amount, refund.currency) == (
        odd.get("amount", 18000),
        odd.get("currency", "INR"),
    )
    assert buyers.state(token) == "held"


def test_money_on_an_order_of_an_earlier_basket_is_a_wrong_amount(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    old = go_to_pay(token)
    child = {"C4": cinema.ticket_type("Child")}
    service.set_details(token, email=buyers.EMAIL, name="", phone="", types=child)
    new = go_to_pay(token)
    assert new != old
    assert service.settle(sandbox.pay(old).payment_id).outcome == "refund_due"
    assert buyers.rows(Refund)[0].reason == "wrong_amount"
    assert service.settle(sandbox.pay(new).payment_id).outcome == "confirmed"


def test_a_refund_that_is_due_leaves_an_audit_row(cinema: Cinema, sandbox: SandboxProcess) -> None:
    token = hold(cinema.showtime(), "C4")
    paid = sandbox.pay(go_to_pay(token), amount=100)
    service.settle(paid.payment_id)
    entry = next(e for e in buyers.rows(AuditEntry) if e.action == "refund_due")
    assert entry.after == {"amount": 100, "currency": "INR", "reason": "wrong_amount"}


def test_a_payment_of_somebody_elses_order_is_not_ours(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    foreign = sandbox.pay(sandbox.order()["id"])
    with pytest.raises(NotFound):
        service.settle(foreign.payment_id)
    assert buyers.rows(Payment) == []


def test_twenty_reports_of_one_payment_confirm_once(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4", "C5")
    paid = sandbox.pay(go_to_pay(token))
    fact = buyers.fact(paid.payment_id)
    results = buyers.together(app, [lambda: service.settle_fact(fact).outcome] * 20)
    assert sorted(map(str, results)) == ["already"] * 19 + ["confirmed"]
    assert buyers.counts()["tickets"] == 2
    assert buyers.counts()["letters"] == 1


def test_two_payments_reported_at_once_confirm_with_one_and_owe_the_other(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    order = go_to_pay(token)
    facts = [buyers.fact(sandbox.pay(order).payment_id) for _ in range(2)]
    results = buyers.together(app, [lambda f=f: service.settle_fact(f).outcome for f in facts * 5])  # type: ignore[misc]
    assert results.count("confirmed") == 1
    assert not [r for r in results if isinstance(r, Exception)]
    assert buyers.counts() == {
        "orders": 1, "payments": 2, "refunds": 1, "tickets": 1, "codes": 1, "letters": 1,
    }  # fmt: skip
