"""People buy the good seats first, in pairs, and one evening is full."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given

from bookingapp.demo.crowd import crowds, parties
from bookingapp.demo.halls import HALLS, Hall, SeatDraft
from bookingapp.demo.week import ZONE, programme

days = st.dates(date(2024, 1, 1), date(2035, 1, 1))
moments = st.builds(datetime.combine, days, st.times(), st.just(ZONE))
every_hall = pytest.mark.parametrize("hall", HALLS, ids=lambda hall: hall.name)


def seated(hall: Hall, share: float, seed: str = "7") -> list[SeatDraft]:
    return [seat for party in parties(hall.seats, share, seed) for seat in party]


@given(moments)
def test_exactly_one_showing_is_sold_out_and_it_is_soon(now: datetime) -> None:
    shares = crowds(programme(now.date()), now)
    full = [show for show, share in shares.items() if share == 1]
    assert len(full) == 1
    assert now < full[0].starts < now + timedelta(days=1, hours=6)


@given(moments)
def test_two_evenings_in_the_big_hall_have_few_seats_left(now: datetime) -> None:
    shares = crowds(programme(now.date()), now)
    assert sum(0.9 <= share < 1 for share in shares.values()) == 2


def test_today_is_fuller_than_the_end_of_the_week() -> None:
    monday = date(2026, 11, 23)
    shares = crowds(programme(monday), datetime.combine(monday, time(9), ZONE))
    today = [share for show, share in shares.items() if show.starts.date() == monday]
    last = [share for show, share in shares.items() if show.starts.date() > monday + timedelta(5)]
    assert sum(today) / len(today) > 3 * sum(last) / len(last)


def test_a_crowd_is_the_same_whenever_it_is_asked_for() -> None:
    assert seated(HALLS[0], 0.5) == seated(HALLS[0], 0.5)
    assert seated(HALLS[0], 0.5, "7") != seated(HALLS[0], 0.5, "8")


@every_hall
@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.6, 0.94, 1])
def test_as_many_seats_are_taken_as_were_asked_for_and_none_twice(hall: Hall, share: float) -> None:
    taken = seated(hall, share)
    assert len(taken) == len(set(taken))
    assert abs(len(taken) - share * len(hall.seats)) <= 1


@every_hall
def test_a_full_house_has_no_seat_left(hall: Hall) -> None:
    assert set(seated(hall, 1)) == set(hall.seats)


@every_hall
def test_wheelchair_places_are_kept_until_the_house_is_full(hall: Hall) -> None:
    assert {seat.kind for seat in seated(hall, 0.9)} == {"standard"}


@every_hall
def test_a_party_sits_side_by_side(hall: Hall) -> None:
    for party in parties(hall.seats, 0.7, "7"):
        assert 1 <= len(party) <= 4
        for one, other in pairwise(party):
            assert (one.y, one.x + 2) == (other.y, other.x)


@every_hall
def test_most_people_come_in_company(hall: Hall) -> None:
    sizes = [len(party) for party in parties(hall.seats, 0.5, "7")]
    assert sum(size > 1 for size in sizes) > len(sizes) / 2


def test_the_front_row_is_sold_last() -> None:
    taken = seated(HALLS[0], 0.4)
    assert not [seat for seat in taken if seat.row == "A"]
    assert len([seat for seat in taken if seat.row in {"H", "J", "K"}]) > 20
