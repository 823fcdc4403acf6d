"""Reads of halls: the places of a seat plan, their categories."""

from typing import NamedTuple

from sqlalchemy import String, bindparam, select, type_coerce

from bookingapp.catalogue.models import Seat, SeatCategory
from bookingapp.db import read


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


_seat, _category = Seat.__table__.c, SeatCategory.__table__.c
_PLACES = (
    select(
        _seat.id, _seat.name, _seat.row, _seat.number, _seat.x, _seat.y,
        _seat.category_id, type_coerce(_seat.kind, String),
    )
    .where(_seat.seat_plan_id == bindparam("plan"))
    .order_by(_seat.y, _seat.x)
)  # fmt: skip
_CATEGORIES = select(_category.id, _category.name, _category.look).where(
    _category.theater_id == bindparam("theater")
)


def places(seat_plan_id: int) -> list[Place]:
    """All places of a plan, from the screen to the back and along each row."""
    return [Place._make(row) for row in read(_PLACES, plan=seat_plan_id)]


def categories(theater_id: int) -> dict[int, Category]:
    """A theater's seat categories by id."""
    rows = read(_CATEGORIES, theater=theater_id)
    return {row[0]: Category._make(row) for row in rows}
