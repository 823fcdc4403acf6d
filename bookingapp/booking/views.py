"""What pages see of bookings: plain frozen values, free of any session."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from bookingapp.booking.models import BookingState
from bookingapp.catalogue.models import ShowtimeState
from bookingapp.payments.models import RefundState

COUNTER_METHODS = ("cash", "terminal")


class Stage(StrEnum):
    """Where a booking stands for the person who looks at it.

    `over` is a hold past its end, whether or not the sweeper came by; `money_back` is money that
    found no seats.
    """

    HELD = "held"
    OVER = "over"
    RELEASED = "released"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    MONEY_BACK = "money_back"


@dataclass(frozen=True)
class SeatLine:
    """One seat with its price, as copied when it was held."""

    name: str
    category: str
    category_id: int
    look: str
    kind: str
    ticket_type_id: int
    ticket_type: str
    price: int
    tax: int
    tax_rate: int
    list_price: int


@dataclass(frozen=True)
class TaxLine:
    """Tax inside the total, per rate in basis points."""

    rate_bp: int
    amount: int


@dataclass(frozen=True)
class PaidView:
    """The money that confirmed the booking."""

    reference: str
    method: str
    amount: int
    paid_at: datetime


@dataclass(frozen=True)
class RefundView:
    """Money on its way back. `of_ticket`: from the payment that bought the seats, not from one too many."""

    amount: int
    reason: str
    state: RefundState
    owed_at: datetime
    sent_at: datetime | None
    reference: str | None
    by_hand: bool
    of_ticket: bool


@dataclass(frozen=True)
class ShowView:
    """The showing a booking is for."""

    showtime_id: int
    showtime_state: ShowtimeState
    movie_id: int
    movie: str
    movie_slug: str
    certificate: str
    duration_minutes: int
    theater: str
    address: str
    theater_phone: str
    entry_note: str
    doors_minutes: int
    screen: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    price_card_id: int

    @property
    def doors_at(self) -> datetime:
        """When the hall opens."""
        return self.starts_at - timedelta(minutes=self.doors_minutes)


@dataclass(frozen=True)
class BookingView:
    """A booking with all its pages show. Facts of the showing are reached as `view.show.…`."""

    id: int
    number: str
    token: str
    state: BookingState
    sold: bool
    revision: int
    created_at: datetime
    hold_expires_at: datetime | None
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    email: str
    name: str
    phone: str
    locale: str
    currency: str
    subtotal: int
    fee: int
    fee_tax: int
    fee_rate: int
    discount: int
    tax: int
    total: int
    cancel_terms: str
    show: ShowView
    seats: tuple[SeatLine, ...]
    tax_lines: tuple[TaxLine, ...]
    invoice: str
    ticket_secret: str | None
    ticket_url: str | None
    manage_url: str
    paid: PaidView | None
    refunds: tuple[RefundView, ...]

    @property
    def seat_names(self) -> list[str]:
        """H6, H7."""
        return [seat.name for seat in self.seats]

    @property
    def worth(self) -> int:
        """What the seats it names and the fee cost; less than the total once a part is cancelled."""
        return sum(seat.price for seat in self.seats) + self.fee

    @property
    def refunded(self) -> int:
        """All money on its way back or already there."""
        return sum(refund.amount for refund in self.refunds)

    @property
    def given_back(self) -> tuple[RefundView, ...]:
        """What of the ticket's price goes or went back."""
        return tuple(refund for refund in self.refunds if refund.of_ticket)

    @property
    def too_much(self) -> int:
        """Money that bought nothing, on its way back."""
        return sum(refund.amount for refund in self.refunds if not refund.of_ticket)

    @property
    def back(self) -> int:
        """The sum of `given_back`."""
        return sum(refund.amount for refund in self.given_back)

    @property
    def at_counter(self) -> bool:
        """Whether it was paid at the box office, where the money is handed out again."""
        return self.paid is not None and self.paid.method in COUNTER_METHODS

    def stage(self, now: datetime) -> Stage:
        """Where it stands at this instant."""
        if self.state is BookingState.HELD:
            lapsed = self.hold_expires_at is None or self.hold_expires_at <= now
            return Stage.OVER if lapsed else Stage.HELD
        if self.state in {BookingState.EXPIRED, BookingState.RELEASED} and self.refunds:
            return Stage.MONEY_BACK
        if self.state is BookingState.EXPIRED:
            return Stage.OVER
        return Stage(self.state.value)


@dataclass(frozen=True)
class BookingLine:
    """A booking in a list."""

    number: str
    token: str
    state: BookingState
    hold_expires_at: datetime | None
    movie: str
    screen: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    seat_names: tuple[str, ...]
    look: str
    total: int
    currency: str


class OwnHold(NamedTuple):
    """This browser session's live hold for one showing."""

    token: str
    until: datetime


@dataclass(frozen=True)
class TicketView:
    """What the QR code's address shows: nothing personal, and nothing to change."""

    number: str
    show: ShowView
    seats: tuple[SeatLine, ...]
    secret: str
    url: str
    revoked: bool
    cancelled: bool
