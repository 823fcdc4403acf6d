"""Every film has all its facts, and they fit the columns and the pages they go to."""

import pytest

from bookingapp.catalogue.models import Movie
from bookingapp.demo.films import FILMS, Film
from bookingapp.demo.posters import POSTERS

CERTIFICATES = {"U", "UA 7+", "UA 13+", "UA 16+"}

every_film = pytest.mark.parametrize("film", FILMS, ids=lambda film: film.key)


def test_there_are_a_dozen_films_and_each_has_its_poster() -> None:
    assert len(FILMS) == 12
    assert {film.key for film in FILMS} == set(POSTERS)


def test_no_two_films_share_a_page() -> None:
    assert len({film.slug for film in FILMS}) == 12


@every_film
def test_a_film_has_all_its_facts(film: Film) -> None:
    assert all((film.title, film.director, film.cast, film.country, film.genre, film.language))
    assert 1895 <= film.year <= 1929
    assert 10 <= film.minutes <= 240
    assert film.certificate in CERTIFICATES


@every_film
def test_a_film_is_told_in_a_line_and_in_a_few_sentences(film: Film) -> None:
    assert 20 <= len(film.tagline) <= 110
    assert 2 <= sum(film.synopsis.count(end) for end in (". ", ".\n")) + 1 <= 4
    assert "!" not in film.synopsis


@every_film
def test_a_film_says_that_its_rights_vary_by_country(film: Film) -> None:
    assert film.rights.startswith("Public domain")
    assert "varies by country" in film.rights


@every_film
def test_a_films_facts_fit_their_columns(film: Film) -> None:
    widths = {name: column.type for name, column in Movie.__table__.columns.items()}
    for name, value in {
        "slug": film.slug,
        "title": film.title,
        "short_title": film.short_title,
        "original_title": film.original_title,
        "genre": film.genre,
        "certificate": film.certificate,
        "language": film.language,
        "director": film.director,
        "cast_names": film.cast,
        "tagline": film.tagline,
        "rights": film.rights,
    }.items():
        assert len(value) <= getattr(widths[name], "length", 0), name


@every_film
def test_a_poster_names_the_director_and_the_year(
    film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "bookingapp.posters.canvas.Sheet.credit",
        lambda _sheet, director, year, *_, **__: signed.append((director, year)),
    )
    POSTERS[film.key]()
    director, year = signed[0]
    assert year == str(film.year)
    assert director.split()[-1] in film.director
