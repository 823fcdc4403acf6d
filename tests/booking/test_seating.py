"""Who sits where after a move: tables for what a person would expect, properties for what must hold."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookingapp.booking.seating import Seating, Sitting, Spot, seat
from bookingapp.catalogue.models import SeatKind

SIGNS = {"#": SeatKind.STANDARD, "w": SeatKind.WHEELCHAIR, "+": SeatKind.COMPANION}


def hall(drawing: str, first: int = 1) -> list[Spot]:
    """`1A ##.##w+`: category, row, places; a dot is a seat's width of floor."""
    found: list[Spot] = []
    for y, line in enumerate(drawing.strip().splitlines()):
        head, places = line.split()
        number = 0
        for x, sign in enumerate(places):
            if sign in SIGNS:
                number += 1
                name = f"{head[1]}{number}"
                found.append(
                    Spot(first + len(found), name, 2 * x, 2 * y, int(head[0]), SIGNS[sign])
                )
    return found


def people(plan: Iterable[Spot], *parties: str) -> dict[int, list[Sitting]]:
    """Parties by the seats they have, such as "A1 A2"; a claim's key is its seat's id."""
    by_name = {spot.name: spot for spot in plan}
    return {
        key: [Sitting(by_name[name].id, by_name[name]) for name in seats.split()]
        for key, seats in enumerate(parties, 1)
    }


def told(seating: Seating, parties: dict[int, list[Sitting]]) -> list[str]:
    """The new seats of each party in the order of the old ones; "none" for who has none."""
    return [
        " ".join(seating.seats[s.key].name for s in party if s.key in seating.seats) or "none"
        for party in parties.values()
    ]


BIG = hall("1A ####.####\n1B ####.####\n2C w+##.####\n2D ####.####")

TABLE = [
    ("the same hall", "1A ####.####\n1B ####.####\n2C w+##.####\n2D ####.####",
     ["A1 A2", "B5", "C1 C2", "D3 D4"], ["A1 A2", "B5", "C1 C2", "D3 D4"]),
    ("fewer rows: the nearest row of the category, and no chair left alone", "1A ####.####\n2C w+##.####",
     ["B2 B3"], ["A1 A2"]),
    ("a shorter row: the whole party moves together", "1A ####\n1B ######", ["A3 A4 A5"], ["B4 B5 B6"]),
    ("a name that is another category's now is not the same seat", "2A ####\n1B ####", ["A1 A2"], ["B1 B2"]),
    ("no row is long enough: two rows, one behind the other", "1A ##\n1B ##", ["A1 A2 A3 A4"], ["A1 A2 B1 B2"]),
    ("only another category: nobody is seated", "2A ####\n2B ####", ["A1 A2"], ["none"]),
    ("too few seats: the larger party first", "1A ###", ["B1", "B2 B3 B4"], ["none", "A1 A2 A3"]),
    ("too few seats: who booked first", "1A ##", ["B1 B2", "B3 B4"], ["A1 A2", "none"]),
    ("a party is seated whole or not at all", "1A ##\n2C ##", ["A3 A4 D3"], ["A1 A2 C2"]),
    ("half of it finds no room", "1A ##", ["A1 A2 D3"], ["none"]),
    ("the wheelchair keeps its kind and its companion", "2C ####\n2D ##w+", ["C1 C2"], ["D3 D4"]),
    ("no companion's seat: the seat beside", "2D ##w#", ["C1 C2"], ["D3 D2"]),
    ("no wheelchair place: nobody is put on a chair", "2C ########", ["C1 C2"], ["none"]),
    ("a chair is not the wheelchair's companion if it stands elsewhere", "2C w.##", ["C1 C2"], ["none"]),
    ("nobody else sits on a wheelchair place", "1A w", ["A1"], ["none"]),
    ("a companion's seat bought alone is a seat", "2D ####", ["C2"], ["D2"]),
    ("friends sit beside the wheelchair", "2C ########\n2D w+######", ["C1 C2 C3 C4"], ["D1 D2 D3 D4"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("plan", "before", "after"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_who_sits_where(plan: str, before: list[str], after: list[str]) -> None:
    parties = people(BIG, *before)
    seating = seat(parties, hall(plan, first=1000))
    assert told(seating, parties) == after
    assert [after[key - 1] for key in seating.left] == ["none"] * len(seating.left)


def test_by_the_managers_will_another_category_is_better_than_none() -> None:
    parties = people(BIG, "A1 A2", "C3 C4")
    plan = hall("2A ####\n2B ####", first=1000)
    assert told(seat(parties, plan), parties) == ["none", "B3 B4"]
    assert told(seat(parties, plan, others=True), parties) == ["A1 A2", "B3 B4"]


def test_a_seat_somebody_has_already_is_nobodys_new_seat() -> None:
    parties = people(BIG, "A1 A2")
    seating = seat(parties, BIG, taken=[spot.id for spot in BIG if spot.name in {"A1", "A3"}])
    assert told(seating, parties) == ["B1 B2"]


def test_who_sat_side_by_side_and_does_so_no_longer_is_named() -> None:
    parties = people(BIG, "A1 A2", "A4 A5")
    seating = seat(parties, hall("1A #.#.#.#", first=1000))
    assert seating.apart == {1}


def test_a_narrower_hall_shares_the_middle_of_the_wide_one() -> None:
    parties = people(BIG, "B5")
    seating = seat(parties, hall("1A ##.##", first=1000), old=BIG)
    assert told(seating, parties) == ["A3"]


@st.composite
def drawings(draw: st.DrawFn) -> str:
    rows = draw(st.lists(st.text("##.w+", min_size=1, max_size=9), min_size=1, max_size=5))
    heads = [f"{draw(st.integers(1, 2))}{letter}" for letter in "ABCDE"]
    return "\n".join(f"{head} {row}" for head, row in zip(heads, rows, strict=False))


@st.composite
def audiences(draw: st.DrawFn) -> tuple[list[Spot], dict[int, list[Sitting]]]:
    plan = hall(draw(drawings()))
    seats = draw(st.permutations(plan))[: draw(st.integers(0, len(plan)))]
    parties: dict[int, list[Sitting]] = {}
    for spot in seats:
        parties.setdefault(draw(st.integers(1, 6)), []).append(Sitting(spot.id, spot))
    return plan, parties


@given(audiences(), drawings(), st.booleans(), st.data())
def test_everybody_is_seated_once_or_named_and_chairs_stay_what_they_are(
    audience: tuple[list[Spot], dict[int, list[Sitting]]],
    drawing: str,
    others: bool,
    data: st.DataObject,
) -> None:
    old, parties = audience
    plan = hall(drawing, first=1000)
    taken = data.draw(st.sets(st.sampled_from([s.id for s in plan]))) if plan else set()
    seating = seat(parties, plan, taken, old=old, others=others)
    seated = {s.key: s.spot for key in parties if key not in seating.left for s in parties[key]}
    assert seating.seats.keys() == seated.keys()
    given_away = [spot.id for spot in seating.seats.values()]
    assert len(given_away) == len(set(given_away))
    assert set(given_away) <= {spot.id for spot in plan} - taken
    for key, spot in seating.seats.items():
        was = seated[key]
        assert others or spot.category == was.category
        assert (spot.kind == SeatKind.WHEELCHAIR) == (was.kind == SeatKind.WHEELCHAIR)
    assert seat(parties, plan, taken, old=old, others=others) == seating


@given(audiences())
def test_on_the_same_plan_everybody_keeps_the_seat(
    audience: tuple[list[Spot], dict[int, list[Sitting]]],
) -> None:
    plan, parties = audience
    moved = [spot._replace(id=spot.id + 1000) for spot in plan]
    seating = seat(parties, moved)
    assert (seating.left, seating.apart) == ((), frozenset())
    for party in parties.values():
        assert [seating.seats[s.key].name for s in party] == [s.spot.name for s in party]


@given(audiences(), drawings())
def test_while_a_category_has_chairs_enough_nobody_of_it_is_sent_away(
    audience: tuple[list[Spot], dict[int, list[Sitting]]], drawing: str
) -> None:
    _, audience_parties = audience
    parties = {
        key: chairs
        for key, party in audience_parties.items()
        if (chairs := [s for s in party if s.spot.kind == SeatKind.STANDARD and s.spot.category == 1])
    }  # fmt: skip
    plan = hall(drawing, first=1000)
    room = sum(spot.kind == SeatKind.STANDARD and spot.category == 1 for spot in plan)
    left = seat(parties, plan).left
    if sum(map(len, parties.values())) <= room:
        assert left == ()
    else:
        assert left != ()
