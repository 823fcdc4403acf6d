"""Factories with defaults: a test names only what it is about."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from bookingapp import clock
from bookingapp.accounts.models import Role, User
from bookingapp.catalogue.models import (
    Movie,
    Price,
    PriceCard,
    Screen,
    Seat,
    SeatCategory,
    SeatKind,
    SeatPlan,
    Showtime,
    ShowtimeState,
    Theater,
    TicketType,
)
from bookingapp.db import db, transaction

# A test's password needs no strength; hashing as slowly as in production would only cost time.
_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash


class Cinema:
    """A small cinema: rows A, B (front) and C, D (stalls) of six seats, an aisle in the middle.

    D1 is a wheelchair place, D2 its companion's. Adult: front 120, stalls 180 rupees; child half.
    """

    PASSWORD: ClassVar[str] = "correct horse battery staple"
    PRICES: ClassVar[dict[tuple[str, str], int]] = {
        ("Adult", "Front"): 12000,
        ("Adult", "Stalls"): 18000,
        ("Child", "Front"): 6000,
        ("Child", "Stalls"): 9000,
    }

    def __init__(self, app: Flask) -> None:
        self.app = app

    def theater(self, **values: Any) -> int:
        """The id of the theater; made with its hall, categories, ticket types and prices once."""
        with transaction() as session:
            found = session.scalar(select(Theater.id).order_by(Theater.id))
            return found or self._build(session, values)

    def movie(self, title: str = "Sherlock Jr.", **values: Any) -> int:
        """The id of a new movie."""
        with transaction() as session:
            number = len(session.scalars(select(Movie.id)).all()) + 1
            movie = Movie(**{"slug": f"film-{number}", "title": title, "duration_minutes": 45,
                             "genre": "Comedy", "certificate": "U", "language": "Silent", **values})  # fmt: skip
            session.add(movie)
            session.flush()
            return movie.id

    def showtime(
        self, starts_at: datetime | None = None, *, movie_id: int | None = None, **values: Any
    ) -> int:
        """The id of a new showing on sale, by default tomorrow about now."""
        self.theater()
        movie_id = movie_id or self.movie()
        starts_at = starts_at or clock.now() + timedelta(days=1)
        with transaction() as session:
            row = Showtime(
                **{
                    "movie_id": movie_id,
                    "seat_plan_id": session.scalars(
                        select(SeatPlan.id).order_by(SeatPlan.id)
                    ).first(),
                    "price_card_id": session.scalars(select(PriceCard.id)).first(),
                    "starts_at": starts_at,
                    "ends_at": starts_at + timedelta(minutes=90),
                    "state": ShowtimeState.ON_SALE,
                    "booking_fee": 0,
                    **values,
                }
            )
            session.add(row)
            session.flush()
            return row.id

    def staff(self, role: str) -> str:
        """The e-mail address of a person of this role, made once; the password is PASSWORD."""
        email = f"{role}@cinema.test"
        with transaction() as session:
            if session.scalar(select(User.id).where(User.email == email)) is None:
                session.add(
                    User(
                        email=email,
                        name=role.title(),
                        role=Role(role),
                        created_at=clock.now(),
                        password_hash=_hash(self.PASSWORD),
                        verified_at=clock.now(),
                    )
                )
        return email

    def second_plan(self, *names: str) -> int:
        """The id of another hall's plan with these seats, all in the stalls."""
        self.theater()
        with transaction() as session:
            stalls = session.scalars(
                select(SeatCategory).where(SeatCategory.look == "stalls")
            ).one()
            hall = Screen(theater_id=stalls.theater_id, name="Hall 2")
            session.add(hall)
            session.flush()
            plan = SeatPlan(screen_id=hall.id, version=1, published_at=clock.now())
            session.add(plan)
            session.flush()
            for number, name in enumerate(names):
                session.add(Seat(seat_plan_id=plan.id, category_id=stalls.id, row=name[:1],
                                 number=number, name=name, x=2 * number, y=0))  # fmt: skip
            return plan.id

    def ticket_type(self, name: str) -> int:
        """The id of a ticket type."""
        return db.session.scalars(select(TicketType.id).where(TicketType.name == name)).one()

    def _build(self, session: Session, values: dict[str, Any]) -> int:
        theater = Theater(
            **{
                "name": "The Lantern",
                "address": "14 Harbour Lane, Kochi",
                "phone": "0484 000 0000",
                "time_zone": "Asia/Kolkata",
                **values,
            }
        )
        session.add(theater)
        session.flush()
        screen = Screen(theater_id=theater.id, name="Hall 1")
        session.add(screen)
        session.flush()
        plan = SeatPlan(screen_id=screen.id, version=1, published_at=clock.now())
        front = SeatCategory(theater_id=theater.id, name="Front", look="front", position=0)
        stalls = SeatCategory(theater_id=theater.id, name="Stalls", look="stalls", position=1)
        card = PriceCard(theater_id=theater.id, name="Standard")
        types = [
            TicketType(theater_id=theater.id, name=n, position=i)
            for i, n in enumerate(("Adult", "Child"))
        ]
        session.add_all([plan, front, stalls, card, *types])
        session.flush()
        self._seats(session, plan.id, front.id, stalls.id)
        for kind in types:
            for category in (front, stalls):
                amount = self.PRICES[kind.name, category.name]
                session.add(Price(price_card_id=card.id, ticket_type_id=kind.id,
                                  category_id=category.id, amount=amount))  # fmt: skip
        return theater.id

    def _seats(self, session: Session, plan_id: int, front: int, stalls: int) -> None:
        special = {"D1": SeatKind.WHEELCHAIR, "D2": SeatKind.COMPANION}
        for y, row in enumerate("ABCD"):
            for number in range(1, 7):
                name = f"{row}{number}"
                # two half columns of aisle after the third seat
                x = 2 * (number - 1) + (2 if number > 3 else 0)
                session.add(
                    Seat(
                        seat_plan_id=plan_id,
                        category_id=front if row in "AB" else stalls,
                        row=row,
                        number=number,
                        name=name,
                        x=x,
                        y=2 * y,
                        kind=special.get(name, SeatKind.STANDARD),
                    )
                )
