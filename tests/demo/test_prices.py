"""Prices that a tax inspector and a family would both accept."""

import pytest

from bookingapp.demo.halls import HALLS
from bookingapp.demo.prices import CATEGORIES, RUPEES, TICKET_TYPES, card_of
from bookingapp.demo.week import Show, programme
from tests.demo.days import SUNDAY

every_card = pytest.mark.parametrize("card", RUPEES)


@every_card
def test_no_price_falls_between_the_two_tax_rates(card: str) -> None:
    assert not [price for row in RUPEES[card].values() for price in row if 105 < price <= 118]


@every_card
def test_a_card_has_a_price_for_every_seat_and_everybody(card: str) -> None:
    assert RUPEES[card].keys() == CATEGORIES.keys()
    assert {len(row) for row in RUPEES[card].values()} == {len(TICKET_TYPES)}


@every_card
def test_children_pay_about_half_and_seniors_about_three_quarters(card: str) -> None:
    for adult, child, senior in RUPEES[card].values():
        assert 0.49 <= child / adult <= 0.61
        assert 0.7 <= senior / adult <= 0.81


def test_every_seat_is_in_a_category_that_is_sold() -> None:
    assert {seat.category for hall in HALLS for seat in hall.seats} == set(CATEGORIES)


def test_a_quarter_of_an_hour_costs_less_and_live_music_more() -> None:
    def adult(show: Show, minutes: int) -> int:
        return RUPEES[card_of(show, minutes)]["Stalls"][0]

    show = programme(SUNDAY)[0]
    live = Show(show.starts, show.hall, "sherlock", live=True)
    assert adult(show, 15) < adult(show, 80) < adult(live, 45)
