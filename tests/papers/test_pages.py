"""Papers where people look for them: the booking's pages, the mail, the office, the accountant's file."""

import csv
import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from bookingapp import clock
from bookingapp.booking import service
from bookingapp.booking.cancel import cancel
from bookingapp.booking.cancel_rules import Back, Cause
from bookingapp.booking.models import Booking
from bookingapp.db import transaction
from bookingapp.email import render
from bookingapp.email.payload import from_payload
from tests.admin.reading import listed, words
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.email.arrived import due, html_of, parsed, text_of
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

NOON = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)  # in Kochi
SELLER = {"seller_name": "Lantern Films LLP", "seller_tax_id": "32AAAAA0000A1Z5"}
# how pages show what was frozen, not what a database does
pytestmark = [pytest.mark.engine("sqlite"), pytest.mark.settings(**SELLER)]


@pytest.fixture(autouse=True)
def at_noon() -> Any:
    """Papers bear a day."""
    with time_machine.travel(NOON, tick=True):
        yield


@pytest.fixture
def token(cinema: Cinema, sandbox: SandboxProcess) -> str:
    """C3 and C4 bought with a fee, C4 given back for half of its price."""
    show = cinema.showtime(NOON + timedelta(days=2), booking_fee=2_500)
    token = hold(show, "C3", "C4")
    service.settle(sandbox.pay(go_to_pay(token)).payment_id)
    with transaction() as session:
        row = session.get_one(Booking, buyers.booking(token).id, with_for_update=True)
        seat = next(claim.id for claim in row.seats if claim.seat.name == "C4")
        cancel(session, row, [seat], Back({seat: 9_000}), clock.now(), cause=Cause.CUSTOMER)
    return token


def test_the_papers_say_who_sold_what_and_the_tax_in_halves(
    token: str, client: FlaskClient
) -> None:
    text = words(client.get(f"/b/{token}/invoice").text)
    for said in (
        "Tax invoice 26-27/000001 Sunday 22 November 2026",
        "Lantern Films LLP 14 Harbour Lane, Kochi Tax number 32AAAAA0000A1Z5",
        "For Asha Menon",
        "C3, Stalls, Adult ₹180.00",
        "Booking fee ₹25.00",
        "Total ₹385.00",
        "Without tax, at 18 % ₹326.27 CGST 9 % ₹29.37 SGST 9 % ₹29.36",
        "Service code 999614",
        "Credit note C26-27/000001",
        "It takes back what is named here of invoice 26-27/000001.",
        "Total ₹90.00",
    ):
        assert said in text


def test_the_booking_page_and_the_office_lead_to_the_papers(
    token: str, client: FlaskClient, sign_in: Callable[[FlaskClient, str], FlaskClient]
) -> None:
    link = f'href="/b/{token}/invoice"'
    assert link in client.get(f"/b/{token}").text
    desk = sign_in(client, "box_office")
    page = desk.get(f"/office/bookings/{buyers.booking(token).number}").text
    assert link in page
    assert "Credit note C26-27/000001, ₹90.00" in words(page)


def test_the_mail_names_the_invoice(token: str, app: Flask) -> None:
    first = buyers.letters("booking_confirmation")[0]
    mail = parsed(render.letter(due(from_payload(first.kind, first.payload))).as_bytes())
    for read in (text_of(mail), words(html_of(mail))):
        assert "invoice 26-27/000001" in " ".join(read.split())


def test_a_hold_and_a_stranger_have_no_papers(client: FlaskClient, cinema: Cinema) -> None:
    held = hold(cinema.showtime(NOON + timedelta(days=2)), "C3")
    assert client.get(f"/b/{held}/invoice").status_code == 404
    assert client.get("/b/no-such-token-at-all-here/invoice").status_code == 404


def file(manager: FlaskClient, month: str = "") -> list[Mapping[str, str]]:
    answer = manager.get("/office/papers.csv", query_string={"month": month})
    assert answer.data.startswith(
        b"\xef\xbb\xbf"
    )  # so that Excel reads rupees and names as they are
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_the_accountant_gets_every_paper_of_the_month_with_its_tax(
    token: str, client: FlaskClient, sign_in: Callable[[FlaskClient, str], FlaskClient]
) -> None:
    manager = sign_in(client, "manager")
    invoice, note = file(manager)
    assert dict(invoice) == {
        "Paper": "Invoice", "Number": "26-27/000001", "Day": "2026-11-22",
        "Booking": buyers.booking(token).number, "Takes back": "", "Rate %": "18.0",
        "Without tax": "326.27", "CGST": "29.37", "SGST": "29.36", "Tax": "58.73", "With tax": "385.00",
        "Currency": "INR",
    }  # fmt: skip
    assert (note["Number"], note["Takes back"]) == ("C26-27/000001", "26-27/000001")
    assert (note["Without tax"], note["With tax"]) == ("-76.27", "-90.00")
    assert file(manager, "2026-10") == []
    assert len(file(manager, "nonsense")) == 2


def test_the_office_sums_the_month_up(
    token: str, client: FlaskClient, sign_in: Callable[[FlaskClient, str], FlaskClient]
) -> None:
    manager = sign_in(client, "manager")
    assert listed(manager, "/office/papers", "papers") == [
        "Invoices at 18 % ₹326.27 ₹29.37 ₹29.36 ₹58.73 ₹385.00",
        "Credit notes at 18 % -₹76.27 -₹6.87 -₹6.86 -₹13.73 -₹90.00",
    ]
    empty = manager.get("/office/papers?month=2020-01").text
    assert "No papers in this month" in empty
