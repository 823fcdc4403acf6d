"""Seats cancelled: by their owner, by the terms that were shown; money alone given back by the office."""

from collections.abc import Sequence

from bookingapp import clock
from bookingapp.booking import cancel, hold
from bookingapp.booking import cancel_rules as rules
from bookingapp.booking.cancel import Cancelled
from bookingapp.booking.cancel_offer import offer
from bookingapp.booking.cancel_rules import Cause
from bookingapp.db import transaction
from bookingapp.errors import NotFound


def cancel_own(token: str, seats: Sequence[str], *, revision: int, shown: int) -> Cancelled:
    """The customer's own cancellation; `shown` is the sum that stood on the page, of that `revision`.

    Raises NotFound, AlreadyCancelled, NotToCancel, TooLateToCancel, NoSeatsToCancel, SeatsChanged,
    BackChanged.
    """
    with transaction() as session:
        booking = hold.lock(session, token)
        if booking is None:
            raise NotFound
        now = clock.now()
        now_offered = offer(session, booking, now)
        if booking.revision != revision:
            raise rules.SeatsChanged
        chosen = now_offered.ids(seats)
        back = now_offered.back(chosen)
        if back.total < shown:
            raise rules.BackChanged
        return cancel.cancel(session, booking, chosen, back, now, cause=Cause.CUSTOMER)
