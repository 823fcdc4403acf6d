"""Which seats to offer a group, and what to say about a choice. Pure: places in, names out."""

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from bookingapp.catalogue.groups import SEAT, Point, neighbours, order, together
from bookingapp.catalogue.models import SeatKind

UPSTAIRS = ("balcony", "box")


class Spot(NamedTuple):
    """A place as this room weighs it; `look` is its category's."""

    name: str
    x: int
    y: int
    kind: str
    look: str
    free: bool


class Offer(NamedTuple):
    """Seats for a group; `together` when nobody sits apart. No names: not enough are free."""

    names: tuple[str, ...]
    together: bool


class Alone(NamedTuple):
    """A free seat that a choice leaves by itself, and where the choice could go instead."""

    seat: str
    side: str | None  # left, right


def best_seats(spots: Sequence[Spot], people: int) -> Offer:
    """The best free seats for a group, in one row if that can be, never a wheelchair place.

    Best is near the middle, two thirds back, without leaving a single seat alone. If no row has
    room for all, the fewest parts, nobody alone if that can be, near each other.
    """
    free = sorted((s for s in spots if s.free and s.kind == SeatKind.STANDARD), key=order)
    groups = together(free, people, sweet_spot(spots)) if free else ()
    names = tuple(spot.name for group in groups for spot in group)
    return Offer(names, together=len(groups) == 1)


def sweet_spot(spots: Iterable[Spot]) -> Point:
    """The middle of the hall, two thirds back; a balcony is not counted into its depth."""
    every = list(spots)
    ground = [spot for spot in every if spot.look not in UPSTAIRS] or every
    left, right = min(s.x for s in ground), max(s.x for s in ground)
    first, last = min(s.y for s in ground), max(s.y for s in ground)
    return (left + right) / 2, first + (last - first) * 2 / 3


def left_alone(spots: Sequence[Spot], chosen: Collection[str]) -> Alone | None:
    """The first seat that a choice leaves alone between two taken ones, and the way out of it."""
    seat = _alone(spots, chosen)
    if seat is None:
        return None
    ways = {"left": -SEAT, "right": SEAT}
    return Alone(
        seat, next((side for side, by in ways.items() if _can_move(spots, chosen, by)), None)
    )


def beside(spots: Sequence[Spot], kept: Collection[str]) -> str | None:
    """A free seat next to the ones that are kept, to take in place of a lost one."""
    for one, other in pairwise(sorted(spots, key=order)):
        if not neighbours(one, other):
            continue
        for mine, next_to_it in ((one, other), (other, one)):
            fits = next_to_it.free and next_to_it.kind == SeatKind.STANDARD
            if mine.name in kept and fits and next_to_it.name not in kept:
                return next_to_it.name
    return None


def _alone(spots: Sequence[Spot], chosen: Collection[str]) -> str | None:
    """A free seat between two that are not, of which at least one is in the choice."""
    row = sorted(spots, key=order)
    for before, seat, after in zip(row, row[1:], row[2:], strict=False):
        free = {s.name: s.free and s.name not in chosen for s in (before, seat, after)}
        apart = not (neighbours(before, seat) and neighbours(seat, after))
        if (
            apart
            or seat.kind != SeatKind.STANDARD
            or not free[seat.name]
            or free[before.name]
            or free[after.name]
        ):
            continue
        if before.name in chosen or after.name in chosen:
            return seat.name
    return None


def _can_move(spots: Sequence[Spot], chosen: Collection[str], by: int) -> bool:
    """Whether the whole choice has room one seat further, and leaves nobody alone there."""
    free = {(s.x, s.y): s.name for s in spots if s.free and s.kind == SeatKind.STANDARD}
    moved = [free.get((s.x + by, s.y)) for s in spots if s.name in chosen]
    names = [name for name in moved if name]
    return len(names) == len(moved) and _alone(spots, names) is None
