"""Who comes: how full each showing is, and which seats its guests have taken.

Pure and repeatable: the same showing always gets the same crowd.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from bookingapp.demo.halls import SeatDraft
from bookingapp.demo.week import ZONE, Show

# How much of a hall is sold so many days ahead, before the showing's own charm is counted.
SOLD_AHEAD = (0.5, 0.36, 0.27, 0.2, 0.15, 0.11, 0.08)
EVENING = range(18, 22)
NEARLY_FULL = 0.94
FULLEST = 0.82  # what chance alone may fill
PARTY_SIZES, HOW_OFTEN = (1, 2, 3, 4), (12, 56, 14, 18)
SOON = timedelta(minutes=30)


def crowds(shows: Iterable[Show], now: datetime) -> dict[Show, float]:
    """What share of the seats each showing has sold.

    Exactly one is sold out, the first evening one in the Studio that can't have started before
    a reader has looked around; the next two evening showings in Hall 1 have few left.
    """
    shares = {show: _share(show, now) for show in shows}
    evenings = [show for show in shares if show.starts.hour in EVENING and show.starts > now + SOON]
    for show in [show for show in evenings if show.hall == "Studio"][:1]:
        shares[show] = 1.0
    for show in [show for show in evenings if show.hall == "Hall 1"][:2]:
        shares[show] = NEARLY_FULL
    return shares


def _share(show: Show, now: datetime) -> float:
    ahead = (show.starts.date() - now.astimezone(ZONE).date()).days
    if ahead >= len(SOLD_AHEAD):
        return 0.0
    chance = random.Random(f"{show.starts} {show.hall}")
    charm = chance.uniform(0.7, 1.3)
    if show.starts.hour in EVENING:
        charm *= 1.25
    if show.live:
        charm *= 1.3
    return min(FULLEST, SOLD_AHEAD[max(ahead, 0)] * charm)


def parties(seats: Sequence[SeatDraft], share: float, seed: str) -> list[list[SeatDraft]]:
    """Groups of one to four who sit side by side; the best seats go first, roughly.

    Wheelchair places and their companions' seats stay free until everything is sold.
    """
    chance = random.Random(seed)
    free = {_place(seat): seat for seat in seats if share >= 1 or seat.kind == "standard"}
    left = min(round(len(seats) * share), len(free))
    wish = _wish(seats, chance)
    groups: list[list[SeatDraft]] = []
    for seat in sorted(free.values(), key=wish):
        if left and _place(seat) in free:
            size = chance.choices(PARTY_SIZES, HOW_OFTEN)[0]
            groups.append(_sit_down(seat, min(size, left), free))
            left -= len(groups[-1])
    return groups


def _place(seat: SeatDraft) -> tuple[int, int]:
    return seat.x, seat.y


def _wish(seats: Sequence[SeatDraft], chance: random.Random) -> Callable[[SeatDraft], float]:
    """A key that is small where people like to sit, in the middle two thirds back, and a bit moody."""
    left, right = min(seat.x for seat in seats), max(seat.x for seat in seats)
    best_row = max(seat.y for seat in seats) * 0.66
    moods = {seat: chance.uniform(0, (right - left) * 0.65) for seat in seats}

    def wish(seat: SeatDraft) -> float:
        aside, fore_or_aft = abs(seat.x - (left + right) / 2), abs(seat.y - best_row)
        return aside + 1.3 * fore_or_aft + moods[seat]

    return wish


def _sit_down(
    seat: SeatDraft, size: int, free: dict[tuple[int, int], SeatDraft]
) -> list[SeatDraft]:
    """Take this seat and free neighbours of it, in one row without a gap."""
    group = [free.pop(_place(seat))]
    for step in (2, -2):
        x = seat.x + step
        while len(group) < size and (x, seat.y) in free:
            group.append(free.pop((x, seat.y)))
            x += step
    return sorted(group, key=lambda member: member.x)
