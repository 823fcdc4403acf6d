"""Every letter this house writes, each with all it says. `KINDS` is the registry.

A message carries plain values only, frozen in the transaction that owes it: names, seats, instants
with their zone, amounts, links. To add a letter: a class here, an entry in KINDS, a sample in
samples.py, a folder in templates/email/ and a builder in `letters.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class SeatFacts:
    """One seat: 'H6', its category's name and look (stock colour), who sits there, its price."""

    name: str
    category: str
    look: str
    ticket_type: str
    price: int


@dataclass(frozen=True)
class TaxLine:
    """Tax included in the total, one line a rate; the rate in basis points."""

    rate_bp: int
    amount: int


@dataclass(frozen=True)
class TicketFacts:
    """What a ticket says. Amounts in minor units, instants in UTC."""

    number: str
    movie: str
    theater: str
    address: str
    phone: str
    screen: str
    starts_at: datetime
    doors_at: datetime
    zone: str
    seats: tuple[SeatFacts, ...]
    total: int
    fee: int
    tax_lines: tuple[TaxLine, ...]
    currency: str
    customer_name: str
    ticket_url: str
    manage_url: str
    entry_note: str
    revision: int
    duration_minutes: int
    certificate: str
    invoice: str = ""

    @property
    def ends_at(self) -> datetime:
        """When the lights go up again."""
        return self.starts_at + timedelta(minutes=self.duration_minutes)


@dataclass(frozen=True)
class PaidFacts:
    """How it was paid: the amount, a word for the method (upi, card, cash), the gateway's id."""

    amount: int
    method: str
    reference: str
    paid_at: datetime


@dataclass(frozen=True)
class CancelStep:
    """Until this instant `percent` of the seats' price is kept."""

    at: datetime
    percent: int


@dataclass(frozen=True)
class BookingConfirmation:
    """The ticket itself. `paid` is None for a free booking.

    `cancel`: the steps of cancelling still ahead; none: too late, or never. `fee_kept` is not
    shared by them.
    """

    ticket: TicketFacts
    paid: PaidFacts | None = None
    cancel: tuple[CancelStep, ...] = ()
    fee_kept: int = 0


@dataclass(frozen=True)
class PaymentFailed:
    """No money was taken; the seats are kept until `hold_until`. `reason`, `to_try`: in plain words."""

    ticket: TicketFacts
    reason: str
    retry_url: str
    hold_until: datetime
    to_try: str = ""


@dataclass(frozen=True)
class PaymentSuccess:
    """The receipt of a payment that confirmed a booking. Off unless MAIL_PAYMENT_SUCCESS asks for it."""

    ticket: TicketFacts
    paid: PaidFacts


@dataclass(frozen=True)
class PaymentRefund:
    """Money goes back: `done` when the gateway (or somebody `by_hand`) has sent it, else on its way.

    `cause`: late, double, wrong_amount, cancelled or a room's own word; `reference` is our own number;
    `words` say why in a person's own words; `seats_stay`: the tickets are valid all the same.
    """

    ticket: TicketFacts
    amount: int
    cause: str
    payment_id: str
    method: str
    paid_at: datetime
    reference: str
    done: bool
    refund_id: str = ""
    by_hand: bool = False
    words: str = ""
    seats_stay: bool = False


@dataclass(frozen=True)
class BookingCancellation:
    """The seats of `ticket` are cancelled by the customer, the cinema or with the whole showing.

    `back` goes back by itself, `kept` is the fee; `words` say why in somebody's own words; seats in
    `still` stay valid.
    """

    ticket: TicketFacts
    cause: str
    back: int
    words: str = ""
    kept: int = 0
    method: str = ""
    still: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShowingFacts:
    """Where and when a showing was to be, and the seats in it."""

    starts_at: datetime
    screen: str
    seats: tuple[str, ...]
    zone: str


@dataclass(frozen=True)
class ShowtimeMoved:
    """The showing has another time or hall: `was` is the old one, `ticket` the new with its new code.

    Until it begins `back_url` gives the whole sum `back` instead; `words` say why it was moved.
    """

    ticket: TicketFacts
    was: ShowingFacts
    back: int
    back_url: str
    words: str = ""


@dataclass(frozen=True)
class EmailChanged:
    """To the old address: mails about this booking go elsewhere now. `new_hint` tells where, half hidden.

    It leads nowhere: whoever reads it may be a stranger whose address was typed by mistake.
    """

    theater: str
    address: str
    phone: str
    number: str
    new_hint: str
    changed_at: datetime
    zone: str


@dataclass(frozen=True)
class MailTest:
    """The operator's question whether mail arrives."""

    theater: str
    asked_at: datetime
    zone: str
    transport: str


Message = (
    BookingConfirmation
    | PaymentFailed
    | PaymentSuccess
    | PaymentRefund
    | BookingCancellation
    | ShowtimeMoved
    | EmailChanged
    | MailTest
)


class Policy(StrEnum):
    """What to do with a mail that the server may have taken just before we died."""

    AT_LEAST_ONCE = "at_least_once"
    AT_MOST_ONCE = "at_most_once"


@dataclass(frozen=True)
class Kind:
    """How a letter travels: lower priorities first; `expiry` says when it is of no more use.

    `private`: its link or code opens something (an account), so nobody but its recipient reads it.
    """

    name: str
    cls: type[Any]
    priority: int
    expiry: Callable[[Any], datetime | None]
    policy: Policy
    private: bool = False


def _after_the_film(message: BookingConfirmation | ShowtimeMoved) -> datetime:
    return message.ticket.ends_at


def _with_the_hold(message: PaymentFailed) -> datetime:
    return message.hold_until


def _never(_: object) -> None:
    """Money and bad news are worth knowing however late."""


def _in_two_days(message: EmailChanged) -> datetime:
    return message.changed_at + timedelta(days=2)


def _in_an_hour(message: MailTest) -> datetime:
    return message.asked_at + timedelta(hours=1)


# Letters as urgent as this carry a ticket (the moved one a new QR code: the old one opens no door any more);
# the last fifth of a day's quota is theirs.
TICKET_PRIORITY = 12

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "booking_confirmation", BookingConfirmation, 10, _after_the_film, Policy.AT_LEAST_ONCE
        ),
        Kind("showtime_moved", ShowtimeMoved, 12, _after_the_film, Policy.AT_LEAST_ONCE),
        Kind("payment_failed", PaymentFailed, 30, _with_the_hold, Policy.AT_LEAST_ONCE),
        Kind("booking_cancellation", BookingCancellation, 15, _never, Policy.AT_LEAST_ONCE),
        Kind("payment_success", PaymentSuccess, 40, _never, Policy.AT_LEAST_ONCE),
        Kind("payment_refund", PaymentRefund, 25, _never, Policy.AT_LEAST_ONCE),
        Kind("email_changed", EmailChanged, 20, _in_two_days, Policy.AT_LEAST_ONCE, private=True),
        Kind("mail_test", MailTest, 20, _in_an_hour, Policy.AT_MOST_ONCE),
    )
}
_BY_CLASS = {kind.cls: kind for kind in KINDS.values()}


def kind_of(message: Message) -> Kind:
    """The registry's entry for a message."""
    return _BY_CLASS[type(message)]


def policy_of(name: str) -> Policy:
    """What to do when a mail may have gone. A kind this version does not know may hold a ticket."""
    kind = KINDS.get(name)
    return Policy.AT_LEAST_ONCE if kind is None else kind.policy


def is_private(name: str) -> bool:
    """Whether staff may see that such a letter was sent, but not what it says.

    A kind that this version does not know might be one of them.
    """
    kind = KINDS.get(name)
    return kind is None or kind.private
