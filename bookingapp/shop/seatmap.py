"""The seat map of a showing: the plan on its grid, who has what, what is ticked and why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bookingapp import clock
from bookingapp.booking import queries as booking
from bookingapp.booking.views import OwnHold
from bookingapp.catalogue import plans, programme
from bookingapp.catalogue.plans import Category, Place
from bookingapp.catalogue.programme import Film, Showing
from bookingapp.catalogue.queries import price_options, site
from bookingapp.catalogue.rules import Sale
from bookingapp.shop import rules
from bookingapp.shop.layout import Layout, lay_out
from bookingapp.shop.rules import Alone, Offer, Spot
from bookingapp.shop.stubs import Instead, instead, sale, stubs

FREE, YOURS = "free", "yours"


class Wish(NamedTuple):
    """What the address or a refused try asks for: seats by name, or so many together."""

    names: Sequence[str] = ()
    together: int | None = None


@dataclass(frozen=True)
class SeatMap:
    """All that the seat page shows. `states` and `prices` are by seat id and category id."""

    showing: Showing
    film: Film
    sale: Sale
    layout: Layout
    categories: dict[int, Category]
    prices: dict[int, int]
    states: dict[int, str]
    free: int
    ticked: frozenset[str]
    held: tuple[str, ...]
    hold: OwnHold | None
    offer: Offer | None
    alone: Alone | None
    spots: list[Spot]

    def state(self, place: Place) -> str:
        """free, yours, taken or house."""
        return self.states.get(place.id, FREE)


def seat_map(showing: Showing, film: Film, buyer_key: str, wish: Wish) -> SeatMap:
    """The page's values, from six small statements whatever the hall's size."""
    places = plans.places(showing.seat_plan_id)
    categories = plans.categories(site().id or 0)
    prices = {cat: options[0].amount for cat, options in price_options(showing.id).items()}
    states = _states(places, prices, booking.taken(showing.id, buyer_key))
    spots = [_spot(place, categories, states) for place in places]
    held = tuple(place.name for place in places if states.get(place.id) == YOURS)
    offer = rules.best_seats(spots, wish.together) if wish.together else None
    ticked = _ticked(spots, held, wish, offer)
    return SeatMap(
        showing=showing,
        film=film,
        sale=sale(showing, clock.now()),
        layout=lay_out(places),
        categories=categories,
        prices=prices,
        states=states,
        free=len(places) - len(states) + len(held),
        ticked=frozenset(ticked),
        held=held,
        hold=booking.own_hold(showing.id, buyer_key) if held else None,
        offer=offer,
        alone=rules.left_alone(spots, ticked) if wish.names or offer else None,
        spots=spots,
    )


def other_showings(showing: Showing) -> Instead | None:
    """For a showing that is full or over: another of the same film with seats."""
    now = clock.now()
    shows = [
        show for show in programme.showings(now, movie_id=showing.movie_id) if show.id != showing.id
    ]
    every = stubs(shows, booking.free_counts([show.id for show in shows]), now)
    day = site().day_of(showing.starts_at)
    full = stubs([showing], {}, now)
    same = [s for s in every if site().day_of(s.showing.starts_at) == day]
    order = sorted([*full, *same], key=lambda s: s.showing.starts_at)
    return instead(order, [s for s in every if s.showing.starts_at > showing.starts_at])


def _states(
    places: Sequence[Place], prices: Collection[int], taken: dict[int, str]
) -> dict[int, str]:
    """What is not simply free. A seat without a price can't be sold here."""
    unpriced = {place.id: "house" for place in places if place.category_id not in prices}
    return {**unpriced, **taken}


def _spot(place: Place, categories: dict[int, Category], states: dict[int, str]) -> Spot:
    free = states.get(place.id, FREE) in {FREE, YOURS}
    look = categories[place.category_id].look
    return Spot(place.name, place.x, place.y, place.kind, look, free)


def _ticked(
    spots: Sequence[Spot], held: Sequence[str], wish: Wish, offer: Offer | None
) -> list[str]:
    """The offer, or what was asked for and is free, or what this buyer holds already."""
    if offer and offer.names:
        return list(offer.names)
    asked = set(wish.names)
    return [spot.name for spot in spots if spot.free and spot.name in asked] or list(held)
