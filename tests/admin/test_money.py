"""Money without a ticket: every sum that is not where it belongs."""

import csv
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from bookingapp import clock
from bookingapp.audit import AuditEntry
from bookingapp.booking.models import BookingState
from bookingapp.db import db, transaction
from bookingapp.email.models import OutboxMessage, OutboxState
from bookingapp.payments.models import PaymentOrder, PaymentState, Refund, RefundState
from tests.admin.reading import listed, tiles, words
from tests.admin.rows import Rows, ago

SignIn = Callable[[FlaskClient, str], FlaskClient]


def sums(manager: FlaskClient) -> list[str]:
    return listed(manager, "/office/money", "loose")


def test_money_that_stands_for_seats_is_no_concern(manager: FlaskClient, rows: Rows) -> None:
    rows.payment(rows.booking(), confirms=True)
    assert sums(manager) == []
    assert "Every rupee has its ticket" in manager.get("/office/money").text


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


def many(rows: Rows, number: int) -> None:
    """So many late payments, each of a customer of its own."""
    for n in range(number):
        booking = rows.booking(number=f"BKLATE{n:04d}", state=BookingState.EXPIRED)
        rows.refund(rows.payment(booking))


def test_a_long_list_goes_on_over_pages_and_loses_nothing(manager: FlaskClient, rows: Rows) -> None:
    many(rows, 51)
    rows.payment(rows.booking(number="BKIDLE0001", state=BookingState.EXPIRED))
    first = sums(manager)
    assert len(first) == 50
    further = re.search(r'href="([^"]*after=[^"]*)"', manager.get("/office/money").text)
    assert further is not None
    assert len(listed(manager, unescape(further[1]), "loose")) == 2


@pytest.mark.parametrize(
    "odd", ["after=x", "after=99999999999-1", "after=-1-1", "state=odd", "reason=odd"]
)
def test_an_address_that_makes_no_sense_shows_the_list(
    manager: FlaskClient, rows: Rows, odd: str
) -> None:
    many(rows, 1)
    assert len(listed(manager, f"/office/money?{odd}", "loose")) == 1


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("state=failed", ["BKFAILED01"]),
        ("state=unsettled", ["BKIDLE0001"]),
        ("reason=double", ["BKFAILED01"]),
        ("reason=late", ["BKLATE0000"]),
        ("q=pay_IDLE", ["BKIDLE0001"]),
        ("q=BKLATE", ["BKLATE0000"]),
        ("q=O'Brien", ["BKFAILED01"]),
        ("q=rfnd_77", ["BKFAILED01"]),
        ("q=nobody", []),
        ("q=100%25", []),
    ],
)
def test_a_sum_is_found_by_what_is_known_of_it(
    manager: FlaskClient, rows: Rows, asked: str, found: list[str]
) -> None:
    many(rows, 1)
    failed = rows.booking(number="BKFAILED01", state=BookingState.EXPIRED, name="Pat O'Brien")
    rows.refund(rows.payment(failed), state=RefundState.FAILED, reason="double",
                gateway_refund_id="rfnd_77")  # fmt: skip
    idle = rows.booking(number="BKIDLE0001", state=BookingState.EXPIRED)
    rows.payment(idle, gateway_payment_id="pay_IDLE")
    lines = listed(manager, f"/office/money?{asked}", "loose")
    assert [
        next(n for n in ("BKFAILED01", "BKIDLE0001", "BKLATE0000") if n in line) for line in lines
    ] == found
    if not found:
        assert "No sum like that" in manager.get(f"/office/money?{asked}").text


def test_each_sum_says_who_was_told_and_whether_it_arrived(
    manager: FlaskClient, rows: Rows
) -> None:
    booking = rows.booking(state=BookingState.EXPIRED)
    payment = rows.payment(booking)
    rows.refund(payment)
    assert "Not told yet" in sums(manager)[0]
    rows.mail(kind="payment_refund", booking_id=booking, payment_id=payment, state=OutboxState.DEAD)
    assert "Refund Failed" in sums(manager)[0]
    rows.payment(booking, gateway_payment_id="pay_other")
    assert "Not told yet" in sums(manager)[1]


def test_the_list_goes_into_a_spreadsheet_that_calculates_nothing(
    manager: FlaskClient, rows: Rows
) -> None:
    many(rows, 1)
    booking = rows.booking(number="BKFORMULA1", state=BookingState.EXPIRED, name='=HYPERLINK("x")')
    rows.payment(booking)
    answer = manager.get("/office/money.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    lines = list(csv.reader(answer.get_data(as_text=True).removeprefix("\ufeff").splitlines()))
    assert [(line[0], line[2], line[6], line[7]) for line in lines[1:]] == [
        ("due", "BKLATE0000", "180.00", "INR"), ("unsettled", "BKFORMULA1", "180.00", "INR"),
    ]  # fmt: skip
    assert lines[2][3] == '\'=HYPERLINK("x")'


def test_cash_is_handed_over_not_asked_of_a_gateway(manager: FlaskClient, rows: Rows) -> None:
    payment = rows.payment(rows.booking(state=BookingState.EXPIRED))
    with transaction() as session:
        session.execute(update(PaymentOrder).values(gateway="cash"))
    rows.refund(payment)
    (line,) = sums(manager)
    assert "paid at the counter" in line
    assert "Try again" not in line
    manager.post(f"/office/money/refund/{the_refund().id}/again")
    assert "Hand the money over" in words(manager.get("/office/money").text)
    assert the_refund().next_try_at is None


def test_the_page_says_that_the_books_balance_or_where_not(
    manager: FlaskClient, rows: Rows
) -> None:
    assert "No money has come in yet" in words(manager.get("/office/money").text)
    rows.refund(rows.payment(rows.booking(state=BookingState.EXPIRED)))
    page = manager.get("/office/money").text
    assert "They balance" in words(page)
    assert tiles(page)["Waits here"] == "₹180.00"
    rows.payment(rows.booking(number="BKNOTICKET"), confirms=True, gateway_payment_id="pay_ODD")
    page = words(manager.get("/office/money").text)
    assert "The books do not balance" in page
    assert (
        "BKNOTICKET ₹180.00 The payment and what became of it are different sums. pay_ODD" in page
    )
