"""What the checkout page lays out: the tickets each seat may have, and totals before they are saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bookingapp import clock
from bookingapp.booking import promo_rules, promos, rules
from bookingapp.booking.assemble import tax_lines
from bookingapp.booking.views import BookingView, SeatLine, TaxLine
from bookingapp.catalogue.queries import price_options
from bookingapp.catalogue.taxes import law_on


@dataclass(frozen=True)
class TypeOption:
    """A ticket type a seat may have, with the tax inside its price."""

    id: int
    name: str
    price: int
    tax: int
    tax_rate: int


@dataclass(frozen=True)
class Guest:
    """One seat and what may be bought for it; its own type keeps the price it was held at."""

    seat: SeatLine
    options: tuple[TypeOption, ...]

    @property
    def field(self) -> str:
        """The name of its select."""
        return f"type-{self.seat.name}"

    def as_type(self, ticket_type_id: int | None) -> SeatLine:
        """The seat's line under another ticket type; its own when there is no such type here."""
        if ticket_type_id == self.seat.ticket_type_id:
            return self.seat
        for option in self.options:
            if option.id == ticket_type_id:
                return replace(
                    self.seat, ticket_type_id=option.id, ticket_type=option.name,
                    price=option.price, tax=option.tax, tax_rate=option.tax_rate,
                    list_price=option.price,
                )  # fmt: skip
        return self.seat


def guests(view: BookingView) -> list[Guest]:
    """A booking's seats with their choices."""
    law = law_on(clock.local(view.created_at, view.show.zone).date())
    card = price_options(view.show.price_card_id)
    rows = []
    for seat in view.seats:
        own = TypeOption(
            seat.ticket_type_id, seat.ticket_type, seat.list_price, seat.tax, seat.tax_rate
        )
        options = []
        for listed in card.get(seat.category_id, []):
            line = rules.line(listed.amount, law)
            option = TypeOption(
                listed.ticket_type_id, listed.name, line.price, line.tax, line.tax_rate
            )
            options.append(own if option.id == own.id else option)
        rows.append(Guest(seat, tuple(options) if own in options else (own, *options)))
    return rows


def preview(view: BookingView, rows: Sequence[Guest], types: Mapping[str, int]) -> BookingView:
    """The booking as it would be with these ticket types; nothing is saved."""
    seats = tuple(row.as_type(types.get(row.seat.name)) for row in rows)
    if view.discount and seats != view.seats:
        seats = _under_code(view, seats)
    subtotal = sum(seat.list_price for seat in seats)
    discount = subtotal - sum(seat.price for seat in seats)
    return replace(
        view,
        seats=seats,
        subtotal=subtotal,
        discount=discount,
        tax=sum(seat.tax for seat in seats) + view.fee_tax,
        total=subtotal - discount + view.fee,
        tax_lines=tax_lines(seats, view.fee_tax, view.fee_rate),
    )


def _under_code(view: BookingView, seats: Sequence[SeatLine]) -> tuple[SeatLine, ...]:
    """Other ticket types share anew what the booking's code takes off."""
    law = law_on(clock.local(view.created_at, view.show.zone).date())
    prices = [seat.list_price for seat in seats]
    lines = promo_rules.lines(promos.worth_of(view.id), prices, law)
    return tuple(
        replace(seat, price=line.price, tax=line.tax, tax_rate=line.tax_rate)
        for seat, line in zip(seats, lines, strict=True)
    )


def all_tax_lines(view: BookingView, rows: Sequence[Guest]) -> list[TaxLine]:
    """The view's tax lines, and an empty one for every other rate that a choice could bring."""
    rates = {option.tax_rate for row in rows for option in row.options if option.tax}
    missing = rates - {line.rate_bp for line in view.tax_lines}
    lines = [*view.tax_lines, *(TaxLine(rate, 0) for rate in missing)]
    return sorted(lines, key=lambda line: -line.rate_bp)
