"""Two halls that could be built."""

from collections import Counter
from itertools import combinations, pairwise

import pytest

from bookingapp.demo.halls import HALLS, Hall, SeatDraft, read

every_hall = pytest.mark.parametrize("hall", HALLS, ids=lambda hall: hall.name)
PHONE_WIDTH = 26  # half seats that fit 360 px


def rows(hall: Hall) -> dict[str, list[SeatDraft]]:
    found: dict[str, list[SeatDraft]] = {}
    for seat in hall.seats:
        found.setdefault(seat.row, []).append(seat)
    return found


def beside(one: SeatDraft, other: SeatDraft) -> bool:
    return one.y == other.y and abs(one.x - other.x) == 2


@every_hall
def test_no_two_seats_stand_in_one_place(hall: Hall) -> None:
    for one, other in combinations(hall.seats, 2):
        assert one.y != other.y or abs(one.x - other.x) >= 2, (one.name, other.name)


@every_hall
def test_every_seat_has_a_name_of_its_own(hall: Hall) -> None:
    assert len({seat.name for seat in hall.seats}) == len(hall.seats)


@every_hall
def test_a_row_is_one_line_numbered_from_the_left(hall: Hall) -> None:
    for seats in rows(hall).values():
        assert len({seat.y for seat in seats}) == 1
        assert [seat.number for seat in seats] == list(range(1, len(seats) + 1))
        assert [seat.x for seat in seats] == sorted(seat.x for seat in seats)


@every_hall
def test_a_hall_fits_a_phone_without_scrolling(hall: Hall) -> None:
    assert max(seat.x for seat in hall.seats) + 2 <= PHONE_WIDTH


@every_hall
def test_a_companion_sits_beside_each_wheelchair_place(hall: Hall) -> None:
    wheelchairs = [seat for seat in hall.seats if seat.kind == "wheelchair"]
    companions = [seat for seat in hall.seats if seat.kind == "companion"]
    assert wheelchairs
    assert len(wheelchairs) == len(companions)
    for place in wheelchairs:
        assert any(beside(place, seat) for seat in companions), place.name


@every_hall
def test_the_letters_that_look_like_digits_are_left_out(hall: Hall) -> None:
    assert not {"I", "O"} & {seat.row for seat in hall.seats}


@every_hall
def test_a_hall_has_rows_of_different_widths(hall: Hall) -> None:
    assert len({len(seats) for seats in rows(hall).values()}) >= 3


@every_hall
def test_a_hall_has_an_aisle_across(hall: Hall) -> None:
    heights = sorted({seat.y for seat in hall.seats})
    assert Counter(b - a for a, b in pairwise(heights))[4] >= 1


def test_the_big_hall_has_a_balcony_and_an_aisle_down_its_middle() -> None:
    hall = HALLS[0]
    assert 150 <= len(hall.seats) <= 180
    assert {seat.category for seat in hall.seats} == {"Front", "Stalls", "Balcony"}
    downstairs = {
        x for seat in hall.seats if seat.category != "Balcony" for x in (seat.x, seat.x + 1)
    }
    assert not {12, 13} & downstairs


def test_the_studio_is_small_staggered_and_has_boxes() -> None:
    hall = HALLS[1]
    assert 50 <= len(hall.seats) <= 60
    assert {seat.category for seat in hall.seats} == {"Studio", "Box"}
    assert {seat.x % 2 for seat in hall.seats if seat.category == "Studio"} == {0, 1}


def test_a_drawing_is_read_in_half_seats() -> None:
    assert read("Stalls A .##..wc+1\n\nBalcony B ####\n") == (
        SeatDraft("A", 1, 1, 0, "Stalls", "standard"),
        SeatDraft("A", 2, 5, 0, "Stalls", "wheelchair"),
        SeatDraft("A", 3, 7, 0, "Stalls", "companion"),
        SeatDraft("B", 1, 0, 4, "Balcony", "standard"),
        SeatDraft("B", 2, 2, 4, "Balcony", "standard"),
    )


def test_a_slip_of_the_pen_in_a_drawing_is_named() -> None:
    with pytest.raises(ValueError, match="row Q"):
        read("Stalls Q ##x##")
