"""A showing's hall as its pages use it: what hangs on plan and prices alone, and what is free just now.

Plans and prices are kept between requests; who has which seat is read each time.
"""

from collections.abc import Mapping
from typing import NamedTuple

from bookingapp.booking import queries as booking
from bookingapp.catalogue import plans
from bookingapp.catalogue.kept import kept
from bookingapp.catalogue.plans import Category, Place
from bookingapp.catalogue.programme import Showing
from bookingapp.catalogue.queries import price_options, site
from bookingapp.shop.layout import Layout, lay_out
from bookingapp.shop.rules import Spot

FREE, YOURS, HOUSE = "free", "yours", "house"


class Plan:
    """A published seat plan, laid out. It never changes, so the plan itself may be a part of a key."""

    def __init__(self, places: tuple[Place, ...]) -> None:
        """Lay it out."""
        self.places = places
        self.layout = lay_out(places)
        blocks = enumerate(self.layout.blocks)
        seats = [(at, place) for at, b in blocks for row in b.rows for place, _ in row.seats]
        self.block_of_id = {place.id: at for at, place in seats}
        self.block_of_name = {place.name: at for at, place in seats}


class Hall(NamedTuple):
    """A plan and what its categories are called now."""

    plan: Plan
    categories: Mapping[int, Category]

    @property
    def places(self) -> tuple[Place, ...]:
        """All places, from the screen to the back."""
        return self.plan.places

    @property
    def layout(self) -> Layout:
        """How they stand on the page."""
        return self.plan.layout


def hall_of(showing: Showing) -> Hall:
    """The hall a showing is sold in."""
    theater, plan = site().id or 0, showing.seat_plan_id
    drawn = kept(("plan", plan), lambda: Plan(tuple(plans.places(plan))), immutable=True)
    # a plan is younger than its categories: under its own key none can be missing
    return Hall(drawn, kept(("categories", theater, plan), lambda: plans.categories(theater)))


def prices_of(showing: Showing) -> dict[int, int]:
    """Per category what a seat costs to begin with."""
    return {cat: options[0].amount for cat, options in price_options(showing.price_card_id).items()}


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
