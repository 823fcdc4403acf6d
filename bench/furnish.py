"""What the demo cinema lacks for measuring: a hall of 300 seats, and showings enough to sell from."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bookingapp import clock
from bookingapp.booking.models import BookingSeat
from bookingapp.catalogue.models import (
    Movie,
    Price,
    Screen,
    Seat,
    SeatPlan,
    Showtime,
    ShowtimeState,
    Theater,
)
from bookingapp.db import db, transaction

HALL = "The bench"
ROWS, ACROSS = 15, 20
SHOWINGS_EACH = 30
# Far enough that the programme's week does not show them.
AFTER_DAYS = 20


def add() -> None:
    """A 300-seat hall, a third of one showing taken; 30 showings more in each hall, far ahead."""
    with transaction() as session:
        plans = list(session.scalars(select(SeatPlan.id)))
        session.add(plan := _hall(session))
        session.flush()
        start = clock.now() + timedelta(days=AFTER_DAYS)
        session.add_all(
            _showing(session, plan_id, start, i) for plan_id in plans for i in range(SHOWINGS_EACH)
        )
        session.add(big := _showing(session, plan.id, start, 0))
        session.flush()
        _take_a_third(session, big)


def big_showing() -> int:
    """The showing in the hall of 300 seats."""
    found = select(Showtime.id).join(SeatPlan).join(Screen).where(Screen.name == HALL)
    return db.session.scalars(found.limit(1)).one()


def to_sell() -> list[int]:
    """The showings that purchases choose from."""
    since = clock.now() + timedelta(days=AFTER_DAYS - 1)
    found = select(Showtime.id).join(SeatPlan).join(Screen)
    return list(db.session.scalars(found.where(Showtime.starts_at > since, Screen.name != HALL)))


def _hall(session: Session) -> SeatPlan:
    theater = session.scalars(select(Theater.id)).first()
    screen = Screen(theater_id=theater, name=HALL)
    session.add(screen)
    session.flush()
    plan = SeatPlan(screen_id=screen.id, version=1, published_at=clock.now())
    session.add(plan)
    session.flush()
    categories = list(
        session.scalars(select(Price.category_id).distinct().order_by(Price.category_id))
    )
    for y in range(ROWS):
        row = chr(ord("A") + y)
        category = categories[min(y * len(categories) // ROWS, len(categories) - 1)]
        session.add_all(
            Seat(seat_plan_id=plan.id, category_id=category, row=row, number=n, name=f"{row}{n}",
                 x=2 * n + (2 if n > ACROSS // 2 else 0), y=2 * y)
            for n in range(1, ACROSS + 1)
        )  # fmt: skip
    return plan


def _showing(session: Session, plan_id: int, first: datetime, index: int) -> Showtime:
    like = session.scalars(select(Showtime).order_by(Showtime.id)).first()
    movies = list(session.scalars(select(Movie.id).order_by(Movie.id)))
    if like is None:
        raise RuntimeError("the demo has no showing")
    start = first + timedelta(hours=3 * index)
    return Showtime(
        movie_id=movies[index % len(movies)], seat_plan_id=plan_id, price_card_id=like.price_card_id,
        starts_at=start, ends_at=start + timedelta(hours=2), state=ShowtimeState.ON_SALE,
        booking_fee=0,
    )  # fmt: skip


def _take_a_third(session: Session, show: Showtime) -> None:
    seats = session.scalars(select(Seat.id).where(Seat.seat_plan_id == show.seat_plan_id)).all()
    session.add_all(
        BookingSeat(
            showtime_id=show.id, seat_id=seat, seat_plan_id=show.seat_plan_id, reason="house"
        )
        for seat in seats[::3]
    )
