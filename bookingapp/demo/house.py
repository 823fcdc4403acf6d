"""The demo cinema's walls: theater, screens, seat plans, prices. Writes rows, and reads them back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bookingapp.catalogue.models import (
    Movie,
    Price,
    PriceCard,
    Screen,
    Seat,
    SeatCategory,
    SeatKind,
    SeatPlan,
    Theater,
    TicketType,
)
from bookingapp.demo.films import FILMS, Film
from bookingapp.demo.halls import HALLS, SeatDraft
from bookingapp.demo.prices import CATEGORIES, RUPEES, TICKET_TYPES
from bookingapp.demo.week import ZONE
from bookingapp.posters import PosterFiles

THEATER = {
    "name": "The Lantern",
    "address": "14 Harbour Lane, Kochi",
    "phone": "0484 000 0000",
    "time_zone": ZONE.key,
    "opening_note": "Box office open from noon",
    "entry_note": "The film starts on time, without advertisements. The step-free entrance is on the harbour side.",
}
PAISE = 100


@dataclass(frozen=True)
class House:
    """The ids that showings and bookings need."""

    plans: dict[str, int]  # hall
    seats: dict[tuple[str, str], int]  # hall and seat
    movies: dict[str, int]  # film key
    cards: dict[str, int]
    ticket_types: tuple[int, ...]  # adult, child, senior
    prices: dict[tuple[int, str], tuple[int, ...]]  # card and category: adult, child, senior


def build(session: Session, posters: dict[str, PosterFiles], now: datetime) -> None:
    """Write everything that stands before the first showing."""
    theater = Theater(**THEATER)
    session.add(theater)
    session.flush()
    categories = _add_categories(session, theater.id)
    _add_prices(session, theater.id, categories)
    for hall in HALLS:
        screen = Screen(theater_id=theater.id, name=hall.name)
        session.add(screen)
        session.flush()
        plan = SeatPlan(screen_id=screen.id, version=1, published_at=now)
        session.add(plan)
        session.flush()
        seats = [_seat(draft, plan.id, categories) for draft in hall.seats]
        session.execute(insert(Seat), seats)
    session.add_all([_movie(film, posters[film.key]) for film in FILMS])
    session.flush()


def _add_categories(session: Session, theater_id: int) -> dict[str, int]:
    rows = [
        SeatCategory(theater_id=theater_id, name=name, look=look, position=position)
        for position, (name, look) in enumerate(CATEGORIES.items())
    ]
    session.add_all(rows)
    session.flush()
    return {row.name: row.id for row in rows}


def _add_prices(session: Session, theater_id: int, categories: dict[str, int]) -> None:
    types = [
        TicketType(theater_id=theater_id, name=name, position=position)
        for position, name in enumerate(TICKET_TYPES)
    ]
    cards = [PriceCard(theater_id=theater_id, name=name) for name in RUPEES]
    session.add_all([*types, *cards])
    session.flush()
    session.add_all(
        Price(
            price_card_id=card.id,
            ticket_type_id=kind.id,
            category_id=categories[category],
            amount=rupees * PAISE,
        )
        for card in cards
        for category, row in RUPEES[card.name].items()
        for kind, rupees in zip(types, row, strict=True)
    )


def _seat(draft: SeatDraft, plan_id: int, categories: dict[str, int]) -> dict[str, object]:
    return {
        "seat_plan_id": plan_id,
        "category_id": categories[draft.category],
        "row": draft.row,
        "number": draft.number,
        "name": draft.name,
        "x": draft.x,
        "y": draft.y,
        "kind": SeatKind(draft.kind),
    }


def _movie(film: Film, poster: PosterFiles) -> Movie:
    return Movie(
        slug=film.slug,
        title=film.title,
        short_title=film.short_title,
        original_title=film.original_title,
        genre=film.genre,
        duration_minutes=film.minutes,
        certificate=film.certificate,
        language=film.language,
        year=film.year,
        director=film.director,
        cast_names=film.cast,
        tagline=film.tagline,
        synopsis=film.synopsis,
        rights=film.rights,
        poster=poster.key,
        colour=poster.film,
        colour_ink=poster.film_ink,
    )


def find(session: Session) -> House | None:
    """The demo cinema of this database; None if there is none, or one that was rebuilt since."""
    theater = session.scalar(select(Theater).where(Theater.name == THEATER["name"]))
    keys = {film.slug: film.key for film in FILMS}
    movies = {
        keys[slug]: movie
        for slug, movie in session.execute(select(Movie.slug, Movie.id))
        if slug in keys
    }
    if theater is None or len(movies) < len(FILMS):
        return None
    plans = _plans(session, theater.id)
    cards = _named(session, PriceCard, theater.id)
    types = _named(session, TicketType, theater.id)
    if plans.keys() != {hall.name for hall in HALLS} or not cards.keys() >= RUPEES.keys():
        return None
    if not types.keys() >= set(TICKET_TYPES):
        return None
    ids = tuple(types[name] for name in TICKET_TYPES)
    return House(plans, _seats(session, plans), movies, cards, ids, _prices(session, ids))


def _plans(session: Session, theater_id: int) -> dict[str, int]:
    """Each hall's first plan, which the drawings in halls.py are."""
    statement = (
        select(Screen.name, SeatPlan.id)
        .join_from(SeatPlan, Screen)
        .where(Screen.theater_id == theater_id, SeatPlan.version == 1)
    )
    return {name: plan for name, plan in session.execute(statement)}  # noqa: C416 (rows, not pairs)


def _named(
    session: Session, table: type[PriceCard | TicketType], theater_id: int
) -> dict[str, int]:
    statement = select(table.name, table.id).where(table.theater_id == theater_id)
    return {name: row_id for name, row_id in session.execute(statement)}  # noqa: C416 (rows, not pairs)


def _seats(session: Session, plans: dict[str, int]) -> dict[tuple[str, str], int]:
    halls = {plan: hall for hall, plan in plans.items()}
    statement = select(Seat.seat_plan_id, Seat.name, Seat.id).where(Seat.seat_plan_id.in_(halls))
    return {(halls[plan], name): seat for plan, name, seat in session.execute(statement)}


def _prices(
    session: Session, ticket_types: tuple[int, ...]
) -> dict[tuple[int, str], tuple[int, ...]]:
    """What things cost now: the manager may have changed a card since."""
    statement = select(
        Price.price_card_id, SeatCategory.name, Price.ticket_type_id, Price.amount
    ).join(SeatCategory, SeatCategory.id == Price.category_id)
    amounts = {
        (card, category, kind): amount
        for card, category, kind, amount in session.execute(statement)
    }
    return {
        (card, category): tuple(amounts[card, category, kind] for kind in ticket_types)
        for card, category, kind in amounts
        if kind == ticket_types[0]
    }
