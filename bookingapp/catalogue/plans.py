"""Reads of halls: the places of a seat plan, their categories."""

from typing import NamedTuple

from sqlalchemy import String, bindparam, select, type_coerce

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


_S, _C = Seat.__table__.c, SeatCategory.__table__.c
_PLACES = (
    select(
        _S.id, _S.name, _S.row, _S.number, _S.x, _S.y, _S.category_id,
        type_coerce(_S.kind, String),
    )
    .where(_S.seat_plan_id == bindparam("plan"))
    .order_by(_S.y, _S.x)
)  # fmt: skip
_CATEGORIES = select(_C.id, _C.name, _C.look).where(_C.theater_id == bindparam("theater"))


def places(seat_plan_id: int) -> list[Place]:
    """All places of a plan, from the screen to the back and along each row."""
    return [Place._make(row) for row in db.session.execute(_PLACES, {"plan": seat_plan_id})]


def categories(theater_id: int) -> dict[int, Category]:
    """A theater's seat categories by id."""
    rows = db.session.execute(_CATEGORIES, {"theater": theater_id})
    return {row[0]: Category._make(row) for row in rows}
