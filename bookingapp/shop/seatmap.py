"""The seat map of a showing: the plan on its grid, who has what, what is ticked and why."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bookingapp import clock
from bookingapp.booking import queries as booking
from bookingapp.booking.views import OwnHold
from bookingapp.catalogue import programme
from bookingapp.catalogue.plans import Category, Place
from bookingapp.catalogue.programme import Film, Showing
from bookingapp.catalogue.queries import site
from bookingapp.catalogue.rules import Sale
from bookingapp.shop import rules
from bookingapp.shop.hall import FREE, YOURS, Hall, hall_of, prices_of, spots_of, states_of
from bookingapp.shop.layout import Block
from bookingapp.shop.rules import Alone, Offer, Spot
from bookingapp.shop.stubs import Instead, free_of, instead, sale, stubs


class Wish(NamedTuple):
    """What the address or a refused try asks for: seats by name, or so many together."""

    names: Sequence[str] = ()
    together: int | None = None


class Sort(NamedTuple):
    """What many seats have in common, so that the page words it once."""

    kind: str
    state: str
    look: str
    price: int
    ticked: bool


class RowView(NamedTuple):
    """A row of (name, number, half column, sort)."""

    name: str
    letter_at: int | None
    gap: bool
    seats: tuple[tuple[str, int, int, Sort], ...]


@dataclass(frozen=True)
class BlockView:
    """Rows of one category under its heading; without a price it is not sold here.

    `key` says all that `rows` shows, which are put together only when they are asked for.
    """

    category: Category
    price: int | None
    key: Hashable
    _rows: Callable[[], tuple[RowView, ...]]

    @property
    def rows(self) -> tuple[RowView, ...]:
        """Each with its seats."""
        return self._rows()


@dataclass(frozen=True)
class SeatMap:
    """All that the seat page shows. `held` are the seats of this buyer's own hold."""

    showing: Showing
    film: Film
    sale: Sale
    columns: int
    blocks: list[BlockView]
    free: int
    ticked: tuple[str, ...]
    held: tuple[str, ...]
    hold: OwnHold | None
    offer: Offer | None
    alone: Alone | None
    spots: list[Spot]

    @property
    def on_offer(self) -> bool:
        """Whether there is anything to hold, or to go on holding."""
        return self.free > 0 or bool(self.held)


def seat_map(showing: Showing, film: Film, buyer_key: str, wish: Wish) -> SeatMap:
    """The page's values; of a showing that was just asked for, only the claims are read anew."""
    hall, prices = hall_of(showing), prices_of(showing)
    states = states_of(showing, hall, prices, buyer_key)
    # only who asks for seats has them weighed
    spots = spots_of(hall, states) if wish.names or wish.together else []
    yours = [seat for seat, state in states.items() if state == YOURS]
    held = tuple(place.name for place in hall.places if place.id in yours) if yours else ()
    offer = rules.best_seats(spots, wish.together) if wish.together else None
    ticked = _ticked(spots, held, wish, offer)
    seats = _Seats(hall, prices, states, frozenset(ticked))
    return SeatMap(
        showing=showing,
        film=film,
        sale=sale(showing, clock.now()),
        columns=hall.layout.columns,
        blocks=[seats.block(at) for at in range(len(hall.layout.blocks))],
        free=len(hall.places) - len(states) + len(held),
        ticked=tuple(place.name for place in hall.places if place.name in seats.ticked),
        held=held,
        hold=booking.own_hold(showing.id, buyer_key) if held else None,
        offer=offer,
        alone=rules.left_alone(spots, ticked) if wish.names or offer else None,
        spots=spots,
    )


def left_alone(showing: Showing, buyer_key: str, names: Sequence[str]) -> Alone | None:
    """The seat that these, just held, leave alone."""
    hall = hall_of(showing)
    spots = spots_of(hall, states_of(showing, hall, prices_of(showing), buyer_key))
    return rules.left_alone(spots, names)


class _Seats:
    """Gives each seat of a layout its state and price."""

    def __init__(
        self, hall: Hall, prices: dict[int, int], states: dict[int, str], ticked: frozenset[str]
    ) -> None:
        self.categories, self.prices, self.states = hall.categories, prices, states
        self.ticked, self.plan = ticked, hall.plan
        self._same = (hall.plan, *hall.categories.values(), *prices.items())
        self._here: list[list[Hashable]] = [[] for _ in hall.layout.blocks]
        for seat in sorted(states):
            self._here[hall.plan.block_of_id[seat]].append((seat, states[seat]))
        for name in sorted(ticked):
            self._here[hall.plan.block_of_name[name]].append(name)

    def block(self, at: int) -> BlockView:
        """A block with its heading."""
        block = self.plan.layout.blocks[at]
        category = block.category_id
        return BlockView(
            self.categories[category],
            self.prices.get(category),
            (self._same, at, tuple(self._here[at])),
            lambda: self._rows(block),
        )

    def _rows(self, block: Block) -> tuple[RowView, ...]:
        return tuple(
            RowView(row.name, row.letter_at, row.gap,
                    tuple(self._seat(place, x, block.category_id) for place, x in row.seats))
            for row in block.rows
        )  # fmt: skip

    def _seat(self, place: Place, x: int, of_block: int) -> tuple[str, int, int, Sort]:
        own = place.category_id
        sort = Sort(
            place.kind,
            self.states.get(place.id, FREE),
            "" if own == of_block else self.categories[own].look,
            self.prices.get(own, 0),
            place.name in self.ticked,
        )
        return place.name, place.number, x, sort


def other_showings(showing: Showing) -> Instead | None:
    """For a showing that is full or over: another of the same film with seats."""
    now = clock.now()
    shows = [show for show in programme.showings_of(showing.movie_id, now) if show.id != showing.id]
    every = stubs(shows, free_of(shows), now)
    day = site().day_of(showing.starts_at)
    full = stubs([showing], {}, now)
    same = [s for s in every if site().day_of(s.showing.starts_at) == day]
    order = sorted([*full, *same], key=lambda s: s.showing.starts_at)
    return instead(order, [s for s in every if s.showing.starts_at > showing.starts_at])


def _ticked(
    spots: Sequence[Spot], held: Sequence[str], wish: Wish, offer: Offer | None
) -> list[str]:
    """The offer, or what was asked for and is free, or what this buyer holds already."""
    if offer and offer.names:
        return list(offer.names)
    asked = set(wish.names)
    return [spot.name for spot in spots if spot.free and spot.name in asked] or list(held)
