"""Fill an empty database with the demo cinema, and keep a week ahead of it programmed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bookingapp import posters
from bookingapp.catalogue.models import Showtime, ShowtimeState, Theater
from bookingapp.clock import cinema_day, day_span
from bookingapp.db import transaction
from bookingapp.demo import guests, house, staff
from bookingapp.demo.crowd import crowds
from bookingapp.demo.films import BY_KEY
from bookingapp.demo.posters import POSTERS, draw
from bookingapp.demo.prices import card_of
from bookingapp.demo.rules import NotEmpty, NotInProduction
from bookingapp.demo.week import DAYS_AHEAD, ZONE, Show, programme
from bookingapp.settings import Settings


@dataclass(frozen=True)
class DemoReport:
    """What was added; `is_demo` is false where another cinema was found and left alone.

    `password` is the manager's while it is the one made at the fill.
    """

    is_demo: bool
    films: int = 0
    showings: int = 0
    bookings: int = 0
    password: str | None = None


def open_demo(now: datetime, settings: Settings) -> DemoReport:
    """What every start of the demo does: fill an empty database, else programme the coming days.

    A cinema that is not the demo's is left alone. Raises NotInProduction.
    """
    try:
        return fill(now, settings)
    except NotEmpty:
        return extend(now, settings)


def fill(now: datetime, settings: Settings) -> DemoReport:
    """The whole demo cinema, or nothing of it. Raises NotEmpty, NotInProduction."""
    if settings.production:
        raise NotInProduction
    _refuse_if_not_empty()
    pictures = hang_posters(settings.instance / "posters")
    password = staff.password(settings.instance)
    people = staff.people(password, now)
    with transaction() as session:
        _check_empty(session)
        session.add_all(people)
        house.build(session, pictures, now)
        showings, bookings = _programme(session, settings, now)
    return DemoReport(True, len(pictures), showings, bookings, password)


def extend(now: datetime, settings: Settings) -> DemoReport:
    """Programme those of the coming seven days on which nothing is planned. Raises NotInProduction."""
    if settings.production:
        raise NotInProduction
    with transaction() as session:
        if house.find(session) is None:
            return DemoReport(is_demo=False)
        showings, bookings = _programme(session, settings, now)
        stored = staff.stored_hash(session)
    return DemoReport(True, 0, showings, bookings, staff.still_right(settings.instance, stored))


def hang_posters(folder: Path) -> dict[str, posters.PosterFiles]:
    """Draw the season's posters and keep them in the folder that pages show them from."""
    return {key: posters.save(draw(key), folder) for key in POSTERS}


def _refuse_if_not_empty() -> None:
    """Ask before the posters are drawn, so that a second start takes no time."""
    with transaction() as session:
        _check_empty(session)


def _check_empty(session: Session) -> None:
    if session.scalar(select(Theater.id).limit(1)) is not None:
        raise NotEmpty


def _programme(session: Session, settings: Settings, now: datetime) -> tuple[int, int]:
    """Add the days that are missing, with their guests; gives how many showings and bookings."""
    cinema = house.find(session)
    theater = session.scalars(select(Theater)).first()
    if cinema is None or theater is None:
        return 0, 0
    first = cinema_day(now, ZONE.key, theater.day_starts_at)
    shares = crowds(programme(first), now)
    missing = {
        day
        for ahead in range(DAYS_AHEAD)
        if _is_free(session, day := first + timedelta(days=ahead), theater)
    }
    shows = [show for show in shares if show.starts.date() in missing]
    sales = _put_on_sale(session, cinema, {show: shares[show] for show in shows})
    return len(sales), guests.sell(session, cinema, sales, settings.currency, now)


def _is_free(session: Session, day: date, theater: Theater) -> bool:
    start, end = day_span(day, ZONE.key, theater.day_starts_at)
    planned = select(Showtime.id).where(Showtime.starts_at >= start, Showtime.starts_at < end)
    return session.scalar(planned.limit(1)) is None


def _put_on_sale(
    session: Session, cinema: house.House, shares: dict[Show, float]
) -> list[guests.Sale]:
    """Write the showings, on sale at once."""
    if not shares:
        return []
    rows = [_showtime(cinema, show) for show in shares]
    statement = insert(Showtime).returning(Showtime.id, sort_by_parameter_order=True)
    ids = session.scalars(statement, rows).all()
    return [
        guests.Sale(show, showtime_id, row["price_card_id"], shares[show])
        for showtime_id, row, show in zip(ids, rows, shares, strict=True)
    ]


def _showtime(cinema: house.House, show: Show) -> guests.Row:
    film = BY_KEY[show.film]
    return {
        "movie_id": cinema.movies[show.film],
        "seat_plan_id": cinema.plans[show.hall],
        "price_card_id": cinema.cards[card_of(show, film.minutes)],
        "starts_at": show.starts,
        "ends_at": show.ends,
        "audio_language": "Silent",
        "subtitles": "" if film.titles == "no titles" else film.titles,
        "note": film.live if show.live else "",
        "state": ShowtimeState.ON_SALE,
    }
