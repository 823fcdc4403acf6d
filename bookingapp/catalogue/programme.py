"""Reads of what is on: showings of a span of days, and the films they show. Two statements a page."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, String, func, select, type_coerce

from bookingapp.catalogue.models import Movie, Screen, Seat, SeatPlan, Showtime, ShowtimeState
from bookingapp.db import db

# A draft is the manager's, a moved showing goes on under another id.
SHOWN = (ShowtimeState.ON_SALE, ShowtimeState.OFF_SALE, ShowtimeState.CANCELLED)


class Showing(NamedTuple):
    """A showtime in a programme. `state` is a ShowtimeState's word, `capacity` counts all places."""

    id: int
    movie_id: int
    seat_plan_id: int
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


def showings(
    since: datetime, before: datetime | None = None, movie_id: int | None = None
) -> list[Showing]:
    """What may be shown of the programme from one instant to another, in order."""
    statement = _showings().where(Showtime.starts_at >= since, Showtime.state.in_(SHOWN))
    if before is not None:
        statement = statement.where(Showtime.starts_at < before)
    if movie_id is not None:
        statement = statement.where(Showtime.movie_id == movie_id)
    return _read(statement.order_by(Showtime.starts_at, Showtime.id))


def showing(showtime_id: int) -> Showing | None:
    """One showing a customer may see; None for a draft as for none."""
    visible = Showtime.state != ShowtimeState.DRAFT
    found = _read(_showings().where(Showtime.id == showtime_id, visible))
    return found[0] if found else None


def successor_of(showtime_id: int) -> int | None:
    """Where a moved showing went on."""
    return db.session.scalar(select(Showtime.id).where(Showtime.moved_from_id == showtime_id))


def films(ids: Collection[int]) -> dict[int, Film]:
    """Films by their id."""
    rows = db.session.execute(_films().where(Movie.id.in_(ids))) if ids else ()
    return {row[0]: Film._make(row) for row in rows}


def film_by_slug(slug: str) -> Film | None:
    """The film of an address."""
    return _one_film(Movie.slug == slug)


def film(movie_id: int) -> Film | None:
    """A film by its id."""
    return _one_film(Movie.id == movie_id)


def next_start(since: datetime) -> datetime | None:
    """When the first showing from an instant on begins; None when nothing is planned."""
    return db.session.scalar(
        select(func.min(Showtime.starts_at)).where(
            Showtime.starts_at >= since, Showtime.state.in_(SHOWN[:2])
        )
    )


def _one_film(which: ColumnElement[bool]) -> Film | None:
    row = db.session.execute(_films().where(which)).one_or_none()
    return Film._make(row) if row else None


def _films() -> Select[*tuple[Any, ...]]:
    return select(*(getattr(Movie, name) for name in Film._fields))


def _showings() -> Select[*tuple[Any, ...]]:
    places = (
        select(Seat.seat_plan_id, func.count().label("places")).group_by(Seat.seat_plan_id)
    ).subquery()
    return (
        select(
            Showtime.id, Showtime.movie_id, Showtime.seat_plan_id, Screen.name,
            Showtime.starts_at, Showtime.ends_at, type_coerce(Showtime.state, String),
            Showtime.note, Showtime.audio_language, Showtime.subtitles, Showtime.format,
            Showtime.on_sale_from, Showtime.on_sale_until, places.c.places,
        )
        .join(SeatPlan, SeatPlan.id == Showtime.seat_plan_id)
        .join(places, places.c.seat_plan_id == SeatPlan.id)
        .join(Screen, Screen.id == SeatPlan.screen_id)
    )  # fmt: skip


def _read(statement: Select[*tuple[Any, ...]]) -> list[Showing]:
    return [Showing._make(row) for row in db.session.execute(statement)]
