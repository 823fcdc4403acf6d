"""The programme of a day and the page of a film, put together from a handful of statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from typing import NamedTuple

from bookingapp import clock
from bookingapp.catalogue import programme as catalogue
from bookingapp.catalogue.kept import kept
from bookingapp.catalogue.models import ShowtimeState
from bookingapp.catalogue.programme import Film, Showing
from bookingapp.catalogue.queries import Site, site
from bookingapp.catalogue.rules import Sale
from bookingapp.shop.stubs import Instead, Stub, free_of, instead, sale, stubs

WEEK = 7
ON_BOARD = 4


class FilmRow(NamedTuple):
    """A film on a day. `common`: particulars all share; `special`: stubs with some of their own;
    `late`: those after midnight.
    """

    film: Film
    stubs: tuple[Stub, ...]
    common: tuple[str, ...]
    special: tuple[Stub, ...]
    late: tuple[Stub, ...]
    instead: Instead | None


class Day(NamedTuple):
    """A day of the strip; one without showings rests."""

    day: date
    rests: bool


class Coming(NamedTuple):
    """A film of a later day and its first showing then."""

    film: Film
    first: Showing


class FilmDay(NamedTuple):
    """A film's showings of one day."""

    day: date
    stubs: list[Stub]
    instead: Instead | None


@dataclass(frozen=True)
class ProgrammePage:
    """All that a day's page shows. `board`: the next showings, of later days too where this one has
    fewer. `next_day`: the next one with showings. `over`: it is today, and everything has begun.
    """

    day: date
    today: date
    board: tuple[tuple[Film, Stub], ...]
    days: tuple[Day, ...]
    rows: tuple[FilmRow, ...]
    coming: tuple[Coming, ...]
    next_day: date | None
    over: bool


def programme(day: date | None = None) -> ProgrammePage:
    """A day's programme, today's by default."""
    here, now = site(), clock.now()
    today = here.today
    day = day or today
    week = kept(("week", here, today), lambda: _read_week(here, today))
    of_day = week.get(day) or _outside(here, day, today)
    later = [show for when, shows in week.items() if when > day for show in shows]
    next_of = _first_each(later)
    shown = {show.movie_id for show in of_day}
    lit = _lit([*of_day, *later], now)
    wanted = {*of_day, *lit, *(show for film, show in next_of.items() if film in shown)}
    free = free_of(show for show in wanted if show.starts_at > now)
    films = catalogue.films(shown | next_of.keys())
    of_stubs = stubs(of_day, free, now)
    others = stubs([next_of[film] for film in shown & next_of.keys()], free, now)
    return ProgrammePage(
        day=day,
        today=today,
        board=tuple((films[stub.showing.movie_id], stub) for stub in stubs(lit, free, now)),
        days=tuple(Day(d, d not in week) for d in _days(today)),
        rows=_rows(of_stubs, others, films, now),
        coming=tuple(Coming(films[i], show) for i, show in next_of.items() if i not in shown),
        next_day=_next_day(here, day, today, later),
        over=day == today and bool(of_day) and not any(show.starts_at > now for show in of_day),
    )


def film_days(film: Film) -> list[FilmDay]:
    """All coming showings of a film, day by day, from today on."""
    here, now = site(), clock.now()
    shows = catalogue.showings_of(film.id, here.span(here.today)[0])
    free = free_of(show for show in shows if show.starts_at > now)
    every = stubs(shows, free, now)
    days = groupby(every, key=lambda stub: here.day_of(stub.showing.starts_at))
    grouped = [(day, list(of_day)) for day, of_day in days]
    return [
        FilmDay(day, of_day, instead(of_day, _from(every, of_day[-1].showing.starts_at)))
        for day, of_day in grouped
    ]


def _lit(shows: Sequence[Showing], now: datetime) -> list[Showing]:
    """The next showings that one can buy or that are sold out: those the board has room for."""
    coming = (show for show in shows if sale(show, now) is Sale.OPEN)
    return list(islice(coming, ON_BOARD))


def _from(every: Sequence[Stub], instant: datetime) -> list[Stub]:
    return [stub for stub in every if stub.showing.starts_at > instant]


def _days(today: date) -> list[date]:
    return [today + timedelta(days=ahead) for ahead in range(WEEK)]


def _end(here: Site, today: date) -> datetime:
    return here.span(today + timedelta(days=WEEK - 1))[1]


def _read_week(here: Site, today: date) -> dict[date, list[Showing]]:
    """Showings by the programme day they belong to; days without one are not there."""
    shows = catalogue.showings(here.span(today)[0], _end(here, today))
    days = groupby(shows, key=lambda show: here.day_of(show.starts_at))
    return {day: list(of_day) for day, of_day in days}


def _outside(here: Site, day: date, today: date) -> list[Showing]:
    """The showings of a day that the week of the strip does not hold."""
    inside = today <= day < today + timedelta(days=WEEK)
    return [] if inside else catalogue.showings(*here.span(day))


def _first_each(shows: Sequence[Showing]) -> dict[int, Showing]:
    """Each film's first showing that takes place."""
    first: dict[int, Showing] = {}
    for show in shows:
        if show.state != ShowtimeState.CANCELLED:
            first.setdefault(show.movie_id, show)
    return first


def _next_day(here: Site, day: date, today: date, later: Sequence[Showing]) -> date | None:
    """The next day with showings; asked of the database only when the week holds none."""
    if later:
        return here.day_of(later[0].starts_at)
    start = catalogue.next_start(max(here.span(day)[1], _end(here, today)))
    return here.day_of(start) if start else None


def _rows(
    of_day: Sequence[Stub], others: Sequence[Stub], films: Mapping[int, Film], now: datetime
) -> tuple[FilmRow, ...]:
    """By film, the one whose next showing comes first on top, what is over below."""
    by_film: dict[int, list[Stub]] = {}
    for stub in of_day:
        by_film.setdefault(stub.showing.movie_id, []).append(stub)
    rows = [_row(films[film], group, others) for film, group in by_film.items()]
    return tuple(sorted(rows, key=lambda row: _next_start(row.stubs, now)))


def _next_start(group: Sequence[Stub], now: datetime) -> tuple[bool, datetime]:
    coming = [stub.showing.starts_at for stub in group if stub.showing.starts_at > now]
    return (False, coming[0]) if coming else (True, group[0].showing.starts_at)


def _row(film: Film, group: list[Stub], others: Sequence[Stub]) -> FilmRow:
    kinds = [stub.showing.particulars(film.language) for stub in group]
    same = len(set(kinds)) == 1
    return FilmRow(
        film=film,
        stubs=tuple(group),
        common=kinds[0] if same else (),
        late=tuple(s for s in group if site().after_midnight(s.showing.starts_at)),
        special=() if same else tuple(s for s, kind in zip(group, kinds, strict=True) if kind),
        instead=instead(group, [s for s in others if s.showing.movie_id == film.id]),
    )
