"""A showing's hall as its pages use it: what hangs on plan and prices alone, and what is free just now.

Plans and prices are kept between requests; who has which seat is read each time.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bookingapp.booking import queries as booking
from bookingapp.catalogue import plans
from bookingapp.catalogue.kept import kept
from bookingapp.catalogue.plans import Category, Place
from bookingapp.catalogue.programme import Showing
from bookingapp.catalogue.queries import price_options, site
from bookingapp.shop.layout import Layout, lay_out
from bookingapp.shop.rules import Spot

FREE, YOURS, HOUSE = "free", "yours", "house"


@dataclass(frozen=True)
class Hall:
    """A seat plan, read and laid out once."""

    places: tuple[Place, ...]
    categories: Mapping[int, Category]
    layout: Layout


def hall_of(showing: Showing) -> Hall:
    """The hall a showing is sold in."""
    theater, plan = site().id or 0, showing.seat_plan_id
    return kept(("hall", theater, plan), lambda: _read(theater, plan))


def prices_of(showing: Showing) -> dict[int, int]:
    """Per category what a seat costs to begin with."""
    return {cat: options[0].amount for cat, options in price_options(showing.id).items()}


def states_of(
    showing: Showing, hall: Hall, prices: Mapping[int, int], buyer_key: str
) -> dict[int, str]:
    """By seat id what is not simply free. A seat without a price can't be sold here."""
    taken = booking.taken(showing.id, buyer_key)
    if prices.keys() >= hall.categories.keys():
        return taken
    unpriced = {place.id: HOUSE for place in hall.places if place.category_id not in prices}
    return {**unpriced, **taken}


def spots_of(hall: Hall, states: Mapping[int, str]) -> list[Spot]:
    """The places as the rules weigh them."""
    looks = {category.id: category.look for category in hall.categories.values()}
    return [
        Spot(
            place.name, place.x, place.y, place.kind, looks[place.category_id],
            states.get(place.id, FREE) in {FREE, YOURS},
        )
        for place in hall.places
    ]  # fmt: skip


def _read(theater_id: int, seat_plan_id: int) -> Hall:
    places = tuple(plans.places(seat_plan_id))
    return Hall(places, plans.categories(theater_id), lay_out(places))
