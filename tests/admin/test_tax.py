"""Tax laws in the office: planned, taken out again, and never changed under what was sold."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from bookingapp.audit import AuditEntry
from bookingapp.catalogue.models import Price, TaxRule
from bookingapp.db import db, transaction
from tests.admin.reading import listed, words
from tests.admin.rows import Rows
from tests.booking.buyers import booking, hold
from tests.factories import Cinema

NOON = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)  # in Kochi
LAW = {"since": "2026-12-01", "limit": "200", "low": "7.5", "high": "28", "fee": "12"}
TODAY, TOMORROW = "2026-11-22", "2026-11-23"


@pytest.fixture(autouse=True)
def at_noon() -> Any:
    """Laws begin on days."""
    with time_machine.travel(NOON, tick=True):
        yield


def laws(manager: FlaskClient) -> list[str]:
    return listed(manager, "/office/tax", "laws")


def test_indias_laws_are_there_from_the_start(manager: FlaskClient, rows: Rows) -> None:
    assert laws(manager) == [
        "In force Monday 22 September 2025 5 % up to ₹100.00, 18 % above 18 % of a fee",
        "Over Tuesday 1 January 2019 12 % up to ₹100.00, 18 % above 18 % of a fee",
    ]


def test_a_law_holds_from_its_first_day_on(
    manager: FlaskClient, rows: Rows, cinema: Cinema
) -> None:
    assert manager.post("/office/tax", data=LAW | {"since": TOMORROW}).status_code == 303
    assert laws(manager)[0].startswith("Planned Monday 23 November 2026 7.5 % up to ₹200.00")
    showtime = cinema.showtime(NOON + timedelta(days=7), booking_fee=1_120)
    today = booking(hold(showtime, "C1"))
    assert (today.seats[0].tax_rate, today.fee_rate, today.fee_tax) == (1800, 1800, 171)
    # half past six in the evening in London is tomorrow in Kochi
    with time_machine.travel(datetime(2026, 11, 22, 18, 40, tzinfo=UTC), tick=True):
        tomorrow = booking(hold(showtime, "C2", who="ravi", email="ravi@example.com"))
    assert (tomorrow.seats[0].tax_rate, tomorrow.fee_rate, tomorrow.fee_tax) == (750, 1200, 120)


def test_a_planned_law_can_be_taken_out_and_one_with_sales_can_not(
    manager: FlaskClient, rows: Rows
) -> None:
    rows.booking("C1")
    manager.post("/office/tax", data=LAW)
    assert len(laws(manager)) == 3
    manager.post("/office/tax/2026-12-01/remove")
    assert len(laws(manager)) == 2
    manager.post("/office/tax/2025-09-22/remove")
    assert "Something was sold under the law" in words(manager.get("/office/tax").text)
    assert len(laws(manager)) == 2


def test_no_law_begins_on_a_day_that_something_was_sold_on(
    manager: FlaskClient, rows: Rows
) -> None:
    rows.booking("C1")
    refused = manager.post("/office/tax", data=LAW | {"since": TODAY})
    assert refused.status_code == 409
    assert "Let the new law begin tomorrow or later" in words(refused.text)
    assert 'value="7.5"' in refused.text


def test_before_the_first_sale_a_law_may_begin_today(manager: FlaskClient, rows: Rows) -> None:
    assert manager.post("/office/tax", data=LAW | {"since": TODAY}).status_code == 303
    assert laws(manager)[0].startswith("In force")


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("since", "soon", "Choose the day the law begins."),
        ("since", "2025-09-22", "A law begins on that day already."),
        ("limit", "a hundred", "Write a sum such as 100"),
        ("low", "", "Write a rate such as 5."),
        ("high", "101", "Write a rate such as 18."),
        ("fee", "-1", "Write a rate such as 18; 0 if a fee is not taxed."),
    ],
)
@pytest.mark.engine("sqlite")  # what is read of a form, not what a database does
def test_a_field_that_makes_no_sense_is_named(
    manager: FlaskClient, rows: Rows, field: str, text: str, said: str
) -> None:
    refused = manager.post("/office/tax", data=LAW | {field: text})
    assert refused.status_code in {409, 422}
    assert said in words(refused.text)
    assert len(laws(manager)) == 2


def test_one_rate_for_everything_needs_no_limit(manager: FlaskClient, rows: Rows) -> None:
    manager.post("/office/tax", data=LAW | {"limit": "", "low": ""})
    assert "Planned Tuesday 1 December 2026 28 % 12 % of a fee" in laws(manager)[0]


def test_prices_that_a_planned_law_has_no_rate_for_are_named_in_time(
    manager: FlaskClient, rows: Rows, cinema: Cinema
) -> None:
    with transaction() as session:
        session.execute(update(Price).where(Price.amount == 18_000).values(amount=22_000))
    manager.post("/office/tax", data=LAW)
    text = words(manager.get("/office/tax").text)
    assert "From Tuesday 1 December some prices fit neither rate" in text
    assert "Standard, Stalls, Adult: ₹220.00. Take ₹215.00 or ₹256.01." in text


@pytest.mark.settings(currency="EUR")
@pytest.mark.engine("sqlite")  # a setting, not what a database does
def test_another_currency_has_no_law_until_somebody_writes_one(
    manager: FlaskClient, rows: Rows, cinema: Cinema
) -> None:
    assert "nothing is taxed" in manager.get("/office/tax").text
    assert booking(hold(cinema.showtime(NOON + timedelta(days=3)), "C1")).tax == 0


def test_who_wrote_a_law_is_written_down(manager: FlaskClient, rows: Rows, app: Flask) -> None:
    manager.post("/office/tax", data=LAW)
    db.session.rollback()
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "tax.add")).one()
    assert entry.after == {
        "since": "2026-12-01", "fee_rate": 1200, "bands": [[20_000, 750], [None, 2800]],
    }  # fmt: skip
    assert entry.actor_id is not None
    assert db.session.scalar(select(TaxRule.id).where(TaxRule.since == date(2026, 12, 1)))
