"""Who sits where when a showing moves to another hall or plan. Pure: places in, places out.

A booking whose seats exist by name, free, in the same category and of the same kind, keeps them.
The others are placed one booking after the other, wheelchairs first, then larger groups, then who
booked first: near where they sat, side by side, else in as few parts as can be. A booking is seated
whole or not at all. Nobody else is ever put on a wheelchair place.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import NamedTuple

from bookingapp.catalogue.groups import Point, distance, neighbours, order, together
from bookingapp.catalogue.models import SeatKind


class Spot(NamedTuple):
    """A place of a plan; `id` is the seat's."""

    id: int
    name: str
    x: int
    y: int
    category: int
    kind: str


class Sitting(NamedTuple):
    """A place somebody has: `key` is the claim's."""

    key: int
    spot: Spot


Party = Sequence[Sitting]
Parties = Mapping[int, Party]


@dataclass(frozen=True)
class Seating:
    """`seats`: claim to its new place. `left`: the parties without one. `apart`: not all side by side."""

    seats: Mapping[int, Spot] = field(default_factory=dict)
    left: tuple[int, ...] = ()
    apart: frozenset[int] = frozenset()


class _NoRoomError(Exception):
    """This party does not fit."""


def seat(
    parties: Parties,
    plan: Sequence[Spot],
    taken: Collection[int] = (),
    *,
    old: Sequence[Spot] = (),
    others: bool = False,
) -> Seating:
    """A new place for every claim of every party, or the party's key among the left ones.

    `taken`: seats that are somebody's already. `old`: the plan they come from; the middles of both
    are one. `others`: who finds no room in their category may sit in another one.
    """
    free = {spot.id: spot for spot in plan if spot.id not in taken}
    shift = _middle_x(plan) - _middle_x(old) if old else 0.0
    found: dict[int, Spot] = {}
    waiting = _keep(parties, free, found)
    ways = [_in_category, _anywhere] if others else [_in_category]
    for way in ways:
        waiting = [key for key in waiting if not _placed(parties[key], free, found, way, shift)]
    apart = frozenset(
        key for key in parties if key not in waiting and _torn(parties[key], found)
    )  # fmt: skip
    return Seating(found, tuple(sorted(waiting)), apart)


def _keep(parties: Parties, free: dict[int, Spot], found: dict[int, Spot]) -> list[int]:
    """Give everybody the seats of the same names who can have them; the others in their order."""
    by_name = {spot.name: spot for spot in free.values()}
    waiting = []
    for key in sorted(parties, key=lambda key: _turn(key, parties[key])):
        same = {s.key: by_name.get(s.spot.name) for s in parties[key]}
        if all(_alike(s.spot, same[s.key]) for s in parties[key]):
            _take({claim: spot for claim, spot in same.items() if spot}, free, found)
        else:
            waiting.append(key)
    return waiting


def _turn(key: int, party: Party) -> tuple[bool, int, int]:
    return not any(s.spot.kind == SeatKind.WHEELCHAIR for s in party), -len(party), key


def _alike(old: Spot, new: Spot | None) -> bool:
    return new is not None and (old.category, old.kind) == (new.category, new.kind)


def _take(chosen: Mapping[int, Spot], free: dict[int, Spot], found: dict[int, Spot]) -> None:
    found.update(chosen)
    for spot in chosen.values():
        del free[spot.id]


Way = Callable[[Party, Sequence[Spot], float], dict[int, Spot]]


def _placed(
    party: Party, free: dict[int, Spot], found: dict[int, Spot], way: Way, shift: float
) -> bool:
    """Place a party whole; False when it does not fit."""
    try:
        chosen = way(party, sorted(free.values(), key=order), shift)
    except _NoRoomError:
        return False
    _take(chosen, free, found)
    return True


def _in_category(party: Party, free: Sequence[Spot], shift: float) -> dict[int, Spot]:
    """Everybody in the category they paid for."""
    chosen: dict[int, Spot] = {}
    ordered = sorted(party, key=lambda s: s.spot.category)
    for category, part in groupby(ordered, key=lambda s: s.spot.category):
        here = [spot for spot in free if spot.category == category]
        chosen |= _anywhere(list(part), here, shift)
    return chosen


def _anywhere(party: Party, free: Sequence[Spot], shift: float) -> dict[int, Spot]:
    """Wheelchairs, then who comes with them, then the others side by side near all of these."""
    wheels = _of(party, SeatKind.WHEELCHAIR)
    beside = _of(party, SeatKind.COMPANION)
    chosen: dict[int, Spot] = {}
    for sitting in wheels:
        chosen[sitting.key] = _wheelchair(sitting, _rest(free, chosen), shift, wanted=bool(beside))
    for sitting in beside:
        chosen[sitting.key] = _companion(
            sitting, _rest(free, chosen), [chosen[s.key] for s in wheels], shift
        )
    near = _centre(chosen.values()) if chosen else _moved(_centre(s.spot for s in party), shift)
    rows = {spot.y for spot in chosen.values()}
    return chosen | _standing(_of(party, SeatKind.STANDARD), _rest(free, chosen), near, rows)


def _of(party: Party, kind: SeatKind) -> list[Sitting]:
    """The party's members on such places, from left to right."""
    return sorted((s for s in party if s.spot.kind == kind), key=lambda s: order(s.spot))


def _rest(free: Sequence[Spot], chosen: Mapping[int, Spot]) -> list[Spot]:
    gone = {spot.id for spot in chosen.values()}
    return [spot for spot in free if spot.id not in gone]


def _wheelchair(sitting: Sitting, free: Sequence[Spot], shift: float, *, wanted: bool) -> Spot:
    """The nearest wheelchair place, one with a free seat beside it when a companion comes along."""
    places = [spot for spot in free if spot.kind == SeatKind.WHEELCHAIR]
    return _nearest(
        places,
        _moved((sitting.spot.x, sitting.spot.y), shift),
        first=lambda spot: wanted and not _next_to(spot, free, SeatKind.COMPANION),
    )


def _companion(
    sitting: Sitting, free: Sequence[Spot], wheels: Sequence[Spot], shift: float
) -> Spot:
    """Beside the wheelchair; a companion's seat bought alone is a seat like others."""
    near = _moved((sitting.spot.x, sitting.spot.y), shift)
    if not wheels:
        places = [spot for spot in free if spot.kind != SeatKind.WHEELCHAIR]
        return _nearest(places, near, first=lambda spot: spot.kind != SeatKind.COMPANION)
    for kind in (SeatKind.COMPANION, SeatKind.STANDARD):
        if places := [spot for wheel in wheels for spot in _next_to(wheel, free, kind)]:
            return _nearest(places, near)
    raise _NoRoomError


def _standing(
    party: Party, free: Sequence[Spot], near: Point, rows: Collection[int]
) -> dict[int, Spot]:
    """Standard seats side by side, each from left to right as they sat; in these rows if it can be."""
    if not party:
        return {}
    chairs = [s for s in free if s.kind == SeatKind.STANDARD]
    groups = together([s for s in chairs if s.y in rows], len(party), near)
    if len(groups) != 1:
        groups = together(chairs, len(party), near)
    if not groups:
        raise _NoRoomError
    spots = sorted((spot for group in groups for spot in group), key=order)
    return {s.key: spot for s, spot in zip(party, spots, strict=True)}


def _nearest(
    places: Sequence[Spot], near: Point, first: Callable[[Spot], bool] = lambda _: False
) -> Spot:
    """The nearest of them; those for which `first` is false come before all others."""
    if not places:
        raise _NoRoomError
    return min(places, key=lambda s: (first(s), distance((s.x, s.y), near), order(s)))


def _next_to(one: Spot, free: Sequence[Spot], kind: SeatKind) -> list[Spot]:
    return [s for s in free if s.kind == kind and (neighbours(one, s) or neighbours(s, one))]


def _torn(party: Party, found: Mapping[int, Spot]) -> bool:
    """Whether they sat in one run of seats and do so no longer."""
    return _runs(s.spot for s in party) < _runs(found[s.key] for s in party)


def _runs(spots: Iterable[Spot]) -> int:
    """In how many parts these seats stand."""
    ordered = sorted(spots, key=order)
    return 1 + sum(not neighbours(one, other) for one, other in pairwise(ordered))


def _middle_x(spots: Sequence[Spot]) -> float:
    """The middle between the outer places; halls of different width share it."""
    return (min(s.x for s in spots) + max(s.x for s in spots)) / 2 if spots else 0.0


def _centre(spots: Iterable[Spot]) -> Point:
    every = list(spots)
    return sum(s.x for s in every) / len(every), sum(s.y for s in every) / len(every)


def _moved(point: Point, shift: float) -> Point:
    return point[0] + shift, point[1]
