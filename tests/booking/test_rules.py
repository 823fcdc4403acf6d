"""What may follow what, what a seat costs, and which numbers people can read."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookingapp.booking import rules
from bookingapp.booking.models import BookingState
from bookingapp.catalogue.models import ShowtimeState
from bookingapp.catalogue.tax import NO_TAX, Band, Law
from bookingapp.errors import Refused

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
GST = Law(date(2025, 9, 22), 1800, (Band(10_000, 500), Band(None, 1800)))
prices = st.lists(st.integers(0, 500_000), min_size=1, max_size=10)


@given(prices, st.integers(0, 20_000))
def test_a_total_is_what_its_lines_and_the_fee_add_up_to(amounts: list[int], fee: int) -> None:
    lines = [rules.line(amount, GST) for amount in amounts]
    sums = rules.totals(lines, fee, GST.fee_rate)
    assert sums.total == sum(amounts) + fee == sums.subtotal + sums.fee - sums.discount
    assert sums.tax == sum(line.tax for line in lines) + sums.fee_tax


@given(st.integers(0, 500_000))
def test_the_tax_inside_a_price_is_right_to_half_a_paisa(price: int) -> None:
    line = rules.line(price, GST)
    exact = price * line.tax_rate / (10_000 + line.tax_rate)
    assert abs(line.tax - exact) <= 0.5 + 1e-9
    assert 0 <= line.tax <= price


@given(prices, st.integers(0, 20_000))
def test_the_tax_lines_of_a_receipt_add_up_to_its_tax(amounts: list[int], fee: int) -> None:
    lines = [rules.line(amount, GST) for amount in amounts]
    sums = rules.totals(lines, fee, GST.fee_rate)
    parts = [(line.tax_rate, line.tax) for line in lines] + [(1800, sums.fee_tax)]
    by_rate = rules.tax_by_rate(parts)
    assert sum(tax for _, tax in by_rate) == sums.tax
    assert len({rate for rate, _ in by_rate}) == len(by_rate)


def test_where_there_is_no_law_there_is_no_tax() -> None:
    assert rules.line(10_000, NO_TAX).tax == 0
    assert rules.totals([], 500, NO_TAX.fee_rate).fee_tax == 0


def test_two_seats_of_180_rupees_hold_the_tax_of_the_law() -> None:
    lines = [rules.line(18_000, GST)] * 2
    assert rules.totals(lines, 0, GST.fee_rate).tax == 2 * 2746


ALLOWED = {
    ("held", "confirmed"),
    ("held", "expired"),
    ("held", "released"),
    ("confirmed", "cancelled"),
    ("expired", "confirmed"),
}


@pytest.mark.parametrize("old", BookingState)
@pytest.mark.parametrize("new", BookingState)
def test_a_booking_moves_only_as_the_table_says(old: BookingState, new: BookingState) -> None:
    assert rules.may_move(old, new) == ((old.value, new.value) in ALLOWED)


def test_a_booking_number_survives_the_telephone() -> None:
    numbers = {rules.new_number() for _ in range(500)}
    assert len(numbers) == 500
    for number in numbers:
        assert number.startswith("BK")
        assert len(number) == 10
        assert not set(number[2:]) & set("01OILSZ5AEU")


def test_a_manage_link_can_not_be_guessed() -> None:
    token = rules.new_token()
    assert rules.is_token(token)
    assert len(token) * 6 >= 128


@pytest.mark.parametrize("text", ["", "short", "a" * 65, "x" * 30 + "\0", "../../etc/passwd/etc"])
def test_what_is_no_token_is_not_looked_up(text: str) -> None:
    assert not rules.is_token(text)


def test_a_seat_ticked_twice_is_wanted_once() -> None:
    assert rules.wanted(["A1", " A2", "A1", ""], 10) == ["A1", "A2"]


@pytest.mark.parametrize(
    ("names", "refusal"),
    [
        ([], rules.NoSeatsChosen),
        (["", " "], rules.NoSeatsChosen),
        (["A1", "A2", "A3"], rules.TooManySeats),
        (["A" * 9], rules.UnknownSeat),
        (["A\0"], rules.UnknownSeat),
    ],
)
def test_a_choice_that_can_not_be_held_is_refused(names: list[str], refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        rules.wanted(names, 2)


hours = st.integers(-48, 48).map(lambda h: NOW + timedelta(hours=h))


@given(st.sampled_from(ShowtimeState), hours, st.none() | hours, st.none() | hours)
def test_a_showing_is_sold_only_on_sale_in_its_time_and_before_it_starts(
    state: ShowtimeState, starts: datetime, opens: datetime | None, closes: datetime | None
) -> None:
    sold = (
        state is ShowtimeState.ON_SALE
        and starts > NOW
        and (opens is None or opens <= NOW)
        and (closes is None or closes > NOW)
    )
    try:
        rules.check_on_sale(state, starts, opens, closes, NOW)
    except (rules.NotOnSale, rules.ShowtimeStarted):
        assert not sold
    else:
        assert sold
