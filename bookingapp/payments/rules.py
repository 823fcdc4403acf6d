"""Pure decisions about money at the gateway: what an answer means, when to ask again.

No database and no page here, so each line can be tested by an example.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bookingapp.errors import Refused
from bookingapp.payments.models import PaymentState

# A late authorisation may follow a failed attempt for up to three days; then nobody will pay.
LAST_LOOK = timedelta(days=3, hours=1)
WHILE_HELD = timedelta(seconds=30)
WHILE_THE_BANK_THINKS = timedelta(seconds=5)
THE_BANK_THINKS_FOR = timedelta(minutes=2)
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=6)
# A paid order is looked at thrice more: a second attempt begun before may still bring money.
AFTER_PAID = (timedelta(minutes=15), timedelta(hours=3), timedelta(days=1))
# A customer who is still typing a card number has abandoned nothing.
ABANDONED_AFTER = timedelta(minutes=6)


class PaymentSlow(Refused):
    """The gateway takes too long, or enough people are waiting for it already."""

    code = "payment_slow"


class PaymentRefused(Refused):
    """The gateway understood an order and does not take it; asked again it would say the same."""

    code = "payment_refused"


class GatewayDown(Refused):
    """The gateway can't be reached, or will have nothing to do with us."""

    code = "gateway_down"


class Meaning(StrEnum):
    """What the gateway's word about a payment means for the order it belongs to."""

    PENDING = "pending"
    FAILED = "failed"
    GOOD = "good"
    WRONG_AMOUNT = "wrong_amount"
    RETURNED = "returned"


@dataclass(frozen=True)
class Asked:
    """What an order asked for."""

    amount: int
    currency: str


def meaning(status: str, amount: int, currency: str, asked: Asked) -> Meaning:
    """Read the gateway's word: only money that is there and is what was asked for is good."""
    if status == PaymentState.FAILED:
        return Meaning.FAILED
    if status == PaymentState.REFUNDED:
        return Meaning.RETURNED
    if status != PaymentState.CAPTURED:
        return Meaning.PENDING
    return Meaning.GOOD if Asked(amount, currency) == asked else Meaning.WRONG_AMOUNT


FORWARD = tuple(PaymentState)


def moves_forward(old: PaymentState, new: PaymentState) -> bool:
    """Whether a payment may go on to a state. Never back from money; failed may become captured."""
    return FORWARD.index(new) > FORWARD.index(old)


@dataclass(frozen=True)
class Watched:
    """What is known of an order when the next look at it is planned.

    `thinking_since`: an attempt was begun then and is neither paid nor failed. `looks`: how often
    it was looked at since it was paid.
    """

    created_at: datetime
    hold_until: datetime | None
    paid: bool = False
    looks: int = 0
    thinking_since: datetime | None = None


def next_look(order: Watched, now: datetime) -> datetime | None:
    """When to ask the gateway again; None: never more.

    Within a minute while seats are held for it, so that whoever closed the browser after paying
    soon has the ticket; later more and more rarely, up to six hours apart, for three days.
    """
    if order.paid:
        return now + AFTER_PAID[order.looks] if order.looks < len(AFTER_PAID) else None
    if now - order.created_at > LAST_LOOK:
        return None
    if order.thinking_since and now - order.thinking_since < THE_BANK_THINKS_FOR:
        return now + WHILE_THE_BANK_THINKS
    if order.hold_until and now < order.hold_until:
        return now + WHILE_HELD
    over = now - (order.hold_until or order.created_at)
    return now + min(max(SHORTEST, over / 4), LONGEST)


# An order the gateway never gave us: the customer was turned away, not lost in thought.
TURNED_AWAY_AFTER = timedelta(minutes=2)


def why_unpaid(known_there: bool, age: timedelta) -> str:
    """Why nobody has touched an order for so long that a letter is due; empty while it is not."""
    if not known_there:
        return "outage" if age >= TURNED_AWAY_AFTER else ""
    return "abandoned" if age >= ABANDONED_AFTER else ""


def hold_while_paying(
    held_until: datetime, held_at: datetime, now: datetime, pay_minutes: int, max_minutes: int
) -> datetime:
    """The hold's end once its owner goes to pay: long enough to pay, never without bound."""
    latest = held_at + timedelta(minutes=max_minutes)
    return max(held_until, min(now + timedelta(minutes=pay_minutes), latest))
