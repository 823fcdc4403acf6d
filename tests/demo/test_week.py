"""A week's bill that a projectionist could run."""

from collections import Counter
from datetime import date, time, timedelta
from itertools import pairwise

import hypothesis.strategies as st
from hypothesis import given

from bookingapp.demo.films import BY_KEY, FILMS
from bookingapp.demo.halls import HALLS
from bookingapp.demo.week import CLEANING, Show, programme
from tests.demo.days import SUNDAY

days = st.dates(date(2024, 1, 1), date(2035, 1, 1))


def on(day: date) -> list[Show]:
    return programme(day, days=1)


@given(days)
def test_no_showing_starts_before_the_last_one_is_over_and_swept_away(first: date) -> None:
    for hall in HALLS:
        shows = [show for show in programme(first) if show.hall == hall.name]
        for earlier, later in pairwise(shows):
            assert later.starts - earlier.ends >= CLEANING, (earlier, later)


@given(days)
def test_a_day_has_seven_to_nine_showings_of_five_or_six_films(day: date) -> None:
    shows = on(day)
    assert 7 <= len(shows) <= 9
    assert 5 <= len({show.film for show in shows}) <= 6


@given(days)
def test_every_film_runs_within_any_week(first: date) -> None:
    assert {show.film for show in programme(first)} == {film.key for film in FILMS}


@given(days)
def test_every_day_goes_from_eleven_in_the_morning_to_a_late_show(day: date) -> None:
    starts = [show.starts.time() for show in on(day)]
    assert min(starts) == time(11, 0)
    assert max(starts) == time(23, 15)


@given(days)
def test_the_week_rolls_without_changing_a_day(first: date) -> None:
    tomorrow = first + timedelta(days=1)
    assert [show for show in programme(first) if show.starts.date() == tomorrow] == on(tomorrow)


@given(days)
def test_both_halls_play_every_day_and_the_studio_always_has_an_evening(day: date) -> None:
    assert {show.hall for show in on(day)} == {hall.name for hall in HALLS}
    assert any(show.hall == "Studio" and show.starts.time() == time(19, 45) for show in on(day))


def test_live_music_is_played_only_for_films_that_have_some() -> None:
    live = [show for show in programme(SUNDAY) if show.live]
    assert 5 <= len(live) <= 12
    assert all(BY_KEY[show.film].live for show in live)


def test_no_film_is_on_all_day_long() -> None:
    shows = programme(SUNDAY)
    assert max(Counter((show.starts.date(), show.film) for show in shows).values()) <= 2
