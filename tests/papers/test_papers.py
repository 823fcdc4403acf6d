"""Invoices and credit notes: one a sale, one a refund, numbered without a gap whatever happens."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from bookingapp import clock
from bookingapp.booking import goodwill, service
from bookingapp.booking.cancel import cancel, cancel_all
from bookingapp.booking.cancel_rules import Back, Cause
from bookingapp.booking.models import Booking
from bookingapp.catalogue.models import Price
from bookingapp.db import db, transaction
from bookingapp.papers import queries
from bookingapp.papers.models import CreditNote, Invoice
from bookingapp.papers.queries import Papers
from tests.booking.buyers import booking, fact, go_to_pay, hold, together
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

NOON = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)  # in Kochi


@pytest.fixture(autouse=True)
def at_noon() -> Any:
    """Numbers begin anew with a fiscal year."""
    with time_machine.travel(NOON, tick=True):
        yield


@pytest.fixture
def showtime(cinema: Cinema) -> int:
    return cinema.showtime(NOON + timedelta(days=200), booking_fee=2_500)


Buy = Callable[..., str]


@pytest.fixture
def buy(sandbox: SandboxProcess) -> Buy:
    """Seats paid for; the manage token."""

    def deed(showtime: int, *seats: str, who: str = "asha") -> str:
        token = hold(showtime, *seats, who=who, email=f"{who}@example.com")
        service.settle(sandbox.pay(go_to_pay(token)).payment_id)
        return token

    return deed


def papers(token: str) -> Papers:
    db.session.rollback()
    found = queries.of_booking(booking(token).id)
    assert found is not None
    return found


def numbers(model: type[Any] = Invoice) -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(model.number).order_by(model.id)))


def test_a_sale_gets_an_invoice_that_says_what_was_bought_and_the_tax_in_it(
    showtime: int, buy: Buy
) -> None:
    paper = papers(buy(showtime, "C3", "A1")).invoice
    assert paper.number == "26-27/000001"
    assert [tuple(line) for line in paper.lines] == [
        ("A1", "Front", "Adult", 12_000, 0, 1800, 1_831),
        ("C3", "Stalls", "Adult", 18_000, 0, 1800, 2_746),
        ("", "", "", 2_500, 0, 1800, 381),
    ]
    assert (paper.total, paper.tax, paper.currency) == (32_500, 4_958, "INR")
    assert [tuple(part) for part in paper.taxes] == [(1800, 27_542, 4_958)]
    assert paper.content["seller"]["service_code"] == "999614"
    assert paper.content["supply"]["movie"] == "Sherlock Jr."


@pytest.mark.settings(currency="EUR")
def test_an_invoice_in_other_money_names_no_indian_code(showtime: int, buy: Buy) -> None:
    assert papers(buy(showtime, "C3")).invoice.content["seller"]["service_code"] == ""


@pytest.mark.settings(currency="EUR", seller_service_code="R90.04")
def test_an_invoice_names_the_code_that_is_set(showtime: int, buy: Buy) -> None:
    assert papers(buy(showtime, "C3")).invoice.content["seller"]["service_code"] == "R90.04"


def test_an_invoice_never_changes_though_the_cinema_does(
    showtime: int, buy: Buy, cinema: Cinema, app: Flask
) -> None:
    token = buy(showtime, "C3")
    with transaction() as session:
        session.execute(update(Price).values(amount=99_900))
    assert papers(token).invoice.total == 20_500


def test_numbers_follow_each_other_and_begin_anew_on_the_first_of_april_in_kochi(
    showtime: int, buy: Buy
) -> None:
    buy(showtime, "C1")
    buy(showtime, "C2", who="ravi")
    # a quarter to midnight and a quarter past, on the theater's wall
    for minutes, seat in ((-15, "C3"), (15, "C4")):
        midnight = datetime(2027, 3, 31, 18, 30, tzinfo=UTC)
        with time_machine.travel(midnight + timedelta(minutes=minutes), tick=True):
            buy(showtime, seat, who=seat)
    assert numbers() == ["26-27/000001", "26-27/000002", "26-27/000003", "27-28/000001"]


def test_what_costs_nothing_has_no_invoice(cinema: Cinema, app: Flask) -> None:
    free = cinema.showtime(NOON + timedelta(days=2))
    with transaction() as session:
        session.execute(update(Price).values(amount=0))
    token = hold(free, "C1")
    assert service.start_payment(token).gateway_order_id is None
    assert booking(token).state == "confirmed"
    assert numbers() == []


def test_the_same_news_of_a_payment_makes_no_second_invoice(
    showtime: int, sandbox: SandboxProcess
) -> None:
    paid = sandbox.pay(go_to_pay(hold(showtime, "C1")))
    for _ in range(3):
        service.settle(paid.payment_id)
    assert numbers() == ["26-27/000001"]


def test_money_that_bought_nothing_has_no_papers(showtime: int, sandbox: SandboxProcess) -> None:
    token = hold(showtime, "C1")
    paid = sandbox.pay(go_to_pay(token))
    service.release(token)
    assert service.settle(paid.payment_id).outcome == "refund_due"
    assert numbers() == numbers(CreditNote) == []


class CrashError(RuntimeError):
    """The machine's power is cut."""


def test_a_confirmation_that_is_rolled_back_leaves_no_gap(
    showtime: int, buy: Buy, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    buy(showtime, "C1")
    paid = sandbox.pay(go_to_pay(hold(showtime, "C2", who="ravi")))

    def crash(*_args: object, **_more: object) -> None:
        raise CrashError

    with monkeypatch.context() as broken:
        # the last thing a confirmation does: the number is given by then
        broken.setattr("bookingapp.booking.letters.owe_confirmation", crash)
        with pytest.raises(CrashError):
            service.settle(paid.payment_id)
    assert numbers() == ["26-27/000001"]
    buy(showtime, "C3", who="mira")
    service.settle(paid.payment_id)
    assert numbers() == ["26-27/000001", "26-27/000002", "26-27/000003"]


def test_sales_at_the_same_moment_get_numbers_without_gap_or_double(
    app: Flask, showtime: int, sandbox: SandboxProcess
) -> None:
    facts = []
    for row in "ABCD":
        token = hold(showtime, f"{row}1", who=row, email=f"{row}@example.com")
        facts.append(fact(sandbox.pay(go_to_pay(token)).payment_id))
    # each payment is told of twice at once
    deeds = [partial(service.settle_fact, told) for told in facts * 2]
    outcomes = [str(getattr(done, "outcome", done)) for done in together(app, deeds)]
    assert sorted(outcomes) == ["already"] * 4 + ["confirmed"] * 4
    assert sorted(numbers()) == [f"26-27/{n:06d}" for n in range(1, 5)]


def test_a_cancelled_booking_has_a_credit_note_of_all_that_goes_back(
    showtime: int, buy: Buy
) -> None:
    token = buy(showtime, "C3", "A1")
    with transaction() as session:
        row = session.get_one(Booking, booking(token).id, with_for_update=True)
        cancel_all(session, row, clock.now(), cause=Cause.CINEMA)
    found = papers(token)
    (note,) = found.notes
    assert note.number == "C26-27/000001"
    assert note.content["invoice"] == found.invoice.number
    assert (note.total, note.tax) == (found.invoice.total, found.invoice.tax)
    assert note.lines == found.invoice.lines


def test_part_of_the_money_for_part_of_the_seats_is_taken_back_with_its_share_of_tax(
    showtime: int, buy: Buy
) -> None:
    token = buy(showtime, "C3", "C4")
    with transaction() as session:
        row = session.get_one(Booking, booking(token).id, with_for_update=True)
        seat = next(claim.id for claim in row.seats if claim.seat.name == "C4")
        cancel(session, row, [seat], Back({seat: 9_000}), clock.now(), cause=Cause.CUSTOMER)
    (note,) = papers(token).notes
    assert [tuple(line) for line in note.lines] == [
        ("C4", "Stalls", "Adult", 9_000, 0, 1800, 1_373)
    ]
    assert note.total == 9_000


def test_seats_cancelled_without_money_back_need_no_note(showtime: int, buy: Buy) -> None:
    token = buy(showtime, "C3")
    with transaction() as session:
        row = session.get_one(Booking, booking(token).id, with_for_update=True)
        (seat,) = (claim.id for claim in row.seats)
        cancel(session, row, [seat], Back({seat: 0}), clock.now(), cause=Cause.CINEMA)
    assert papers(token).notes == []


def test_money_given_back_for_goodwill_is_taken_off_the_invoice_to_the_last_paisa(
    showtime: int, buy: Buy, cinema: Cinema
) -> None:
    cinema.staff("manager")
    token = buy(showtime, "C3", "A1")
    for amount in (9_999, 333):
        with transaction() as session:
            row = session.get_one(Booking, booking(token).id, with_for_update=True)
            goodwill.give(session, row, amount, "The heating failed", clock.now(), asked_by=1)
    with transaction() as session:
        row = session.get_one(Booking, booking(token).id, with_for_update=True)
        cancel_all(session, row, clock.now(), cause=Cause.CINEMA)
    found = papers(token)
    assert [note.total for note in found.notes] == [9_999, 333, 32_500 - 9_999 - 333]
    assert sum(note.tax for note in found.notes) == found.invoice.tax
