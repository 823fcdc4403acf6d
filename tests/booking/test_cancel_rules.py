"""What goes back of what is left: tables, and what holds for any sums."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookingapp import money
from bookingapp.booking.cancel_rules import (
    Back,
    BackTooHigh,
    BackTooSmall,
    Left,
    by_terms,
    check_back,
    everything,
    shared_by_terms,
    within,
)

LEFT = Left({1: 18000, 2: 12000}, fee=2000, total=32000)


@pytest.mark.parametrize(
    ("chosen", "percent", "fee_back", "back"),
    [
        ([1, 2], 0, False, Back({1: 18000, 2: 12000}, 0)),
        ([1, 2], 0, True, Back({1: 18000, 2: 12000}, 2000)),
        ([1, 2], 50, True, Back({1: 9000, 2: 6000}, 1000)),
        ([1], 0, True, Back({1: 18000}, 0)),
        ([2], 10, False, Back({2: 10800}, 0)),
        ([1, 2], 100, True, Back({1: 0, 2: 0}, 0)),
    ],
)
def test_the_fee_goes_with_the_last_seat_and_only_if_the_terms_say_so(
    chosen: list[int], percent: int, fee_back: bool, back: Back
) -> None:
    assert by_terms(LEFT, chosen, percent, fee_back=fee_back) == back


def test_when_less_is_left_than_its_parts_the_fee_gives_way_first() -> None:
    assert within(Back({1: 100, 2: 100}, 50), 220) == Back({1: 100, 2: 100}, 20)
    assert within(Back({1: 100, 2: 100}, 50), 130) == Back({1: 100, 2: 30}, 0)
    assert within(Back({1: 100}, 50), -5) == Back({1: 0}, 0)


LEFTS = st.builds(
    Left,
    st.dictionaries(st.integers(1, 10), st.integers(0, 50_000), min_size=1, max_size=10),
    st.integers(0, 5000),
    st.integers(-100, 600_000),
)


@given(LEFTS, st.data())
def test_no_choice_and_no_terms_ever_give_back_more_than_is_left(
    left: Left, data: st.DataObject
) -> None:
    """Whatever the rules offer, the step takes; kept and back are what is left of the seats."""
    chosen = data.draw(st.sets(st.sampled_from(sorted(left.seats)), min_size=1))
    percent, fee_back = data.draw(st.integers(0, 100)), data.draw(st.booleans())
    for back in (by_terms(left, chosen, percent, fee_back=fee_back), everything(left, chosen)):
        assert 0 <= back.total <= max(left.total, 0)
        assert set(back.seats) == set(chosen)
        assert not money.too_small(back.total), "the gateway sends no such sum"
        if left.total >= 0:
            check_back(left, chosen, back, "INR")
            assert left.of(chosen).kept(back) == left.of(chosen).total - back.total


@given(LEFTS, st.data())
def test_seats_cancelled_one_by_one_give_back_what_they_give_together(
    left: Left, data: st.DataObject
) -> None:
    """Rounding is per line, so the order and the number of clicks change nothing."""
    left = Left(left.seats, left.fee, sum(left.seats.values()) + left.fee)
    percent = data.draw(st.integers(0, 100))
    together = shared_by_terms(left, left.seats, percent, fee_back=True).total
    one_by_one, rest = 0, left
    for seat in data.draw(st.permutations(sorted(left.seats))):
        back = shared_by_terms(rest, [seat], percent, fee_back=True)
        one_by_one += back.total
        seats = {other: amount for other, amount in rest.seats.items() if other != seat}
        rest = Left(seats, rest.fee, sum(seats.values()) + rest.fee)
    assert one_by_one == together


@pytest.mark.parametrize(
    ("left", "percent", "fee_back", "back"),
    [
        # 0.90 of 90: raised to what can be sent
        (Left({1: 9000}, 0, 9000), 99, True, Back({1: 100}, 0)),
        # together it can be sent as it is
        (Left({1: 9000, 2: 9000}, 0, 18000), 99, True, Back({1: 90, 2: 90}, 0)),
        # the first seats are raised first, and no seat above what was paid for it
        (Left({1: 50, 2: 5000}, 0, 5050), 99, True, Back({1: 50, 2: 50}, 0)),
        # the fee helps where the terms share it, and is left alone where they don't
        (Left({1: 50}, 2000, 2050), 99, True, Back({1: 50}, 50)),
        (Left({1: 50}, 2000, 2050), 99, False, Back({1: 0}, 0)),
        # not so much is left: nothing
        (Left({1: 99}, 0, 99), 0, True, Back({1: 0}, 0)),
        (Left({1: 9000}, 0, 99), 0, True, Back({1: 0}, 0)),
        (Left({1: 100}, 0, 100), 0, True, Back({1: 100}, 0)),
        # nothing stays nothing
        (Left({1: 9000}, 0, 9000), 100, True, Back({1: 0}, 0)),
    ],
)
def test_a_sum_that_cannot_be_sent_is_raised_or_nothing(
    left: Left, percent: int, fee_back: bool, back: Back
) -> None:
    assert by_terms(left, left.seats, percent, fee_back=fee_back) == back


def test_a_sum_that_cannot_be_sent_is_refused() -> None:
    for amount in (1, 99):
        with pytest.raises(BackTooSmall):
            check_back(LEFT, [1], Back({1: amount}), "INR")
    check_back(LEFT, [1], Back({1: 100}), "INR")
    check_back(LEFT, [1], Back({1: 0}), "INR")


def test_a_seat_that_stays_gives_nothing_back() -> None:
    with pytest.raises(BackTooHigh):
        check_back(LEFT, [1], Back({2: 1}), "INR")
