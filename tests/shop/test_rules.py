"""Best seats, the seat left alone, the seat to take instead."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookingapp.shop.rules import Spot, beside, best_seats, left_alone, sweet_spot

PEOPLE = st.integers(1, 10)


def hall(*rows: str) -> list[Spot]:
    """Rows as text: o free, x taken, w wheelchair, m its companion, a space is half a seat of aisle."""
    spots = []
    for y, row in enumerate(rows):
        x = number = 0
        for sign in row:
            if sign == " ":
                x += 1
                continue
            number += 1
            kind = {"w": "wheelchair", "m": "companion"}.get(sign, "standard")
            spots.append(Spot(f"{'ABCDEFGHIJ'[y]}{number}", x, 2 * y, kind, "stalls", sign != "x"))
            x += 2
    return spots


@st.composite
def halls(draw: st.DrawFn) -> list[Spot]:
    """Halls of any shape, half sold."""
    rows = draw(
        st.lists(st.text(alphabet="ooxxwm  ", min_size=1, max_size=16), min_size=1, max_size=8)
    )
    spots = hall(*rows)
    return spots or hall("o")


def in_order(spots: list[Spot], names: tuple[str, ...]) -> list[Spot]:
    return sorted((s for s in spots if s.name in names), key=lambda s: (s.y, s.x))


@given(halls(), PEOPLE)
def test_offered_seats_are_free_standard_seats_and_as_many_as_asked(
    spots: list[Spot], people: int
) -> None:
    offer = best_seats(spots, people)
    offered = in_order(spots, offer.names)
    assert all(s.free and s.kind == "standard" for s in offered)
    assert len(set(offer.names)) == len(offer.names) == len(offered)
    assert len(offer.names) in {0, people}


@given(halls(), PEOPLE)
def test_together_means_side_by_side_in_one_row_without_an_aisle(
    spots: list[Spot], people: int
) -> None:
    offer = best_seats(spots, people)
    if offer.together:
        assert all(a.y == b.y and b.x - a.x == 2 for a, b in pairwise(in_order(spots, offer.names)))


@given(halls(), PEOPLE)
def test_a_group_is_split_only_when_no_row_has_room(spots: list[Spot], people: int) -> None:
    free = {(s.x, s.y) for s in spots if s.free and s.kind == "standard"}
    room = any(all((x + 2 * n, y) in free for n in range(people)) for x, y in free)
    assert best_seats(spots, people).together == room


@given(halls(), PEOPLE)
def test_seats_are_offered_whenever_enough_are_free(spots: list[Spot], people: int) -> None:
    enough = sum(s.free and s.kind == "standard" for s in spots) >= people
    assert bool(best_seats(spots, people).names) == enough


@given(halls(), PEOPLE)
def test_the_order_of_the_seats_does_not_matter(spots: list[Spot], people: int) -> None:
    assert best_seats(spots, people) == best_seats(spots[::-1], people)


@pytest.mark.parametrize(
    ("rows", "people", "offered"),
    [
        (["oooooo", "oooooo", "oooooo", "oooooo"], 2, "C3 C4"),  # the middle, two thirds back
        (["ooo ooo", "ooo ooo", "ooo ooo", "ooo ooo"], 3, "C1 C2 C3"),  # not over the aisle
        (["wmoooo"], 4, "A3 A4 A5 A6"),  # never the wheelchair place
        (["xxooox"], 2, "A3 A4"),  # whatever is left
        (["ooooox"], 2, "A4 A5"),  # A2 A3 are nearer the middle and would leave A1 alone
        (["oo oo", "xx xx"], 4, "A1 A2 A3 A4"),  # two and two
        (["ooo o", "xxx x"], 4, "A1 A2 A3 A4"),  # three and one, when two and two can't be
        (["oxoxo"], 2, "A1 A3"),  # apart, when nothing else is free
        (["wm"], 1, ""),
        (["oo"], 3, ""),
        (["oo"], 0, ""),
    ],
)  # fmt: skip
def test_the_offer_is_the_one_people_would_choose(
    rows: list[str], people: int, offered: str
) -> None:
    assert sorted(best_seats(hall(*rows), people).names) == offered.split()


def test_a_group_of_four_is_split_in_pairs_rather_than_leaving_one_alone() -> None:
    names = best_seats(hall("ooox", "ooxx", "ooxx"), 4).names
    assert sorted(name[0] for name in names) in (["A", "A", "B", "B"], ["B", "B", "C", "C"])


def test_a_single_seat_is_not_left_over_if_two_others_are_nearly_as_good() -> None:
    # A2, A3 sit nearest the middle but would leave A1 alone
    assert best_seats(hall("ooo oooo"), 2).names not in {("A1", "A2"), ("A2", "A3")}


def test_the_balcony_does_not_pull_the_sweet_spot_up() -> None:
    stalls = hall("oooo", "oooo", "oooo", "oooo")
    balcony = [s._replace(y=s.y + 10, look="balcony") for s in stalls]
    assert sweet_spot([*stalls, *balcony]) == sweet_spot(stalls)


@pytest.mark.parametrize(
    ("row", "chosen", "alone", "side"),
    [
        ("oooox", "A2 A3", "A4", "left"),  # A1 A2 would keep the pair A3 A4
        ("xoooo", "A3 A4", "A2", "left"),  # A2 A3 keeps the pair A4 A5
        ("mooox", "A2 A3", "A4", "right"),  # to the left is a companion's seat
        ("xooox", "A3 A4", "A2", None),  # A4 would be the next to be alone
        ("xoox", "A2", "A3", None),  # one seat beside the other: there is no way out
        ("oooox", "A1 A2", None, None),
        ("oooo", "A2 A3", None, None),  # at the wall nobody is between two groups
        ("oo oox", "A1 A2", None, None),
        ("xoxoo", "A4 A5", None, None),  # A2 was alone before
        ("xwoo", "A3 A4", None, None),  # a wheelchair place is not left over
    ],
)
def test_a_seat_left_alone_is_named_with_the_way_out(
    row: str, chosen: str, alone: str | None, side: str | None
) -> None:
    found = left_alone(hall(row), chosen.split())
    assert (found.seat if found else None, found.side if found else None) == (alone, side)


@given(halls(), st.data())
def test_a_seat_said_to_be_alone_is_free_and_not_chosen(
    spots: list[Spot], data: st.DataObject
) -> None:
    free = [s.name for s in spots if s.free]
    chosen = data.draw(st.lists(st.sampled_from(free), unique=True) if free else st.just([]))
    found = left_alone(spots, chosen)
    if found:
        assert found.seat in free
        assert found.seat not in chosen


@pytest.mark.parametrize(
    ("row", "kept", "instead"),
    [
        ("oox", "A2", "A1"),
        ("xoo", "A2", "A3"),
        ("xox", "A2", None),
        ("o ox", "A2", None),  # over the aisle is not next to it
        ("wox", "A2", None),
        ("oooo", "", None),
    ],
)
def test_the_seat_next_to_the_kept_ones_is_offered_instead(
    row: str, kept: str, instead: str | None
) -> None:
    assert beside(hall(row), kept.split()) == instead
