"""The programme of a day: letterboard, days, films, stubs, what to say when one is full."""

import re
from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from bookingapp.catalogue.models import ShowtimeState
from tests.factories import Cinema
from tests.shop.cinema_days import Statements, at, fill, plain, words

SUNDAY_NOON = at("2026-11-22 12:00")


@pytest.fixture(autouse=True)
def sunday() -> Iterator[Traveller]:
    """It is Sunday noon at the cinema."""
    with time_machine.travel(SUNDAY_NOON, tick=False) as clock:
        yield clock


def test_a_film_shows_its_stubs_with_the_seats_that_are_left(
    client: FlaskClient, cinema: Cinema
) -> None:
    movie = cinema.movie("Nosferatu", tagline="He would like to move to town.", genre="Horror")
    cinema.showtime(at("2026-11-22 14:30"), movie_id=movie)
    fill(cinema.showtime(at("2026-11-22 18:00"), movie_id=movie), leave=6)
    fill(cinema.showtime(at("2026-11-22 20:00"), movie_id=movie))
    cinema.showtime(at("2026-11-22 11:00"), movie_id=movie)
    said = words(client, "/")
    assert "11:00 am Started Hall 1" in said
    assert "2:30 pm 24 seats Hall 1" in said
    assert "6:00 pm 6 left Hall 1" in said
    assert "8:00 pm Sold out Hall 1" in said
    assert "45 min Horror Silent" in said


def test_a_held_seat_is_gone_from_the_count_until_its_time_is_over(
    client: FlaskClient, cinema: Cinema, sunday: Traveller
) -> None:
    showtime = cinema.showtime(at("2026-11-22 18:00"))
    assert client.post(f"/showtime/{showtime}/hold", data={"seat": ["C3", "C4"]}).status_code == 303
    assert "22 seats" in words(client, "/")
    sunday.shift(13 * 60)
    assert "24 seats" in words(client, "/")


def test_the_showing_with_seats_is_named_when_another_is_full(
    client: FlaskClient, cinema: Cinema
) -> None:
    movie = cinema.movie()
    cinema.showtime(at("2026-11-22 18:00"), movie_id=movie)
    fill(cinema.showtime(at("2026-11-22 19:45"), movie_id=movie))
    assert "7:45 is full. The 6:00 showing has 24 seats." in words(client, "/")


def test_a_later_showing_is_named_before_an_earlier_one(
    client: FlaskClient, cinema: Cinema
) -> None:
    movie = cinema.movie()
    cinema.showtime(at("2026-11-22 16:00"), movie_id=movie)
    fill(cinema.showtime(at("2026-11-22 18:00"), movie_id=movie))
    cinema.showtime(at("2026-11-22 21:00"), movie_id=movie)
    assert "6:00 is full. The 9:00 showing has 24 seats." in words(client, "/")


def test_another_day_is_named_when_the_day_is_full(client: FlaskClient, cinema: Cinema) -> None:
    movie = cinema.movie()
    fill(cinema.showtime(at("2026-11-22 18:00"), movie_id=movie))
    fill(cinema.showtime(at("2026-11-22 20:00"), movie_id=movie))
    cinema.showtime(at("2026-11-24 15:00"), movie_id=movie)
    assert "6:00, 8:00 are full. Tuesday at 3:00 has 24 seats." in words(client, "/")


def test_films_stand_in_the_order_of_their_next_showing_and_what_is_over_comes_last(
    client: FlaskClient, cinema: Cinema
) -> None:
    for title, hour in (("Over", "10:00"), ("Late", "21:00"), ("Soon", "13:00")):
        cinema.showtime(at(f"2026-11-22 {hour}"), movie_id=cinema.movie(title))
    page = client.get("/").text
    films = page.partition('class="films"')[2]
    assert sorted(("Over", "Late", "Soon"), key=films.index) == ["Soon", "Late", "Over"]


def test_a_cinema_without_any_showing_is_still_kind(client: FlaskClient, cinema: Cinema) -> None:
    cinema.theater()
    assert "The next programme is being made." in words(client, "/")


def test_the_page_stands_before_there_is_a_theater(client: FlaskClient) -> None:
    assert "Sunday at Matinee" in words(client, "/")


def test_later_this_week_names_films_that_are_not_on_today(
    client: FlaskClient, cinema: Cinema
) -> None:
    today, later = cinema.movie("On Today"), cinema.movie("On Tuesday")
    cinema.showtime(at("2026-11-22 18:00"), movie_id=today)
    cinema.showtime(at("2026-11-24 18:00"), movie_id=today)
    cinema.showtime(at("2026-11-24 15:00"), movie_id=later)
    cinema.showtime(at("2026-11-26 15:00"), movie_id=later)
    cinema.showtime(at("2026-12-24 15:00"), movie_id=cinema.movie("At Christmas"))
    reel = plain(client.get("/").text.partition('class="reel"')[2])
    assert "On Tuesday Tue from 3:00 pm" in reel
    assert "On Today" not in reel
    assert "At Christmas" not in reel


def test_drafts_and_moved_showings_are_not_shown_cancelled_ones_are_named(
    client: FlaskClient, cinema: Cinema
) -> None:
    for title, state in (("A Draft", "draft"), ("A Moved", "moved"), ("A Cancelled", "cancelled"), ("An Off", "off_sale")):  # fmt: skip
        cinema.showtime(
            at("2026-11-22 18:00"), movie_id=cinema.movie(title), state=ShowtimeState(state)
        )
    said = words(client, "/")
    assert "A Draft" not in said
    assert "A Moved" not in said
    assert "6:00 pm Cancelled" in said
    assert "6:00 pm Not on sale" in said


def test_markup_in_a_title_is_text_and_a_very_long_one_does_not_break_the_page(
    client: FlaskClient, cinema: Cinema
) -> None:
    nasty = '<b onclick="x()">O\'Brien & "Sons"</b> ' * 5
    movie = cinema.movie(nasty[:200], tagline="<script>alert(1)</script>", slug="o-brien")
    cinema.showtime(at("2026-11-22 18:00"), movie_id=movie, note="<i>live</i>")
    for path in ("/", "/film/o-brien"):
        page = client.get(path).text
        assert "<b onclick" not in page
        assert "<script>alert" not in page
        assert "<i>live" not in page
        assert "O&#39;Brien &amp; &#34;Sons&#34;" in page


def test_a_note_of_all_showings_is_a_fact_and_one_of_some_names_its_time(
    client: FlaskClient, cinema: Cinema
) -> None:
    both, one = cinema.movie("Both"), cinema.movie("One")
    for hour in (14, 18):
        cinema.showtime(at(f"2026-11-22 {hour}:00"), movie_id=both, note="Live piano")
    cinema.showtime(at("2026-11-22 15:00"), movie_id=one, note="Live organ")
    cinema.showtime(at("2026-11-22 19:00"), movie_id=one)
    said = words(client, "/")
    assert "Silent Live piano" in said
    assert "Live organ at 3:00." in said


def test_a_showing_in_3d_or_another_language_says_so_everywhere(
    client: FlaskClient, cinema: Cinema
) -> None:
    movie = cinema.movie(slug="film")
    cinema.showtime(at("2026-11-22 15:00"), movie_id=movie)
    other = cinema.showtime(
        at("2026-11-22 19:00"),
        movie_id=movie,
        format="3D",
        audio_language="Hindi",
        subtitles="English subtitles",
    )
    assert "3D, Hindi, English subtitles at 7:00." in words(client, "/")
    assert "3D, Hindi, English subtitles at 7:00." in words(client, "/film/film")
    assert "Hall 1 3D Hindi English subtitles" in words(client, f"/showtime/{other}")


def test_what_the_films_own_line_says_is_not_said_again(
    client: FlaskClient, cinema: Cinema
) -> None:
    movie = cinema.movie(slug="film", language="Silent, English titles")
    for hour in (15, 19):
        cinema.showtime(
            at(f"2026-11-22 {hour}:00"), movie_id=movie, audio_language="Silent",
            subtitles="English titles", note="Live organ" if hour == 19 else "",
        )  # fmt: skip
    for path in ("/", "/film/film"):
        said = words(client, path)
        assert "Live organ at 7:00." in said
        assert said.count("English titles") == 1


def test_the_number_of_statements_does_not_grow_with_the_programme(
    client: FlaskClient, cinema: Cinema
) -> None:
    movie = cinema.movie()
    cinema.showtime(at("2026-11-22 18:00"), movie_id=movie)
    with Statements() as few:
        client.get("/")
    for hour in range(13, 23):
        cinema.showtime(at(f"2026-11-22 {hour}:00"), movie_id=cinema.movie(f"Film {hour}"))
        cinema.showtime(at(f"2026-11-25 {hour}:00"), movie_id=movie)
    with Statements() as many:
        client.get("/")
    assert len(many.texts) <= len(few.texts) <= 5


@pytest.mark.engine("sqlite")  # PostgreSQL weighs its plans by what the tables hold
def test_no_page_reads_the_whole_history_of_sales(client: FlaskClient, cinema: Cinema) -> None:
    movie = cinema.movie(slug="film")
    showtime = cinema.showtime(at("2026-11-22 18:00"), movie_id=movie)
    client.post(f"/showtime/{showtime}/hold", data={"seat": "C3"})
    for path in ("/", "/film/film", f"/showtime/{showtime}"):
        with Statements() as asked:
            client.get(path)
        assert asked.texts
        assert [
            step for step in asked.steps() if re.match(r"SCAN (booking|booking_seat)\b", step)
        ] == []


def test_a_shared_link_says_what_is_on_under_the_public_address(
    client: FlaskClient, cinema: Cinema
) -> None:
    cinema.showtime(at("2026-11-22 18:00"), movie_id=cinema.movie("Nosferatu"))
    page = client.get("/", headers={"Host": "evil.example"}).text
    assert '<meta name="description" content="Nosferatu">' in page
    assert '<link rel="canonical" href="http://cinema.test/">' in page
    assert 'property="og:image" content="http://cinema.test/poster/' in page
    assert "evil.example" not in page


def test_a_reader_without_a_booking_gets_no_cookie(client: FlaskClient, cinema: Cinema) -> None:
    cinema.showtime(at("2026-11-22 18:00"))
    assert "Set-Cookie" not in client.get("/").headers


def test_a_notice_on_the_programme_is_for_one_visitor_alone(app: Flask, cinema: Cinema) -> None:
    cinema.showtime(at("2026-11-22 18:00"))
    first, second = app.test_client(), app.test_client()
    with first.session_transaction() as kept:
        kept["_flashes"] = [("info", "For you alone.")]
    assert "For you alone." in first.get("/").text
    assert "For you alone." not in second.get("/").text
    assert "For you alone." not in first.get("/").text
