"""Money without a ticket: every sum that is not where it belongs."""

import pytest
from flask.testing import FlaskClient

from bookingapp.booking.models import BookingState
from bookingapp.payments.models import PaymentState, RefundState
from tests.admin.reading import listed, words
from tests.admin.rows import Rows, ago


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
