"""The letterboard: the next four showings, whatever day they are on."""

from collections.abc import Iterator

import pytest
import time_machine
from flask.testing import FlaskClient
from time_machine import Traveller

from bookingapp.catalogue.models import ShowtimeState
from tests.factories import Cinema
from tests.shop.cinema_days import at, fill, plain, words


@pytest.fixture(autouse=True)
def sunday() -> Iterator[Traveller]:
    """It is Sunday noon at the cinema."""
    with time_machine.travel(at("2026-11-22 12:00"), tick=False) as clock:
        yield clock


def board(page: str) -> str:
    return plain(page.partition('class="board">')[2].partition("</section>")[0])


def test_the_board_shows_the_day_and_the_next_four_showings_each_a_way_to_its_seats(
    client: FlaskClient, cinema: Cinema
) -> None:
    ids = [
        cinema.showtime(at(f"2026-11-22 {hour}:30"), movie_id=cinema.movie(f"Film {hour}"))
        for hour in (11, 14, 15, 16, 17, 18)
    ]
    page = client.get("/").text
    sign = board(page)
    assert sign.startswith("Sunday at The Lantern")
    assert [f"Film {h}" in sign for h in (11, 14, 15, 16, 17, 18)] == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]
    lit = page.partition('class="board"')[2].partition("</section>")[0]
    assert [f'href="/showtime/{i}"' in lit for i in ids] == [False, True, True, True, True, False]


def test_a_sold_out_showing_stays_on_the_board_struck_and_leads_nowhere(
    client: FlaskClient, cinema: Cinema
) -> None:
    full = cinema.showtime(at("2026-11-22 14:30"))
    fill(full)
    page = client.get("/").text
    assert "Sold out" in board(page)
    assert 'class="struck"' in page
    assert f"/showtime/{full}" not in page


def test_the_board_goes_on_with_the_next_days_and_names_them(
    client: FlaskClient, cinema: Cinema, sunday: Traveller
) -> None:
    sunday.move_to(at("2026-11-22 20:30"))
    for title, start in (
        ("Begun", "22 19:00"), ("Tonight", "22 21:00"), ("Next", "23 15:00"), ("Third", "23 19:15"),
        ("Off", "23 20:00"), ("Fourth", "25 11:00"), ("Fifth", "25 18:00"),
    ):  # fmt: skip
        state = ShowtimeState.CANCELLED if title == "Off" else ShowtimeState.ON_SALE
        cinema.showtime(at(f"2026-11-{start}"), movie_id=cinema.movie(title), state=state)
    assert board(client.get("/").text) == (
        "Sunday at The Lantern Tonight 9:00 Next Mon 3:00 Third Mon 7:15 Fourth Wed 11:00"
    )


def test_the_board_of_a_day_without_showings_leads_to_the_next_ones(
    client: FlaskClient, cinema: Cinema
) -> None:
    cinema.showtime(at("2026-11-22 18:00"), movie_id=cinema.movie("Before"))
    cinema.showtime(at("2026-11-25 18:00"), movie_id=cinema.movie("After"))
    assert board(client.get("/day/2026-11-24").text) == "Tuesday at The Lantern After Wed 6:00"


@pytest.mark.parametrize(("now", "over"), [("20:59", False), ("21:00", True)])
def test_when_the_last_film_has_begun_the_page_says_so_and_leads_to_the_next_day(
    client: FlaskClient, cinema: Cinema, sunday: Traveller, now: str, over: bool
) -> None:
    cinema.showtime(at("2026-11-22 21:00"))
    cinema.showtime(at("2026-11-24 18:00"))
    sunday.move_to(at(f"2026-11-22 {now}"))
    said = words(client, "/")
    assert ("Today's last film has begun. See Tuesday 24 November" in said) is over
