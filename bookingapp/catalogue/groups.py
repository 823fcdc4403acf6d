"""Where a group finds room: side by side, else in as few parts as can be, near each other. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

SEAT = 2  # half columns a seat is wide, half rows it is deep
LONE_SEAT = 4 * SEAT  # a seat left alone costs as much as sitting four seats further off

Point = tuple[float, float]


class Placed(Protocol):
    """Something on the grid of half seats."""

    @property
    def x(self) -> int:
        """Half columns from the left."""

    @property
    def y(self) -> int:
        """Half rows from the screen."""


At = TypeVar("At", bound=Placed)


def order(spot: Placed) -> tuple[int, int]:
    """From the screen to the back and along each row."""
    return spot.y, spot.x


def together(free: Sequence[At], people: int, target: Point) -> tuple[tuple[At, ...], ...]:
    """Room for so many near a point: the fewest parts, nobody alone if that can be. Empty: too few.

    `free` stands in `order`.
    """
    if people < 1 or len(free) < people:
        return ()
    for sizes in sorted(_parts(people), key=lambda parts: (len(parts), parts.count(1), parts)):
        if found := _placed(free, sizes, target):
            return tuple(found)
    return ()


def neighbours(one: Placed, other: Placed) -> bool:
    """Side by side without an aisle between, `one` to the left."""
    return one.y == other.y and other.x - one.x == SEAT


def distance(one: Point, other: Point) -> float:
    """As the crow flies, in half seats."""
    return float(((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5)


def _placed(free: Sequence[At], sizes: Sequence[int], target: Point) -> list[tuple[At, ...]]:
    """A group of each size: the first near the target, the others near the first."""
    groups: list[tuple[At, ...]] = []
    left = list(free)
    for size in sizes:
        found = _nearest(left, size, target)
        if not found:
            return []
        if not groups:
            target = _middle(found)
        groups.append(found)
        left = [spot for spot in left if spot not in found]
    return groups


def _nearest(free: Sequence[At], size: int, target: Point) -> tuple[At, ...]:
    """The group of this size that costs least; empty if there is none."""
    best: tuple[At, ...] = ()
    least = float("inf")
    for run in _runs(free):
        for start in range(len(run) - size + 1):
            group = tuple(run[start : start + size])
            alone = (start == 1) + (len(run) - start - size == 1)
            cost = distance(_middle(group), target) + LONE_SEAT * alone
            if cost < least:
                best, least = group, cost
    return best


def _runs(ordered: Iterable[At]) -> Iterator[list[At]]:
    """Seats that stand side by side."""
    run: list[At] = []
    for spot in ordered:
        if run and not neighbours(run[-1], spot):
            yield run
            run = []
        run.append(spot)
    if run:
        yield run


def _middle(group: Sequence[Placed]) -> Point:
    return (group[0].x + group[-1].x) / 2, group[0].y


def _parts(people: int, largest: int | None = None) -> Iterator[tuple[int, ...]]:
    """All ways to split a group, larger parts first: 3 is (3), (2, 1), (1, 1, 1)."""
    if people == 0:
        yield ()
    for first in range(min(people, largest or people), 0, -1):
        for rest in _parts(people - first, first):
            yield (first, *rest)
