"""Which seats to offer a group, and what to say about a choice. Pure: places in, names out."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from bookingapp.catalogue.models import SeatKind

SEAT = 2  # half columns a seat is wide, half rows it is deep
LONE_SEAT = 4 * SEAT  # a seat left alone costs as much as sitting four seats further off
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


Group = tuple[Spot, ...]
Point = tuple[float, float]


def best_seats(spots: Sequence[Spot], people: int) -> Offer:
    """The best free seats for a group, in one row if that can be, never a wheelchair place.

    Best is near the middle, two thirds back, without leaving a single seat alone. If no row has
    room for all, the fewest parts, nobody alone if that can be, near each other.
    """
    free = sorted((s for s in spots if s.free and s.kind == SeatKind.STANDARD), key=_order)
    if people < 1 or len(free) < people:
        return Offer((), together=False)
    sweet = sweet_spot(spots)
    for sizes in sorted(_parts(people), key=lambda parts: (len(parts), parts.count(1), parts)):
        groups = _placed(free, sizes, sweet)
        if groups:
            names = tuple(spot.name for group in groups for spot in group)
            return Offer(names, together=len(groups) == 1)
    return Offer((), together=False)


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
    for one, other in pairwise(sorted(spots, key=_order)):
        if not _neighbours(one, other):
            continue
        for mine, next_to_it in ((one, other), (other, one)):
            fits = next_to_it.free and next_to_it.kind == SeatKind.STANDARD
            if mine.name in kept and fits and next_to_it.name not in kept:
                return next_to_it.name
    return None


def _order(spot: Spot) -> tuple[int, int]:
    return spot.y, spot.x


def _neighbours(one: Spot, other: Spot) -> bool:
    """Side by side without an aisle between."""
    return one.y == other.y and other.x - one.x == SEAT


def _runs(ordered: Iterable[Spot]) -> Iterator[list[Spot]]:
    """Seats that stand side by side."""
    run: list[Spot] = []
    for spot in ordered:
        if run and not _neighbours(run[-1], spot):
            yield run
            run = []
        run.append(spot)
    if run:
        yield run


def _placed(free: Sequence[Spot], sizes: Sequence[int], sweet: Point) -> list[Group]:
    """A group of each size: the first near the sweet spot, the others near the first."""
    groups: list[Group] = []
    left = list(free)
    target = sweet
    for size in sizes:
        found = _nearest(left, size, target)
        if not found:
            return []
        if not groups:
            target = _middle(found)
        groups.append(found)
        left = [spot for spot in left if spot not in found]
    return groups


def _nearest(free: Sequence[Spot], size: int, target: Point) -> Group:
    """The group of this size that costs least; empty if there is none."""
    best: Group = ()
    least = float("inf")
    for run in _runs(free):
        for start in range(len(run) - size + 1):
            group = tuple(run[start : start + size])
            alone = (start == 1) + (len(run) - start - size == 1)
            cost = _distance(_middle(group), target) + LONE_SEAT * alone
            if cost < least:
                best, least = group, cost
    return best


def _middle(group: Group) -> Point:
    return (group[0].x + group[-1].x) / 2, group[0].y


def _distance(one: Point, other: Point) -> float:
    return float(((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5)


def _parts(people: int, largest: int | None = None) -> Iterator[tuple[int, ...]]:
    """All ways to split a group, larger parts first: 3 is (3), (2, 1), (1, 1, 1)."""
    if people == 0:
        yield ()
    for first in range(min(people, largest or people), 0, -1):
        for rest in _parts(people - first, first):
            yield (first, *rest)


def _alone(spots: Sequence[Spot], chosen: Collection[str]) -> str | None:
    """A free seat between two that are not, of which at least one is in the choice."""
    row = sorted(spots, key=_order)
    for before, seat, after in zip(row, row[1:], row[2:], strict=False):
        free = {s.name: s.free and s.name not in chosen for s in (before, seat, after)}
        apart = not (_neighbours(before, seat) and _neighbours(seat, after))
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
