"""Money and time: the two things a cinema may not get wrong."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookingapp import clock, money

KOCHI, BERLIN = "Asia/Kolkata", "Europe/Berlin"


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (36000, "INR", "₹360.00"),
        (5, "INR", "₹0.05"),
        (500, "JPY", "¥500"),
        (123456, "KWD", "KWD123.456"),
    ],
)
def test_money_is_written_with_its_currencys_own_digits(
    amount: int, currency: str, text: str
) -> None:
    assert money.to_text(amount, currency, "en") == text


@pytest.mark.parametrize(("amount", "text"), [(36000, "₹360"), (36050, "₹360.50"), (0, "₹0")])
def test_whole_sums_lose_their_zeros_on_buttons(amount: int, text: str) -> None:
    assert money.to_short_text(amount, "INR", "en") == text


@given(price=st.integers(0, 10**9), rate=st.integers(0, 5000))
def test_included_tax_is_rounded_half_up_and_never_more_than_the_price(
    price: int, rate: int
) -> None:
    exact = Decimal(price) * rate / (10_000 + rate)
    assert money.included_tax(price, rate) == exact.quantize(Decimal(1), ROUND_HALF_UP)
    assert 0 <= money.included_tax(price, rate) <= price


def test_now_is_aware_and_in_utc() -> None:
    assert clock.now().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("wall", "day"),
    [
        ("2026-11-22T23:59", 22),
        ("2026-11-23T00:15", 22),
        ("2026-11-23T03:59", 22),
        ("2026-11-23T04:00", 23),
    ],
)
def test_a_show_after_midnight_belongs_to_the_night_before(wall: str, day: int) -> None:
    instant = clock.from_local(date.fromisoformat(wall[:10]), time.fromisoformat(wall[11:]), KOCHI)
    assert clock.cinema_day(instant, KOCHI, time(4)) == date(2026, 11, day)


def test_the_night_the_clocks_go_back_has_twenty_five_hours() -> None:
    start, end = clock.day_span(date(2026, 10, 25), BERLIN, time(2, 0))
    assert end - start == timedelta(hours=25)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)), st.sampled_from([KOCHI, BERLIN]))  # noqa: DTZ001
def test_every_instant_lies_in_the_span_of_its_own_day(naive: datetime, zone: str) -> None:
    instant = naive.replace(tzinfo=UTC)
    start, end = clock.day_span(clock.cinema_day(instant, zone, time(4)), zone, time(4))
    assert start <= instant < end
