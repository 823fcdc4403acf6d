"""Reads of halls: the places of a seat plan, their categories."""

from typing import NamedTuple

from sqlalchemy import String, select, type_coerce

from bookingapp.catalogue.models import Seat, SeatCategory
from bookingapp.db import db


class Place(NamedTuple):
    """A seat on its plan. `x`, `y` are half-seat units; `kind` is a SeatKind's word."""

    id: int
    name: str
    row: str
    number: int
    x: int
    y: int
    category_id: int
    kind: str


class Category(NamedTuple):
    """A seat category; `look` picks its colour and shape."""

    id: int
    name: str
    look: str


def places(seat_plan_id: int) -> list[Place]:
    """All places of a plan, from the screen to the back and along each row."""
    statement = (
        select(
            Seat.id, Seat.name, Seat.row, Seat.number, Seat.x, Seat.y, Seat.category_id,
            type_coerce(Seat.kind, String),
        )
        .where(Seat.seat_plan_id == seat_plan_id)
        .order_by(Seat.y, Seat.x)
    )  # fmt: skip
    return [Place(*row) for row in db.session.execute(statement)]


def categories(theater_id: int) -> dict[int, Category]:
    """A theater's seat categories by id."""
    statement = select(SeatCategory.id, SeatCategory.name, SeatCategory.look).where(
        SeatCategory.theater_id == theater_id
    )
    return {row[0]: Category(*row) for row in db.session.execute(statement)}
