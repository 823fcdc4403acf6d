"""Choosing seats: the plan, best seats, and showings that change meanwhile."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from bookingapp.catalogue.models import Price, Seat, SeatCategory, Showtime
from bookingapp.db import db, transaction
from tests.factories import Cinema
from tests.shop.choosing import hold, showtime, sunday, tag
from tests.shop.cinema_days import Statements, at, fill, plain, ticked, words

__all__ = ["showtime", "sunday"]


def test_each_seat_is_a_checkbox_with_its_name_kind_and_price(
    client: FlaskClient, showtime: int
) -> None:
    page = client.get(f"/showtime/{showtime}").text
    assert 'aria-label="A1, ₹120"' in tag(page, "A1")
    assert 'aria-label="C3, ₹180"' in tag(page, "C3")
    assert 'aria-label="D1, wheelchair place, ₹180"' in tag(page, "D1")
    assert 'aria-label="D2, companion seat, ₹180"' in tag(page, "D2")
    assert page.count('type="checkbox"') == 24
    assert ticked(page) == []


def test_the_plan_stands_on_half_seats_with_headings_rows_and_letters_in_the_aisle(
    client: FlaskClient, showtime: int
) -> None:
    page = client.get(f"/showtime/{showtime}").text
    assert 'class="plan w14"' in page
    assert "x1" in tag(page, "A1")
    assert "x9" in tag(page, "A4")
    assert page.count('<legend class="sr">Row B</legend><span class="letter x7"') == 1
    assert "Front ₹120" in plain(page)
    assert "Stalls ₹180" in plain(page)
    assert (
        page.index("look-front")
        < page.index("Row A")
        < page.index("look-stalls")
        < page.index("Row C")
    )


def test_the_page_says_what_when_where_and_how_many_are_free(
    client: FlaskClient, showtime: int
) -> None:
    assert "Sherlock Jr. Today 7:30 pm Hall 1 24 seats free" in words(
        client, f"/showtime/{showtime}"
    )


@pytest.mark.parametrize(
    ("starts", "said"),
    [
        ("2026-11-29 14:00", "Sun 29 Nov, 2:00 pm"),
        ("2026-11-23 00:15", "Night to Mon 23 Nov, 12:15 am"),
    ],
)
def test_another_day_and_the_hours_after_midnight_are_said_without_doubt(
    client: FlaskClient, cinema: Cinema, starts: str, said: str
) -> None:
    assert said in words(client, f"/showtime/{cinema.showtime(at(starts))}")


def test_a_seat_somebody_has_is_disabled_and_called_taken(
    app: Flask, client: FlaskClient, showtime: int
) -> None:
    hold(app.test_client(), showtime, "C3")
    fill(showtime, only=["B1"])
    page = client.get(f"/showtime/{showtime}").text
    assert tag(page, "C3").endswith("disabled>")
    assert 'aria-label="C3, taken"' in tag(page, "C3")
    assert 'aria-label="B1, not on sale"' in tag(page, "B1")
    assert "22 seats free" in plain(page)


def test_best_seats_ticks_two_together_near_the_sweet_spot(
    client: FlaskClient, showtime: int
) -> None:
    page = client.get(f"/showtime/{showtime}?together=2").text
    assert ticked(page) == ["C4", "C5"] or ticked(page) == ["C2", "C3"]
    assert f"{', '.join(ticked(page))} are ticked for you." in plain(page)
    assert "<option selected>2</option>" in page


def test_best_seats_says_so_when_they_are_not_together(client: FlaskClient, showtime: int) -> None:
    page = client.get(f"/showtime/{showtime}?together=4").text
    assert len(ticked(page)) == 4
    assert "4 together are no longer free." in plain(page)


def test_best_seats_says_how_many_are_free_when_they_are_too_few(
    client: FlaskClient, showtime: int
) -> None:
    fill(showtime, leave=["A1", "B2"])
    page = client.get(f"/showtime/{showtime}?together=3").text
    assert "Only 2 seats are free." in plain(page)
    assert ticked(page) == []


@pytest.mark.parametrize("asked", ["0", "-1", "11", "two", "٣", "9" * 50, ""])
def test_a_nonsense_number_of_seats_is_passed_over(
    client: FlaskClient, showtime: int, asked: str
) -> None:
    answer = client.get(f"/showtime/{showtime}?together={asked}")
    assert answer.status_code == 200
    assert ticked(answer.text) == []


def test_seats_of_the_address_are_ticked_if_they_are_free(
    app: Flask, client: FlaskClient, showtime: int
) -> None:
    hold(app.test_client(), showtime, "C3")
    page = client.get(f"/showtime/{showtime}?seat=C3&seat=C4&seat=Z9").text
    assert ticked(page) == ["C4"]


def test_the_number_of_statements_does_not_grow_with_the_hall(
    client: FlaskClient, showtime: int
) -> None:
    with Statements() as few:
        client.get(f"/showtime/{showtime}")
    plan = db.session.get_one(Showtime, showtime).seat_plan_id
    with transaction() as session:
        stalls = session.scalars(select(Seat.category_id).where(Seat.name == "C1")).one()
        session.add_all(
            Seat(seat_plan_id=plan, category_id=stalls, row="E", number=n, name=f"E{n}", x=2 * n, y=10)
            for n in range(1, 30)
        )  # fmt: skip
    with Statements() as many:
        client.get(f"/showtime/{showtime}")
    assert len(many.texts) == len(few.texts) <= 8


def test_a_changed_price_and_a_renamed_category_are_seen_at_once(
    client: FlaskClient, showtime: int
) -> None:
    assert "Stalls" in words(client, f"/showtime/{showtime}")
    with transaction() as session:
        session.execute(
            update(SeatCategory).where(SeatCategory.name == "Stalls").values(name="Pit")
        )
        session.execute(update(Price).values(amount=7700))
    said = words(client, f"/showtime/{showtime}")
    assert "Stalls" not in said
    assert "Pit" in said
    assert "₹77" in said
    assert "₹180" not in said
