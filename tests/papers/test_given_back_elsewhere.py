"""Money of a sale given back in the gateway's own office has a credit note, as what we give back has.

Told as the gateway tells it, by its events and by the reconciler; read where an accountant reads.
"""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from bookingapp.booking import reconcile, refund_job, service
from bookingapp.papers.models import CreditNote
from tests.admin.reading import words
from tests.booking import buyers, changing, events, money_deeds
from tests.booking.buyers import go_to_pay, hold
from tests.booking.events import Delivery, event
from tests.factories import Cinema
from tests.sandbox_process import Paid, SandboxProcess

NOON = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)  # in Kochi
# C3 and A1 with the booking fee, and the tax in it
ALL, ALL_TAX = "-325.00", "-49.58"
pytestmark = pytest.mark.settings(razorpay_webhook_secret=events.SECRET)
Read = Callable[[], list[tuple[str, str, str]]]


@pytest.fixture(autouse=True)
def at_noon() -> Any:
    """Numbers begin anew with a fiscal year."""
    with time_machine.travel(NOON, tick=True):
        yield


@pytest.fixture
def sale(cinema: Cinema, sandbox: SandboxProcess) -> tuple[str, Paid]:
    """C3 and A1, sold: 325 rupees."""
    cinema.staff("manager")
    token = hold(cinema.showtime(NOON + timedelta(days=9), booking_fee=2_500), "C3", "A1")
    paid = sandbox.pay(go_to_pay(token))
    service.settle(paid.payment_id)
    return token, paid


@pytest.fixture
def notes(client: FlaskClient, sign_in: Callable[[FlaskClient, str], FlaskClient]) -> Read:
    """The month's credit notes as the accountant gets them: number, tax, sum."""
    manager = sign_in(client, "manager")

    def read() -> list[tuple[str, str, str]]:
        text = manager.get("/office/papers.csv").data.decode("utf-8-sig")
        lines = csv.DictReader(io.StringIO(text))
        return [
            (n["Number"], n["Tax"], n["With tax"]) for n in lines if n["Paper"] == "Credit note"
        ]

    return read


def give_back(
    sandbox: SandboxProcess, paid: Paid, amount: int, status: str = "processed"
) -> Delivery:
    """Somebody gives it back there; the news of it."""
    made = sandbox.client().payment.refund(paid.payment_id, {"amount": amount}, timeout=10)
    return news(sandbox, paid, {**made, "status": status})


def news(sandbox: SandboxProcess, paid: Paid, made: dict[str, Any]) -> Delivery:
    """The gateway's word about a refund, with the payment as it stands."""
    payment = events.payment(sandbox, paid.payment_id)
    return event(f"refund.{made['status']}", refund=made, payment=payment)


class CrashError(RuntimeError):
    """The machine's power is cut."""


def total(found: list[tuple[str, str, str]], column: int) -> str:
    return f"{sum(float(note[column]) for note in found):.2f}"


def test_a_part_given_back_there_is_taken_off_the_invoice_once_whoever_tells_of_it(
    app: Flask, sale: tuple[str, Paid], sandbox: SandboxProcess, notes: Read
) -> None:
    token, paid = sale
    told = give_back(sandbox, paid, 10_000)
    copies = [told.but(event_id=f"evt_copy_{number}") for number in range(5)]
    buyers.together(app, [partial(Delivery.to, copy, app) for copy in (told, told, *copies)])
    service.look_up(paid.payment_id)
    buyers.make_due()
    reconcile.run()
    assert notes() == [("C26-27/000001", "-15.25", "-100.00")]
    text = words(app.test_client().get(f"/b/{token}/invoice").text)
    assert "It takes back what is named here of invoice 26-27/000001." in text
    assert "A1, Front, Adult ₹40.00" in text
    assert "C3, Stalls, Adult ₹60.00" in text


def test_what_goes_back_there_bit_by_bit_adds_up_to_the_invoice_and_its_tax(
    app: Flask, sale: tuple[str, Paid], sandbox: SandboxProcess, notes: Read
) -> None:
    _token, paid = sale
    for amount in (9_999, 333, 32_500 - 9_999 - 333):
        give_back(sandbox, paid, amount).to(app)
    found = notes()
    assert [number for number, *_ in found] == [f"C26-27/{n:06d}" for n in (1, 2, 3)]
    assert (total(found, 1), total(found, 2)) == (ALL_TAX, ALL)


def test_news_of_two_sales_at_one_moment_leave_no_gap_in_the_numbers(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess, notes: Read
) -> None:
    show, told = cinema.showtime(NOON + timedelta(days=9)), []
    for row in "ABC":
        token = hold(show, f"{row}1", who=row, email=f"{row}@example.com")
        paid = sandbox.pay(go_to_pay(token))
        service.settle(paid.payment_id)
        told.append(give_back(sandbox, paid, 6_000))
    twice = [*told, *(each.but(event_id=f"{each.event_id}_again") for each in told)]
    buyers.together(app, [partial(Delivery.to, each, app) for each in twice])
    assert [number for number, *_ in notes()] == [f"C26-27/{n:06d}" for n in (1, 2, 3)]


def test_a_sale_and_its_refund_first_heard_of_together_have_both_papers(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess, notes: Read
) -> None:
    token = hold(cinema.showtime(NOON + timedelta(days=9)), "C3")
    paid = sandbox.pay(go_to_pay(token))
    give_back(sandbox, paid, 9_000).to(app)
    assert buyers.state(token) == "confirmed"
    assert notes() == [("C26-27/000001", "-13.73", "-90.00")]


def test_what_the_house_owed_anyway_has_its_note_already(
    app: Flask, sale: tuple[str, Paid], sandbox: SandboxProcess, notes: Read
) -> None:
    token, paid = sale
    money_deeds.cancel_by_the_cinema(token)
    assert total(notes(), 2) == ALL
    give_back(sandbox, paid, 5_000).to(app)
    give_back(sandbox, paid, 27_500).to(app)
    assert notes() == [("C26-27/000001", ALL_TAX, ALL)]
    assert refund_job.run() == 0


def test_a_debt_the_bank_refused_and_somebody_pays_there_has_no_second_note(
    app: Flask, sale: tuple[str, Paid], sandbox: SandboxProcess, notes: Read
) -> None:
    token, paid = sale
    money_deeds.give_some_back(token, 10_000)
    sandbox.refunds_go("failed")
    refund_job.run()
    sandbox.refunds_go("processed")
    give_back(sandbox, paid, 10_000).to(app)
    buyers.make_refunds_due()
    assert refund_job.run() == 0
    assert notes() == [("C26-27/000001", "-15.25", "-100.00")]


def test_a_part_of_the_debt_with_what_was_not_owed_is_noted_for_that_alone(
    app: Flask, sale: tuple[str, Paid], sandbox: SandboxProcess, notes: Read
) -> None:
    token, paid = sale
    money_deeds.give_some_back(token, 20_000)
    # 125 were not owed, 25 pay of the debt, 175 of it stay owed
    give_back(sandbox, paid, 15_000).to(app)
    found = notes()
    assert [amount for *_, amount in found] == ["-200.00", "-125.00"]
    assert total(found, 1) == ALL_TAX
    refund_job.run()
    assert notes() == found


def test_a_greater_refund_than_the_debt_takes_the_rest_off_the_invoice_to_the_last_paisa(
    app: Flask, sale: tuple[str, Paid], sandbox: SandboxProcess, notes: Read
) -> None:
    token, paid = sale
    money_deeds.give_some_back(token, 10_001)
    give_back(sandbox, paid, 30_000).to(app)
    found = notes()
    assert [amount for *_, amount in found] == ["-100.01", "-224.99"]
    assert total(found, 1) == ALL_TAX
    refund_job.run()
    made = [r for r in sandbox.state()["refunds"] if r["payment_id"] == paid.payment_id]
    assert sum(refund["amount"] for refund in made) == 32_500


def test_seats_cancelled_after_it_are_noted_with_what_is_left_of_them(
    app: Flask, sale: tuple[str, Paid], sandbox: SandboxProcess, notes: Read
) -> None:
    token, paid = sale
    give_back(sandbox, paid, 12_345).to(app)
    money_deeds.cancel_by_the_cinema(token)
    found = notes()
    assert [amount for *_, amount in found] == ["-123.45", "-201.55"]
    assert total(found, 1) == ALL_TAX


def test_a_refund_the_bank_takes_later_or_not_at_all_keeps_its_one_note(
    app: Flask, sale: tuple[str, Paid], sandbox: SandboxProcess, notes: Read
) -> None:
    _token, paid = sale
    sandbox.refunds_go("pending")
    made = sandbox.client().payment.refund(paid.payment_id, {"amount": 10_000}, timeout=10)
    service.look_up(paid.payment_id)
    assert len(notes()) == 1
    news(sandbox, paid, sandbox.finish_refund(made["id"], "failed")).to(app)
    # it stays owed, and the house's own try follows
    sandbox.refunds_go("processed")
    buyers.make_refunds_due()
    refund_job.run()
    assert notes() == [("C26-27/000001", "-15.25", "-100.00")]


def test_money_that_bought_nothing_has_no_note_when_it_goes_back_there(
    app: Flask, sale: tuple[str, Paid], sandbox: SandboxProcess, notes: Read
) -> None:
    _token, paid = sale
    double = sandbox.pay(paid.order_id)
    service.settle(double.payment_id)
    give_back(sandbox, double, 5_000).to(app)
    assert notes() == []


def test_a_seat_cancelled_before_its_showing_was_moved_is_on_the_note_too(
    app: Flask, sale: tuple[str, Paid], sandbox: SandboxProcess, notes: Read
) -> None:
    token, paid = sale
    booking = buyers.booking(token)
    service.cancel_own(token, ["A1"], revision=booking.revision, shown=0)
    before = notes()
    changing.move(booking.showtime_id)
    left = 32_500 + int(sum(Decimal(amount) for *_, amount in before) * 100)
    give_back(sandbox, paid, left).to(app)
    found = notes()
    assert len(found) == len(before) + 1
    assert (total(found, 1), total(found, 2)) == (ALL_TAX, ALL)


def test_a_crash_after_the_number_was_given_leaves_no_gap(
    app: Flask,
    sale: tuple[str, Paid],
    sandbox: SandboxProcess,
    notes: Read,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _token, paid = sale
    told = give_back(sandbox, paid, 10_000)

    def crash(*_args: object) -> None:
        raise CrashError

    with monkeypatch.context() as broken:
        broken.setattr("bookingapp.booking.refund_letters.owe_refunded", crash)
        assert told.to(app).status_code == 500
    assert buyers.rows(CreditNote) == []
    told.to(app)
    assert [number for number, *_ in notes()] == ["C26-27/000001"]
