"""Seats cancelled: by their owner, by the terms that were shown; money alone given back by the office."""

from collections.abc import Sequence

from bookingapp import clock
from bookingapp.again import until_done
from bookingapp.booking import cancel, goodwill, hold
from bookingapp.booking import cancel_rules as rules
from bookingapp.booking.cancel import Cancelled
from bookingapp.booking.cancel_offer import offer
from bookingapp.booking.cancel_rules import Cause
from bookingapp.booking.cancel_wish import Wish, wished
from bookingapp.db import transaction
from bookingapp.errors import NotFound


@until_done
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


@until_done
def cancel_by_house(
    booking_id: int, wish: Wish, *, revision: int, shown: int, actor_id: int
) -> Cancelled:
    """Staff cancel seats and say what goes back and why; `shown` is the sum they were shown.

    Raises NotFound, AlreadyCancelled, NotToCancel, NoSeatsToCancel, SeatsChanged, BackTooHigh,
    BackChanged, WordsMissing.
    """
    with transaction() as session:
        booking = cancel.lock(session, booking_id)
        plan = wished(session, booking, wish, clock.now())
        if booking.revision != revision:
            raise rules.SeatsChanged
        if plan.back.total != shown:
            raise rules.BackChanged
        return cancel.cancel(
            session, booking, plan.chosen, plan.back, clock.now(),
            cause=Cause.CINEMA, words=wish.words, asked_by=actor_id,
        )  # fmt: skip


def give_goodwill(booking_id: int, amount: int, words: str, *, left: int, actor_id: int) -> None:
    """Staff give money back and the seats stay as they are; `left` is what the page said was left.

    Raises NotFound, WordsMissing, NothingLeft, BackTooHigh, BackChanged.
    """
    with transaction() as session:
        booking = cancel.lock(session, booking_id)
        if goodwill.all_left(session, booking).most != left:
            # a second click, or somebody else gave something back meanwhile
            raise rules.BackChanged
        goodwill.give(session, booking, amount, words, clock.now(), asked_by=actor_id)
