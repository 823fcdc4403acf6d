"""What a hold needs to know of the catalogue, read inside its transaction."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bookingapp import clock
from bookingapp.booking import rules
from bookingapp.catalogue.models import (
    Price,
    Screen,
    Seat,
    SeatPlan,
    Showtime,
    ShowtimeState,
    Theater,
    TicketType,
)
from bookingapp.db import ask

LARGEST_ID = 2**31 - 1  # an INTEGER of PostgreSQL; a larger number in an address is nobody's
# Built once, over the bare tables: most of a small read's time is the building of its statement.
_show, _plan, _screen, _theater, _seat, _price, _type = (
    table.__table__.c for table in (Showtime, SeatPlan, Screen, Theater, Seat, Price, TicketType)
)
_OF_SHOWTIME = (
    select(
        _show.id, _show.seat_plan_id, _show.price_card_id, _show.booking_fee, _theater.time_zone,
        _show.state, _show.starts_at, _show.on_sale_from, _show.on_sale_until,
    )
    .join_from(Showtime.__table__, SeatPlan.__table__, _plan.id == _show.seat_plan_id)
    .join(Screen.__table__, _screen.id == _plan.screen_id)
    .join(Theater.__table__, _theater.id == _screen.theater_id)
    .where(_show.id == bindparam("showtime"))
)  # fmt: skip
_PLACES = (
    select(_seat.id, _seat.name, _seat.category_id)
    .where(
        _seat.seat_plan_id == bindparam("plan"), _seat.name.in_(bindparam("names", expanding=True))
    )
    .order_by(_seat.id)
)
_STARTING_PRICES = (
    select(_price.category_id, _price.ticket_type_id, _price.amount)
    .join_from(Price.__table__, TicketType.__table__, _type.id == _price.ticket_type_id)
    .where(_price.price_card_id == bindparam("card"))
    .order_by(_type.position.desc(), _type.id.desc())
)
_PRICES = select(_price.ticket_type_id, _price.category_id, _price.amount).where(
    _price.price_card_id == bindparam("card")
)


class Sale(NamedTuple):
    """A showtime as far as selling it goes."""

    showtime_id: int
    seat_plan_id: int
    price_card_id: int
    booking_fee: int
    zone: str
    state: ShowtimeState
    starts_at: datetime
    on_sale_from: datetime | None
    on_sale_until: datetime | None

    def day(self, instant: datetime) -> date:
        """The date on the theater's wall, which says whose tax law holds."""
        return clock.local(instant, self.zone).date()


class Place(NamedTuple):
    """A seat of the plan."""

    id: int
    name: str
    category_id: int


def of_showtime(session: Session, showtime_id: int) -> Sale:
    """The sale of a showtime. Raises NotOnSale when there is no such showtime."""
    row = None
    if 0 < showtime_id <= LARGEST_ID:
        row = ask(session, _OF_SHOWTIME, showtime=showtime_id).one_or_none()
    if row is None:
        raise rules.NotOnSale
    return Sale._make(row)


def open_now(session: Session, showtime_id: int, now: datetime) -> Sale:
    """A sale that is open. Raises NotOnSale, ShowtimeStarted."""
    sale = of_showtime(session, showtime_id)
    rules.check_on_sale(sale.state, sale.starts_at, sale.on_sale_from, sale.on_sale_until, now)
    return sale


def places(session: Session, sale: Sale, names: Sequence[str]) -> list[Place]:
    """The named seats in id order. Raises UnknownSeat."""
    rows = ask(session, _PLACES, plan=sale.seat_plan_id, names=list(names))
    found = [Place._make(row) for row in rows]
    known = {place.name for place in found}
    for name in names:
        if name not in known:
            raise rules.UnknownSeat(name=name)
    return found


def starting_prices(session: Session, sale: Sale) -> dict[int, tuple[int, int]]:
    """Per category the first ticket type sold there, and its price."""
    rows = ask(session, _STARTING_PRICES, card=sale.price_card_id)
    # the last one written stays: the first by position
    return {category: (kind, amount) for category, kind, amount in rows}


def prices(session: Session, sale: Sale) -> dict[tuple[int, int], int]:
    """(ticket type, category) to price."""
    rows = ask(session, _PRICES, card=sale.price_card_id)
    return {(kind, category): amount for kind, category, amount in rows}
