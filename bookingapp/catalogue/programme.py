"""Reads of what is on: showings of a span of days, and the films they show. Two statements a page.

Single showings and films are kept for a second, see kept.py.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, String, bindparam, func, select, type_coerce

from bookingapp.catalogue.kept import kept
from bookingapp.catalogue.models import Movie, Screen, Seat, SeatPlan, Showtime, ShowtimeState
from bookingapp.db import db, read

# A draft is the manager's, a moved showing goes on under another id.
SHOWN = (ShowtimeState.ON_SALE, ShowtimeState.OFF_SALE, ShowtimeState.CANCELLED)


class Showing(NamedTuple):
    """A showtime in a programme. `state` is a ShowtimeState's word, `capacity` counts all places."""

    id: int
    movie_id: int
    seat_plan_id: int
    price_card_id: int
    screen: str
    starts_at: datetime
    ends_at: datetime
    state: str
    note: str
    audio_language: str
    subtitles: str
    format: str
    on_sale_from: datetime | None
    on_sale_until: datetime | None
    capacity: int

    def particulars(self, of_film: str = "") -> tuple[str, ...]:
        """3D, languages, a note: what the film's own line of language does not say already."""
        own = ("" if self.format == "2D" else self.format, self.audio_language, self.subtitles)
        return tuple(word for word in (*own, self.note) if word and word not in of_film)


class Film(NamedTuple):
    """A movie as pages show it."""

    id: int
    slug: str
    title: str
    short_title: str
    original_title: str
    genre: str
    duration_minutes: int
    certificate: str
    language: str
    year: int | None
    director: str
    cast_names: str
    tagline: str
    synopsis: str
    rights: str
    poster: str
    colour: str
    colour_ink: str

    @property
    def short(self) -> str:
        """The title for a letterboard."""
        return self.short_title or self.title


# Built once, over the bare tables: most of a small read's time is the building of its statement.
_show, _plan, _screen, _movie, _seat = (
    table.__table__.c for table in (Showtime, SeatPlan, Screen, Movie, Seat)
)


def _showings(*which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Showings that fulfil all this. Seats are counted once a plan, and of these plans alone."""
    plans = select(_show.seat_plan_id).where(*which)
    sizes = (
        select(_seat.seat_plan_id, func.count().label("places"))
        .where(_seat.seat_plan_id.in_(plans))
        .group_by(_seat.seat_plan_id)
        .subquery()
    )
    return (
        select(
            _show.id, _show.movie_id, _show.seat_plan_id, _show.price_card_id, _screen.name,
            _show.starts_at, _show.ends_at, type_coerce(_show.state, String), _show.note, _show.audio_language,
            _show.subtitles, _show.format, _show.on_sale_from, _show.on_sale_until, sizes.c.places,
        )
        .join_from(Showtime.__table__, SeatPlan.__table__, _plan.id == _show.seat_plan_id)
        .join(sizes, sizes.c.seat_plan_id == _plan.id)
        .join(Screen.__table__, _screen.id == _plan.screen_id)
        .where(*which)
        .order_by(_show.starts_at, _show.id)
    )  # fmt: skip


_COMING = (_show.starts_at >= bindparam("since"), _show.state.in_(SHOWN))
_SPAN = _showings(*_COMING, _show.starts_at < bindparam("before"))
_OF_FILM = _showings(*_COMING, _show.movie_id == bindparam("movie"))
_ONE = _showings(_show.id == bindparam("showtime"), _show.state != ShowtimeState.DRAFT)
_FILMS = select(*(_movie[name] for name in Film._fields))
_SOME_FILMS = _FILMS.where(_movie.id.in_(bindparam("ids", expanding=True)))
_BY_SLUG = _FILMS.where(_movie.slug == bindparam("slug"))


def showings(since: datetime, before: datetime) -> list[Showing]:
    """What may be shown of the programme from one instant to another, in order."""
    return _read(_SPAN, since=since, before=before)


def showings_of(movie_id: int, since: datetime) -> list[Showing]:
    """A film's coming showings, in order."""
    return _read(_OF_FILM, since=since, movie=movie_id)


def showing(showtime_id: int) -> Showing | None:
    """One showing a customer may see; None for a draft as for none."""
    found = kept(("showing", showtime_id), lambda: _read(_ONE, showtime=showtime_id))
    return found[0] if found else None


def successor_of(showtime_id: int) -> int | None:
    """Where a moved showing went on."""
    return db.session.scalar(select(Showtime.id).where(Showtime.moved_from_id == showtime_id))


def films(ids: Collection[int]) -> Mapping[int, Film]:
    """Films by their id."""
    wanted = frozenset(ids)
    return kept(("films", wanted), lambda: _read_films(wanted)) if wanted else {}


def film_by_slug(slug: str) -> Film | None:
    """The film of an address."""
    row = read(_BY_SLUG, slug=slug).one_or_none()
    return Film._make(row) if row else None


def film(movie_id: int) -> Film | None:
    """A film by its id."""
    return films([movie_id]).get(movie_id)


def next_start(since: datetime) -> datetime | None:
    """When the first showing from an instant on begins; None when nothing is planned."""
    return db.session.scalar(
        select(func.min(Showtime.starts_at)).where(
            Showtime.starts_at >= since, Showtime.state.in_(SHOWN[:2])
        )
    )


def _read(statement: Select[*tuple[Any, ...]], **values: object) -> list[Showing]:
    return [Showing._make(row) for row in read(statement, **values)]


def _read_films(ids: Collection[int]) -> dict[int, Film]:
    rows = read(_SOME_FILMS, ids=list(ids))
    return {row[0]: Film._make(row) for row in rows}
