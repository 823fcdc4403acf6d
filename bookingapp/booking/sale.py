"""What a hold needs to know of the catalogue, read inside its transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bookingapp import clock
from bookingapp.booking import rules
from bookingapp.catalogue.models import Price, Screen, Seat, SeatPlan, Showtime, Theater, TicketType

LARGEST_ID = 2**31 - 1  # an INTEGER of PostgreSQL; a larger number in an address is nobody's
_OF_SHOWTIME = (
    select(Showtime, Theater.time_zone)
    .join(SeatPlan, SeatPlan.id == Showtime.seat_plan_id)
    .join(Screen, Screen.id == SeatPlan.screen_id)
    .join(Theater, Theater.id == Screen.theater_id)
    .where(Showtime.id == bindparam("showtime"))
)


@dataclass(frozen=True)
class Sale:
    """A showtime as far as selling it goes."""

    showtime_id: int
    seat_plan_id: int
    price_card_id: int
    booking_fee: int
    zone: str

    def day(self, instant: datetime) -> date:
        """The date on the theater's wall, which says whose tax law holds."""
        return clock.local(instant, self.zone).date()


@dataclass(frozen=True)
class Place:
    """A seat of the plan."""

    id: int
    name: str
    category_id: int


def of_showtime(session: Session, showtime_id: int) -> tuple[Sale, Showtime]:
    """The sale and its showtime. Raises NotOnSale when there is no such showtime."""
    row = None
    if 0 < showtime_id <= LARGEST_ID:
        row = session.execute(_OF_SHOWTIME, {"showtime": showtime_id}).one_or_none()
    if row is None:
        raise rules.NotOnSale
    show, zone = row
    return Sale(show.id, show.seat_plan_id, show.price_card_id, show.booking_fee, zone), show


def open_now(session: Session, showtime_id: int, now: datetime) -> Sale:
    """A sale that is open. Raises NotOnSale, ShowtimeStarted."""
    sale, show = of_showtime(session, showtime_id)
    rules.check_on_sale(show.state, show.starts_at, show.on_sale_from, show.on_sale_until, now)
    return sale


def places(session: Session, sale: Sale, names: Sequence[str]) -> list[Place]:
    """The named seats in id order. Raises UnknownSeat."""
    rows = session.execute(
        select(Seat.id, Seat.name, Seat.category_id)
        .where(Seat.seat_plan_id == sale.seat_plan_id, Seat.name.in_(names))
        .order_by(Seat.id)
    )
    found = [Place(*row) for row in rows]
    known = {place.name for place in found}
    for name in names:
        if name not in known:
            raise rules.UnknownSeat(name=name)
    return found


def starting_prices(session: Session, sale: Sale) -> dict[int, tuple[int, int]]:
    """Per category the first ticket type sold there, and its price."""
    rows = session.execute(
        select(Price.category_id, Price.ticket_type_id, Price.amount)
        .join(TicketType, TicketType.id == Price.ticket_type_id)
        .where(Price.price_card_id == sale.price_card_id)
        .order_by(TicketType.position.desc(), TicketType.id.desc())
    )
    # the last one written stays: the first by position
    return {category: (kind, amount) for category, kind, amount in rows}


def prices(session: Session, sale: Sale) -> dict[tuple[int, int], int]:
    """(ticket type, category) to price."""
    rows = session.execute(
        select(Price.ticket_type_id, Price.category_id, Price.amount).where(
            Price.price_card_id == sale.price_card_id
        )
    )
    return {(kind, category): amount for kind, category, amount in rows}
