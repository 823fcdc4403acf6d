"""A showing is called off or moved: the office's deeds, the job's, and the customer's answer to it."""

from bookingapp import clock
from bookingapp.again import until_done
from bookingapp.booking import cancel, change, change_rules, hold, money_back
from bookingapp.booking.cancel_rules import Cause
from bookingapp.booking.change import Wish
from bookingapp.db import transaction
from bookingapp.errors import NotFound


def call_off(showtime_id: int, words: str, actor_id: int | None = None) -> int:
    """Cancel a showing: off sale now, its bookings one by one by the job. The change's id.

    Raises NotFound, WordsMissing, WordsTooLong, StillMoving, ShowingOver, ShowingNotSold, ShowingBegan.
    """
    with transaction() as session:
        return change.call_off(session, showtime_id, words, clock.now(), actor_id).id


def shift(showtime_id: int, wish: Wish, actor_id: int | None = None) -> int:
    """Move a showing: off sale now, its bookings one by one by the job. The change's id.

    Raises NotFound, WordsTooLong, StillMoving, PlanChanged, and what `moving.target` raises.
    """
    with transaction() as session:
        return change.shift(session, showtime_id, wish, clock.now(), actor_id).id


@until_done
def settle_changed(row_id: int) -> bool:
    """Settle one booking of such a showing. False: somebody else has."""
    with transaction() as session:
        return change.settle(session, row_id, clock.now())


def note_change_trouble(row_id: int, why: str) -> None:
    """A booking could not be settled."""
    with transaction() as session:
        change.trouble(session, row_id, why, clock.now())


def finish_change(change_id: int) -> bool:
    """Close it when nothing is left, and list who else still stands on the old showing."""
    with transaction() as session:
        return change.finish(session, change_id, clock.now())


def hurry_change(change_id: int, actor_id: int | None = None) -> None:
    """Try the rest now, what failed among it."""
    with transaction() as session:
        change.hurry(session, change_id, clock.now(), actor_id)


@until_done
def take_money_back(token: str) -> int:
    """The customer does not want the new time: all of the money, whatever the fee policy. The sum.

    Raises NotFound, TooLateForMoney, AlreadyCancelled, NotToCancel.
    """
    now = clock.now()
    with transaction() as session:
        booking = hold.lock(session, token)
        if booking is None:
            raise NotFound
        cancel.check_confirmed(booking)
        offer = money_back.offer(session, booking.id)
        if offer is None or now >= offer.until:
            raise change_rules.TooLateForMoney
        return cancel.cancel_all(session, booking, now, cause=Cause.MOVED).back
