"""Price cards in the office: saved, refused with the neighbours of a price that fits no rate, copied."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from bookingapp.audit import AuditEntry
from bookingapp.catalogue.models import Price, PriceCard, SeatCategory, TicketType
from bookingapp.db import db
from tests.admin.reading import words
from tests.admin.rows import Rows
from tests.booking.buyers import booking, hold
from tests.factories import Cinema


def form(card: int = 1) -> dict[str, str]:
    """What stands in the fields of a card, in rupees."""
    db.session.rollback()
    rows = db.session.scalars(select(Price).where(Price.price_card_id == card))
    return {f"p{card}-{p.ticket_type_id}-{p.category_id}": str(p.amount // 100) for p in rows}


def cell(kind: str, category: str, card: int = 1) -> str:
    """The name of a field."""
    db.session.rollback()
    kind_id = db.session.scalar(select(TicketType.id).where(TicketType.name == kind))
    place = db.session.scalar(select(SeatCategory.id).where(SeatCategory.name == category))
    return f"p{card}-{kind_id}-{place}"


def price(kind: str, category: str, card: int = 1) -> int | None:
    """What it costs now."""
    db.session.rollback()
    return db.session.scalar(
        select(Price.amount)
        .join(TicketType, TicketType.id == Price.ticket_type_id)
        .join(SeatCategory, SeatCategory.id == Price.category_id)
        .where(Price.price_card_id == card, TicketType.name == kind, SeatCategory.name == category)
    )


def test_a_new_price_is_what_the_next_buyer_pays_and_what_is_held_keeps_its_own(
    manager: FlaskClient, rows: Rows, cinema: Cinema
) -> None:
    showtime = cinema.showtime()
    before = hold(showtime, "C1", who="asha")
    saved = manager.post("/office/prices/1", data=form() | {cell("Adult", "Stalls"): "₹1,200.50"})
    assert saved.status_code == 303
    after = hold(showtime, "C2", who="ravi", email="ravi@example.com")
    assert (booking(before).total, booking(after).total) == (18_000, 120_050)


def test_a_price_that_fits_neither_rate_is_refused_with_its_neighbours_and_all_that_was_typed(
    manager: FlaskClient, rows: Rows
) -> None:
    typed = form() | {cell("Adult", "Front"): "110", cell("Child", "Front"): "77"}
    refused = manager.post("/office/prices/1", data=typed)
    assert refused.status_code == 422
    assert "₹110.00 fits neither tax rate: take ₹105.00 or ₹118.01." in words(refused.text)
    assert 'value="110"' in refused.text
    assert 'value="77"' in refused.text
    assert (price("Adult", "Front"), price("Child", "Front")) == (12_000, 6_000)


def test_both_neighbours_can_be_sold(manager: FlaskClient, rows: Rows) -> None:
    for text, amount in (("105", 10_500), ("118.01", 11_801)):
        manager.post("/office/prices/1", data=form() | {cell("Adult", "Front"): text})
        assert price("Adult", "Front") == amount


@pytest.mark.parametrize("text", ["0.01", "0.99"])
def test_a_price_that_nobody_can_pay_is_refused_at_its_field(
    manager: FlaskClient, rows: Rows, text: str
) -> None:
    refused = manager.post("/office/prices/1", data=form() | {cell("Child", "Front"): text})
    assert refused.status_code == 422
    told = "Nobody can pay less than ₹1.00: take that, or 0 for a ticket that is free."
    assert told in words(refused.text)
    assert f'value="{text}"' in refused.text
    assert price("Child", "Front") == 6_000


def test_the_smallest_price_that_can_be_paid_is_taken(manager: FlaskClient, rows: Rows) -> None:
    manager.post("/office/prices/1", data=form() | {cell("Child", "Front"): "1"})
    assert price("Child", "Front") == 100


def test_an_empty_field_is_a_ticket_that_is_not_sold_there(
    manager: FlaskClient, rows: Rows
) -> None:
    manager.post("/office/prices/1", data=form() | {cell("Child", "Stalls"): ""})
    assert price("Child", "Stalls") is None
    manager.post("/office/prices/1", data=form() | {cell("Child", "Stalls"): "0"})
    assert price("Child", "Stalls") == 0


def test_what_is_no_sum_of_money_is_refused_at_its_field(manager: FlaskClient, rows: Rows) -> None:
    for text in ("-5", "1.005", "many", "9" * 12, "١٢"):
        refused = manager.post("/office/prices/1", data=form() | {cell("Adult", "Front"): text})
        assert refused.status_code == 422, text
        assert "Write a sum such as 180 or 99.50" in words(refused.text)
    assert price("Adult", "Front") == 12_000


def test_a_card_is_made_from_another_one(manager: FlaskClient, rows: Rows) -> None:
    made = manager.post("/office/prices", data={"name": " Holidays  and feasts ", "like": "1"})
    assert made.status_code == 303
    card = db.session.scalars(select(PriceCard).where(PriceCard.id != 1)).one()
    assert card.name == "Holidays and feasts"
    assert price("Adult", "Stalls", card.id) == 18_000
    for name, said in (("Holidays and feasts", "There is a card called"), (" ", "has no name")):
        refused = manager.post("/office/prices", data={"name": name, "like": "1"})
        assert said in words(refused.text)


def test_who_changed_a_price_is_written_down(manager: FlaskClient, rows: Rows, app: Flask) -> None:
    field = cell("Adult", "Stalls")
    manager.post("/office/prices/1", data=form() | {field: "200"})
    manager.post("/office/prices/1", data=form())
    db.session.rollback()
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "prices.set")).one()
    key = field.removeprefix("p1-").replace("-", "/")
    assert (entry.before, entry.after) == ({key: 18_000}, {key: 20_000})
    assert entry.actor_id is not None
