"""Money without a ticket: every sum that is not where it belongs."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from bookingapp import clock
from bookingapp.audit import AuditEntry
from bookingapp.booking.models import BookingState
from bookingapp.db import db
from bookingapp.email.models import OutboxMessage
from bookingapp.payments.models import PaymentState, Refund, RefundState
from tests.admin.reading import listed, words
from tests.admin.rows import Rows, ago

SignIn = Callable[[FlaskClient, str], FlaskClient]


def sums(manager: FlaskClient) -> list[str]:
    return listed(manager, "/office/money", "loose")


def test_money_that_stands_for_seats_is_no_concern(manager: FlaskClient, rows: Rows) -> None:
    rows.payment(rows.booking(), confirms=True)
    assert sums(manager) == []
    assert "Every payment stands for seats" in manager.get("/office/money").text


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("late", "arrived after the hold ended"),
        ("double", "paid twice"),
        ("wrong_amount", "Another sum was paid"),
    ],
)
def test_a_refund_that_is_due_tells_what_happened(
    manager: FlaskClient, rows: Rows, reason: str, told: str
) -> None:
    booking = rows.booking(number="BK7Q4MXW2P", name="Asha", state=BookingState.EXPIRED)
    rows.refund(rows.payment(booking, gateway_payment_id="pay_ABC"), reason=reason)
    (line,) = sums(manager)
    for fact in ("Refund due", told, "BK7Q4MXW2P Asha pay_ABC", "upi", "₹180.00"):
        assert fact in line


def test_captured_money_nobody_decided_on_is_shown(manager: FlaskClient, rows: Rows) -> None:
    rows.payment(rows.booking(state=BookingState.EXPIRED))
    assert sums(manager)[0].startswith("Undecided The payment arrived and confirmed nothing yet.")


def test_a_failed_refund_says_why(manager: FlaskClient, rows: Rows) -> None:
    payment = rows.payment(rows.booking(state=BookingState.EXPIRED))
    rows.refund(payment, state=RefundState.FAILED, attempts=3, last_error="balance too low")
    (line,) = sums(manager)
    assert line.startswith("Refund failed")
    assert "balance too low" in line


@pytest.mark.parametrize(
    "state", [PaymentState.CREATED, PaymentState.AUTHORIZED, PaymentState.FAILED]
)
def test_money_that_never_arrived_is_not_listed(
    manager: FlaskClient, rows: Rows, state: PaymentState
) -> None:
    rows.payment(rows.booking(state=BookingState.EXPIRED), state=state, captured_at=None)
    assert sums(manager) == []


def test_money_given_back_leaves_the_list(manager: FlaskClient, rows: Rows) -> None:
    rows.refund(rows.payment(rows.booking(state=BookingState.EXPIRED)), state=RefundState.PROCESSED)
    assert sums(manager) == []


def test_what_waits_longest_stands_first_and_the_navigation_counts(
    manager: FlaskClient, rows: Rows
) -> None:
    for number, days in (("BKELDEREST", 3), ("BKYOUNGER2", 1)):
        booking = rows.booking(number=number, state=BookingState.EXPIRED)
        came = ago(days=days)
        rows.refund(rows.payment(booking, captured_at=came, created_at=came))
    assert [line.split("BK")[1][:7] for line in sums(manager)] == ["ELDERES", "YOUNGER"]
    assert "Money 2 need you" in words(manager.get("/office/money").text)


def the_refund() -> Refund:
    """The one there is."""
    db.session.rollback()
    return db.session.scalars(select(Refund).order_by(Refund.id.desc())).first() or Refund()


def test_try_again_brings_a_waiting_refund_forward(manager: FlaskClient, rows: Rows) -> None:
    payment = rows.payment(rows.booking(state=BookingState.EXPIRED))
    rows.refund(payment, attempts=5, next_try_at=ago(hours=-3), last_error="balance too low")
    refund = the_refund().id
    assert "Asked 5 times, again at" in sums(manager)[0]
    answer = manager.post(f"/office/money/refund/{refund}/again")
    assert answer.status_code == 303
    assert "within half a minute" in words(manager.get("/office/money").text)
    waits = the_refund().next_try_at
    assert waits is not None
    assert waits <= clock.now()


def test_what_was_paid_by_hand_needs_a_word_and_leaves_the_list(
    manager: FlaskClient, rows: Rows
) -> None:
    booking = rows.booking("C4", state=BookingState.EXPIRED, email="asha@x.test")
    rows.refund(rows.payment(booking), state=RefundState.FAILED)
    address = f"/office/money/refund/{the_refund().id}/by-hand"
    manager.post(address, data={"note": "  "})
    assert "The books need a word" in words(manager.get("/office/money").text)
    assert "Refund failed" in sums(manager)[0]
    manager.post(address, data={"note": "Cash, at the desk"})
    assert sums(manager) == []
    refund = the_refund()
    assert (refund.state, refund.by_hand, refund.note) == ("processed", True, "Cash, at the desk")
    deeds = db.session.execute(select(AuditEntry.action, AuditEntry.actor_id, AuditEntry.after))
    assert [row for row in deeds if row.action == "refund_by_hand" and row.actor_id]
    letters = db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.kind == "payment_refund")
    )
    assert [letter.payload["by_hand"] for letter in letters] == [True]


@pytest.mark.parametrize(
    "values", [{"state": RefundState.PENDING}, {"requested_at": ago(minutes=1), "attempts": 1}]
)
def test_what_the_gateway_may_have_is_not_paid_by_hand(
    manager: FlaskClient, rows: Rows, values: dict[str, Any]
) -> None:
    rows.refund(rows.payment(rows.booking(state=BookingState.EXPIRED)), **values)
    assert "by hand" not in sums(manager)[0]
    manager.post(f"/office/money/refund/{the_refund().id}/by-hand", data={"note": "Cash"})
    assert "may be sending it already" in words(manager.get("/office/money").text)
    assert the_refund().state != RefundState.PROCESSED


def test_a_failed_try_is_told_by_the_one_that_followed(manager: FlaskClient, rows: Rows) -> None:
    payment = rows.payment(rows.booking(state=BookingState.EXPIRED))
    rows.refund(payment, state=RefundState.FAILED)
    first = the_refund().id
    rows.refund(payment, idempotency_key="auto-1-r2", retry_of_id=first)
    assert len(sums(manager)) == 1
    for deed in ("again", "by-hand"):
        manager.post(f"/office/money/refund/{first}/{deed}", data={"note": "Cash"})
        assert "This one is done" in words(manager.get("/office/money").text)


@pytest.mark.parametrize("role", ["usher", "box_office"])
def test_only_the_manager_moves_money(
    client: FlaskClient, sign_in: SignIn, rows: Rows, role: str
) -> None:
    rows.refund(rows.payment(rows.booking(state=BookingState.EXPIRED)), state=RefundState.FAILED)
    sign_in(client, role)
    address = f"/office/money/refund/{the_refund().id}/by-hand"
    assert client.post(address, data={"note": "Cash"}).status_code == 403
    assert the_refund().state == RefundState.FAILED


def test_silence_of_the_gateway_is_said(manager: FlaskClient, rows: Rows) -> None:
    rows.payment(rows.booking(), confirms=True, captured_at=ago(hours=3))
    assert "the gateway did not tell us" in words(manager.get("/office/money").text)
