"""Which day a showing belongs to, and what the days of the programme show."""

from collections.abc import Iterator

import pytest
import time_machine
from flask.testing import FlaskClient
from time_machine import Traveller

from tests.factories import Cinema
from tests.shop.cinema_days import at, plain, words

SUNDAY_NOON = at("2026-11-22 12:00")


@pytest.fixture(autouse=True)
def sunday() -> Iterator[Traveller]:
    """It is Sunday noon at the cinema."""
    with time_machine.travel(SUNDAY_NOON, tick=False) as clock:
        yield clock


def test_the_strip_shows_seven_days_and_lets_empty_ones_rest(
    client: FlaskClient, cinema: Cinema
) -> None:
    cinema.showtime(at("2026-11-22 18:00"))
    cinema.showtime(at("2026-11-25 18:00"))
    strip = client.get("/").text.partition('aria-label="Days">')[2].partition("</nav>")[0]
    assert plain(strip) == (
        "Today 22 Mon 23 no showings Tue 24 no showings Wed 25 Thu 26 no showings"
        " Fri 27 no showings Sat 28 no showings"
    )
    assert strip.count("<a ") == 2
    assert 'href="/day/2026-11-25"' in strip


def test_an_empty_day_says_so_and_leads_to_the_next_one(
    client: FlaskClient, cinema: Cinema
) -> None:
    cinema.showtime(at("2026-11-25 18:00"))
    page = client.get("/day/2026-11-24").text
    assert "No showings on Tuesday" in plain(page)
    assert "See Wednesday" in plain(page)
    assert 'href="/day/2026-11-25"' in page


def test_a_past_day_can_be_looked_at_and_sells_nothing(client: FlaskClient, cinema: Cinema) -> None:
    past = cinema.showtime(at("2026-11-20 18:00"))
    page = client.get("/day/2026-11-20").text
    assert "6:00 pm Started" in plain(page)
    assert f"/showtime/{past}" not in page


def test_a_far_day_beyond_the_strip_shows_and_sells(client: FlaskClient, cinema: Cinema) -> None:
    far = cinema.showtime(at("2026-12-24 18:00"))
    page = client.get("/day/2026-12-24").text
    assert "Thu 24 Dec at The Lantern" in plain(page)
    assert f"/showtime/{far}" in page


@pytest.mark.parametrize(
    "day", ["2026-02-30", "20261122", "2026-W47-7", "yesterday", "0001-01-01", "9999-12-31", "2026-11-22x"]
)  # fmt: skip
def test_what_is_no_day_is_answered_kindly(client: FlaskClient, cinema: Cinema, day: str) -> None:
    cinema.theater()
    answer = client.get(f"/day/{day}")
    assert answer.status_code == 404
    assert "The programme is one tap away" in answer.text


@pytest.mark.parametrize(
    ("now", "heading"),
    [
        ("2026-11-22 23:59", "Sunday at The Lantern"),
        ("2026-11-23 00:10", "Sunday at The Lantern"),
        ("2026-11-23 03:59", "Sunday at The Lantern"),
        ("2026-11-23 04:00", "Monday at The Lantern"),
    ],
)
def test_the_day_lasts_until_four_in_the_morning(
    client: FlaskClient, cinema: Cinema, sunday: Traveller, now: str, heading: str
) -> None:
    sunday.move_to(at(now))
    night = cinema.showtime(at("2026-11-23 00:15"))
    said = client.get("/").text
    assert heading in plain(said)
    assert (f"/showtime/{night}" in said) == (at(now) < at("2026-11-23 00:15"))


def test_a_show_after_midnight_belongs_to_the_night_before_and_says_its_calendar_day(
    client: FlaskClient, cinema: Cinema
) -> None:
    cinema.showtime(at("2026-11-23 00:15"))
    assert "12:15 am is after midnight, Monday by the calendar." in words(client, "/")
    assert "No showings on Monday" in words(client, "/day/2026-11-23")


@pytest.mark.parametrize(
    ("wall_clock", "day"),
    [
        (
            "2026-10-25 03:30",
            "2026-10-24",
        ),  # clocks went back at three: this night is an hour longer
        ("2026-10-25 04:00", "2026-10-25"),
        ("2026-03-29 03:30", "2026-03-28"),  # clocks went forward at two
        ("2026-03-29 04:00", "2026-03-29"),
        ("2026-03-29 23:00", "2026-03-29"),
    ],
)
def test_the_day_keeps_to_the_wall_clock_when_the_clocks_change(
    client: FlaskClient, cinema: Cinema, sunday: Traveller, wall_clock: str, day: str
) -> None:
    cinema.theater(time_zone="Europe/Berlin")
    sunday.move_to(at("2026-03-20 12:00"))
    showtime = cinema.showtime(at(wall_clock, "Europe/Berlin"))
    assert f"/showtime/{showtime}" in client.get(f"/day/{day}").text
