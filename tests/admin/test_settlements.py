"""The settlements page: what reached the bank, differences on top, each with what one can do."""

import csv
import re
from datetime import date, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from bookingapp import clock
from bookingapp.audit import AuditEntry
from bookingapp.db import db, transaction
from bookingapp.payments.settlement_models import SettlementDay, SettlementLine
from tests.admin.reading import listed, words
from tests.admin.rows import Rows, ago
from tests.factories import Cinema
from tests.payments.bank import read, sale
from tests.sandbox_process import SandboxProcess

PAGE = "/office/settlements"


def line(entity_id: str, **values: object) -> None:
    """A line of a report."""
    plain = {
        "settlement_id": "setl_ABCDEF", "kind": "payment", "amount": 18000, "credit": 17576,
        "debit": 0, "fee": 424, "tax": 64, "currency": "INR", "utr": "UTR77", "day": date(2026, 11, 22),
        "settled_at": clock.now(), "noted_at": clock.now(), "note": "",
    }  # fmt: skip
    with transaction() as session:
        session.add(SettlementLine(entity_id=entity_id, **{**plain, **values}))


def test_a_house_without_settlements_says_what_comes(manager: FlaskClient, rows: Rows) -> None:
    page = words(manager.get(PAGE).text)
    assert "Nothing was settled yet" in page
    assert "No settlement yet" in page


def test_what_the_bank_did_not_get_as_it_should_stands_on_the_money_page_too(
    manager: FlaskClient, rows: Rows
) -> None:
    rows.payment(rows.booking(), confirms=True, gateway_payment_id="pay_ABC")
    line("pay_ABC")
    page = manager.get("/office/money").text
    assert "Every rupee has its ticket" in page
    assert "not what the gateway paid out" not in page
    line("pay_STRANGER")
    page = manager.get("/office/money").text
    assert "One sum is not what the gateway paid out" in words(page)
    assert f'<a href="{PAGE}">See what differs or is missing</a>' in page
    assert "Every rupee" not in page
    line("pay_OTHER")
    assert "2 sums are not what the gateway paid out" in words(manager.get("/office/money").text)


def test_every_office_page_counts_what_the_bank_did_not_get(
    manager: FlaskClient, rows: Rows
) -> None:
    line("pay_STRANGER")
    assert "Settlements 1 need you" in words(manager.get("/office/outbox").text)
    line("pay_OTHER")
    # counted once a minute, and by the pages that are about it
    assert "Settlements 1 need you" in words(manager.get("/office/outbox").text)
    for page in (PAGE, "/office/outbox"):
        assert "Settlements 2 need you" in words(manager.get(page).text)
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=True):
        line("pay_THIRD")
        assert "Settlements 3 need you" in words(manager.get("/office/outbox").text)


def test_a_settlement_says_what_arrives_and_what_the_gateway_took(
    manager: FlaskClient, rows: Rows
) -> None:
    rows.payment(rows.booking(), confirms=True, gateway_payment_id="pay_ABC")
    line("pay_ABC")
    line("adj_1", kind="adjustment", amount=100, credit=0, debit=100, fee=0, tax=0)
    (told,) = listed(manager, PAGE, "settlements")
    for fact in (
        "As in our books",
        "setl_ABCDEF",
        "UTR77",
        "₹180.00 (1)",
        "₹4.24",
        "₹0.64",
        "₹174.76",
    ):
        assert fact in told
    assert "No difference" in words(manager.get(PAGE).text)


def test_differences_stand_on_top_with_what_one_can_do(manager: FlaskClient, rows: Rows) -> None:
    rows.payment(rows.booking(), confirms=True, gateway_payment_id="pay_ABC")
    line("pay_ABC", amount=17000)
    line("pay_STRANGE")
    first, second = listed(manager, PAGE, "loose")
    assert "Another sum" in first
    assert "₹170.00 ours: ₹180.00" in first
    assert "Unknown here" in second
    for told in (first, second):
        assert "Look it up" in told
        assert "It is no difference" in told
    assert "2 differ" in listed(manager, PAGE, "settlements")[0]


def test_what_no_report_names_is_a_difference_too(manager: FlaskClient, rows: Rows) -> None:
    rows.payment(
        rows.booking(), confirms=True, captured_at=ago(days=6), gateway_payment_id="pay_GONE"
    )
    with transaction() as session:
        session.add(SettlementDay(day=ago(days=9).date(), read_at=clock.now()))
    (told,) = listed(manager, PAGE, "loose")
    assert told.startswith("In no report Payment pay_GONE")
    assert "Not named after 5 days" in told


def test_a_difference_is_cleared_with_a_word_only(manager: FlaskClient, rows: Rows) -> None:
    line("pay_STRANGE")
    (row,) = db.session.scalars(select(SettlementLine.id))
    address = f"{PAGE}/line/{row}/clear"
    manager.post(address, data={"note": "  "})
    assert "The books need a word" in words(manager.get(PAGE).text)
    manager.post(address, data={"note": "The café's own payment link"})
    assert listed(manager, PAGE, "loose") == []
    assert "The café's own payment link" in listed(manager, f"{PAGE}/setl_ABCDEF", "settled")[0]
    manager.post(address, data={"note": "Again"})
    assert "Somebody cleared this one already" in words(manager.get(PAGE).text)
    db.session.rollback()
    assert "settlement_cleared" in db.session.scalars(select(AuditEntry.action)).all()


def test_looking_up_settles_what_the_report_found_and_comes_back_here(
    manager: FlaskClient, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    sandbox.forget_settlements()
    show = cinema.showtime()
    sale(sandbox, show, "C4")
    lost = sale(sandbox, show, "C5", told=False)
    sandbox.settle(lost)
    read()
    button = re.search(r'action="([^"]*look-up[^"]*)"', manager.get(PAGE).text)
    assert button is not None
    answer = manager.post(button[1])
    assert answer.location == PAGE
    assert listed(manager, PAGE, "loose") == []


def test_looking_up_a_stranger_says_that_the_gateway_knows_none(
    manager: FlaskClient, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    cinema.showtime()
    line("pay_STRANGE")
    manager.post("/office/money/payment/pay_STRANGE/look-up?back=settlements")
    assert "The gateway knows no such payment" in words(manager.get(PAGE).text)


def test_reading_now_makes_the_last_days_due(manager: FlaskClient, rows: Rows) -> None:
    rows.payment(rows.booking(), confirms=True, captured_at=ago(days=2))
    assert manager.post(f"{PAGE}/read").status_code == 303
    assert len(db.session.scalars(select(SettlementDay.id)).all()) == 3


def test_a_settlement_is_shown_line_by_line_and_page_by_page(
    manager: FlaskClient, rows: Rows
) -> None:
    for number in range(51):
        line(f"pay_{number:03d}")
    assert len(listed(manager, f"{PAGE}/setl_ABCDEF", "settled")) == 50
    further = re.search(r'href="([^"]*after=\d+)"', manager.get(f"{PAGE}/setl_ABCDEF").text)
    assert further is not None
    assert len(listed(manager, further[1], "settled")) == 1
    assert manager.get(f"{PAGE}/setl_NOBODY").status_code == 404


def test_the_lines_go_into_a_spreadsheet(manager: FlaskClient, rows: Rows) -> None:
    line("pay_1", method="=cmd")
    line("pay_2", settlement_id="setl_OTHER")
    text = manager.get(f"{PAGE}.csv?settlement=setl_ABCDEF").get_data(as_text=True)
    (told,) = list(csv.reader(text.removeprefix("\ufeff").splitlines()))[1:]
    assert told[:2] == ["setl_ABCDEF", "UTR77"]
    assert told[7:12] == ["180.00", "4.24", "0.64", "175.76", "0.00"]
    assert "'=cmd" in told
    assert len(manager.get(f"{PAGE}.csv").get_data(as_text=True).splitlines()) == 3


@pytest.mark.parametrize("odd", ["before=x", "before=-1", "before=99999999999999"])
def test_an_address_that_makes_no_sense_shows_the_list(
    manager: FlaskClient, rows: Rows, odd: str
) -> None:
    line("pay_1")
    assert len(listed(manager, f"{PAGE}?{odd}", "settlements")) == 1
