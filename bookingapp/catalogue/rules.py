"""What may be sold when, and when a hall counts as nearly full. Pure."""

from datetime import datetime
from enum import StrEnum

from bookingapp.catalogue.models import ShowtimeState
from bookingapp.errors import Refused

FEW_SEATS = 10
FEW_SHARE = 10  # percent


class CardNameless(Refused):
    """A price card is chosen by its name."""

    code = "card_nameless"


class CardNameTaken(Refused):
    """There is a card called `name`."""

    code = "card_name_taken"


class PriceTooSmall(Refused):
    """A price that costs something, and less than the `least` anybody can pay."""

    code = "price_too_small"


class Sale(StrEnum):
    """Whether seats of a showing may be bought just now, and if not why."""

    OPEN = "open"
    STARTED = "started"
    NOT_YET = "not_yet"
    OVER = "over"
    OFF = "off"
    MOVED = "moved"
    CANCELLED = "cancelled"


_BY_STATE = {
    ShowtimeState.CANCELLED: Sale.CANCELLED,
    ShowtimeState.MOVED: Sale.MOVED,
    ShowtimeState.OFF_SALE: Sale.OFF,
    ShowtimeState.DRAFT: Sale.OFF,
}


def sale(
    state: str,
    starts_at: datetime,
    on_sale_from: datetime | None,
    on_sale_until: datetime | None,
    now: datetime,
) -> Sale:
    """Whether a showing sells. What has begun is over for everybody, whatever its state says."""
    if state in {ShowtimeState.CANCELLED, ShowtimeState.MOVED}:
        return _BY_STATE[ShowtimeState(state)]
    if starts_at <= now:
        return Sale.STARTED
    if state != ShowtimeState.ON_SALE:
        return _BY_STATE[ShowtimeState(state)]
    if on_sale_from is not None and now < on_sale_from:
        return Sale.NOT_YET
    return Sale.OVER if on_sale_until is not None and now >= on_sale_until else Sale.OPEN


def few_left(free: int, capacity: int) -> bool:
    """Fewer than ten, or less than a tenth of the hall: worth saying so."""
    return free > 0 and (free < FEW_SEATS or free * 100 < capacity * FEW_SHARE)
