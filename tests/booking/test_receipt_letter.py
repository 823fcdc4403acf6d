"""The receipt of a payment: owed with the ticket where it is wanted, once, and complete."""

import pytest
from flask import Flask

from bookingapp.booking import service
from bookingapp.email import render
from bookingapp.email.payload import from_payload
from tests.admin.reading import words
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.email.arrived import due, html_of, parsed, text_of
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess


@pytest.mark.settings(mail_payment_success=True)
def test_a_receipt_says_how_much_how_and_the_tax_in_it(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    paid = sandbox.pay(
        go_to_pay(hold(cinema.showtime(booking_fee=2_500), "C3", "C4")), method="upi"
    )
    for _ in range(2):
        service.settle(paid.payment_id)
    (owed,) = buyers.letters("payment_success")
    mail = parsed(render.letter(due(from_payload(owed.kind, owed.payload))).as_bytes())
    assert mail["Subject"].startswith("Receipt for ₹385.00: Sherlock Jr.")
    for read in (text_of(mail), words(html_of(mail))):
        text = " ".join(read.split())
        for said in (
            "We have received ₹385.00 from you.", "C3, C4: 2 × Adult, Stalls ₹360.00",  # noqa: RUF001
            "Booking fee ₹25.00", "Total ₹385.00", "Includes GST at 18 % ₹58.73", "Paid by UPI",
            f"Payment {paid.payment_id}", "Invoice ", "/000001",
        ):  # fmt: skip
            assert said in text, said


def test_without_being_wanted_the_tickets_mail_is_receipt_enough(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    service.settle(sandbox.pay(go_to_pay(hold(cinema.showtime(), "C3"))).payment_id)
    assert buyers.letters("payment_success") == []
    assert len(buyers.letters("booking_confirmation")) == 1
