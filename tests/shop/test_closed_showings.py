"""Showings that do not sell, are full, moved or not there."""

import re
from collections.abc import Iterator

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from time_machine import Traveller

from bookingapp.catalogue.models import Price, Seat, ShowtimeState
from bookingapp.db import transaction
from tests.factories import Cinema
from tests.shop.cinema_days import at, fill, plain, words


@pytest.fixture(autouse=True)
def sunday() -> Iterator[Traveller]:
    """It is Sunday noon at the cinema."""
    with time_machine.travel(at("2026-11-22 12:00"), tick=False) as traveller:
        yield traveller


@pytest.fixture
def showtime(cinema: Cinema) -> int:
    """Tonight at half past seven."""
    return cinema.showtime(at("2026-11-22 19:30"))


def tag(page: str, seat: str) -> str:
    """A seat's checkbox."""
    found = re.search(rf'<input type="checkbox"[^>]* value="{seat}"[^>]*>', page)
    assert found, seat
    return found.group()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"state": ShowtimeState.CANCELLED}, "This showing is off."),
        ({"state": ShowtimeState.OFF_SALE}, "No tickets online for this showing."),
        ({"starts_at": at("2026-11-22 11:00")}, "This showing has started."),
        (
            {"on_sale_from": at("2026-11-22 18:00")},
            "Not on sale yet. Tickets can be had from Sunday 22 November, 6:00 pm.",
        ),
        ({"on_sale_until": at("2026-11-22 11:59")}, "No tickets online for this showing."),
    ],
)
def test_a_showing_that_does_not_sell_says_why_and_offers_no_seats(
    client: FlaskClient, cinema: Cinema, values: dict[str, object], said: str
) -> None:
    showtime = cinema.showtime(**{"starts_at": at("2026-11-22 19:30"), **values})  # type: ignore[arg-type]
    page = client.get(f"/showtime/{showtime}").text
    assert said in plain(page)
    assert 'type="checkbox"' not in page
    assert "Hold seats" not in plain(page)
    assert client.post(f"/showtime/{showtime}/hold", data={"seat": "C3"}).status_code == 409


def test_a_showing_that_does_not_sell_leads_to_one_that_does(
    client: FlaskClient, cinema: Cinema
) -> None:
    movie = cinema.movie(slug="sherlock-jr")
    over = cinema.showtime(at("2026-11-22 11:00"), movie_id=movie)
    assert 'href="/film/sherlock-jr"' in client.get(f"/showtime/{over}").text


def test_a_full_showing_names_another_with_seats(client: FlaskClient, cinema: Cinema) -> None:
    movie = cinema.movie()
    full = cinema.showtime(at("2026-11-22 19:45"), movie_id=movie)
    cinema.showtime(at("2026-11-22 18:00"), movie_id=movie)
    fill(full)
    said = words(client, f"/showtime/{full}")
    assert "This showing is full." in said
    assert "7:45 is full. The 6:00 showing has 24 seats." in said


def test_a_draft_is_not_there(client: FlaskClient, cinema: Cinema) -> None:
    draft = cinema.showtime(state=ShowtimeState.DRAFT)
    assert client.get(f"/showtime/{draft}").status_code == 404
    assert client.get("/showtime/999999").status_code == 404
    assert client.post("/showtime/999999/hold", data={"seat": "A1"}).status_code == 404


def test_the_address_of_a_moved_showing_leads_to_where_it_went(
    client: FlaskClient, cinema: Cinema
) -> None:
    old = cinema.showtime(at("2026-11-22 19:30"), state=ShowtimeState.MOVED)
    new = cinema.showtime(at("2026-11-22 21:00"), moved_from_id=old)
    answer = client.get(f"/showtime/{old}", follow_redirects=True)
    assert answer.request.path == f"/showtime/{new}"
    assert "This showing has another time or hall now." in plain(answer.text)


def test_a_category_without_a_price_is_not_on_sale(client: FlaskClient, showtime: int) -> None:
    with transaction() as session:
        front = session.scalars(select(Seat.category_id).where(Seat.name == "A1")).one()
        session.execute(delete(Price).where(Price.category_id == front))
    page = client.get(f"/showtime/{showtime}").text
    assert 'aria-label="A1, not on sale"' in tag(page, "A1")
    assert "12 seats free" in plain(page)
