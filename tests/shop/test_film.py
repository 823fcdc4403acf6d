"""A film's page, its two colours, its poster."""

import io
from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from time_machine import Traveller

from bookingapp import posters
from bookingapp.settings import Settings
from tests.factories import Cinema
from tests.shop.cinema_days import Statements, at, fill, words


@pytest.fixture(autouse=True)
def sunday() -> Iterator[Traveller]:
    """It is Sunday noon at the cinema."""
    with time_machine.travel(at("2026-11-22 12:00"), tick=False) as traveller:
        yield traveller


def test_a_film_shows_all_its_coming_showings_by_day(client: FlaskClient, cinema: Cinema) -> None:
    movie = cinema.movie("Sherlock Jr.", slug="sherlock-jr")
    for start in ("2026-11-21 15:00", "2026-11-22 14:30", "2026-11-23 15:00", "2026-12-24 20:00"):
        cinema.showtime(at(start), movie_id=movie)
    said = words(client, "/film/sherlock-jr")
    assert "Today 22 Nov 2:30 pm 24 seats Hall 1 Monday 23 Nov 3:00 pm" in said
    assert "Thu 24 Dec 24 Dec 8:00 pm" in said
    assert "21 Nov" not in said


def test_a_film_says_what_is_known_about_it_and_nothing_else(
    client: FlaskClient, cinema: Cinema
) -> None:
    cinema.movie(
        slug="known", director="Buster Keaton", synopsis="He sleeps.\n\nHe dreams.", year=1924
    )
    said = words(client, "/film/known")
    assert "Director Buster Keaton" in said
    assert "He sleeps. He dreams." in said
    assert "U 45 min Comedy 1924" in said
    assert "Original title" not in said


def test_a_full_showing_of_a_film_names_the_next_day_with_seats(
    client: FlaskClient, cinema: Cinema
) -> None:
    movie = cinema.movie(slug="full")
    fill(cinema.showtime(at("2026-11-22 18:00"), movie_id=movie))
    cinema.showtime(at("2026-11-24 15:00"), movie_id=movie)
    assert "6:00 is full. Tuesday at 3:00 has 24 seats." in words(client, "/film/full")


def test_a_film_that_is_not_on_says_so(client: FlaskClient, cinema: Cinema) -> None:
    cinema.movie(slug="gone")
    assert "Not in the programme just now" in words(client, "/film/gone")


def test_an_unknown_film_is_not_found(client: FlaskClient, cinema: Cinema) -> None:
    cinema.theater()
    assert client.get("/film/nothing").status_code == 404
    assert client.get("/film/nothing/colours.css").status_code == 404


def test_the_number_of_statements_does_not_grow_with_the_showings(
    client: FlaskClient, cinema: Cinema
) -> None:
    movie = cinema.movie(slug="often")
    cinema.showtime(at("2026-11-22 18:00"), movie_id=movie)
    with Statements() as few:
        client.get("/film/often")
    for day in range(23, 30):
        cinema.showtime(at(f"2026-11-{day} 18:00"), movie_id=movie)
    with Statements() as many:
        client.get("/film/often")
    assert len(many.texts) == len(few.texts) <= 4


def test_the_colours_are_a_stylesheet_of_their_own_that_caches_may_keep(
    client: FlaskClient, cinema: Cinema
) -> None:
    cinema.movie(slug="red", colour="#7c1432", colour_ink="#ffe9df")
    page = client.get("/film/red").text
    assert 'href="/film/red/colours.css?v=7c1432ffe9df"' in page
    answer = client.get("/film/red/colours.css?v=7c1432ffe9df")
    assert answer.text == ":root{--film:#7c1432;--film-ink:#ffe9df;}\n"
    assert answer.mimetype == "text/css"
    assert "public" in answer.headers["Cache-Control"]
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_colour_that_is_none_writes_no_css(client: FlaskClient, cinema: Cinema) -> None:
    cinema.movie(slug="odd", colour="red;}*{", colour_ink="#ffe9df")
    assert client.get("/film/odd/colours.css").text == ":root{--film-ink:#ffe9df;}\n"


def address(page: str, width: int) -> str:
    """The first poster of a page in this width."""
    return next(
        part for part in page.split('"') if part.startswith("/poster/") and f"-{width}." in part
    )


def test_a_stored_poster_is_served_for_ever_from_the_instance_folder(
    client: FlaskClient, cinema: Cinema, settings: Settings
) -> None:
    files = posters.save(Image.new("RGB", (400, 600), "#7c1432"), settings.instance / "posters")
    cinema.movie(slug="red", poster=files.key)
    answer = client.get(address(client.get("/film/red").text, 320))
    assert answer.mimetype == "image/webp"
    assert Image.open(io.BytesIO(answer.data)).size == (320, 480)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_film_without_a_poster_gets_one_drawn_from_its_title(
    app: Flask, client: FlaskClient, cinema: Cinema
) -> None:
    cinema.movie("The Unknown", slug="unknown")
    where = address(client.get("/film/unknown").text, 320)
    first = client.get(where)
    assert Image.open(io.BytesIO(first.data)).format == "WEBP"
    assert client.get(where.replace("-320.", "-208.")).status_code == 200
    assert app.test_client().get(where).data == first.data


def test_another_title_gets_another_poster_at_another_address(
    client: FlaskClient, cinema: Cinema
) -> None:
    cinema.movie("The Unknown", slug="unknown")
    cinema.movie("The Known", slug="known")
    one, other = (address(client.get(f"/film/{slug}").text, 320) for slug in ("unknown", "known"))
    assert client.get(one).data != client.get(other).data


@pytest.mark.parametrize(
    "path",
    [
        "/poster/1-drawn0000000000000000-208.webp",  # a title it never had
        "/poster/1-0123456789abcdef0123-208.webp",  # a file that is not there
        "/poster/1-..%2f..%2fsecret_key-208.webp",
        "/poster/99-drawn0000000000000000-208.webp",
    ],
)
def test_what_is_no_poster_is_not_found(client: FlaskClient, cinema: Cinema, path: str) -> None:
    cinema.movie()
    assert client.get(path).status_code == 404


def test_a_poster_comes_in_its_two_sizes_only(client: FlaskClient, cinema: Cinema) -> None:
    cinema.movie(slug="unknown")
    where = address(client.get("/film/unknown").text, 320)
    assert client.get(where.replace("-320.", "-4000.")).status_code == 404
