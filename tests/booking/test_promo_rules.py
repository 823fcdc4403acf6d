"""What a code takes off, to the paisa, and when it may."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookingapp import money
from bookingapp.booking import promo_rules, rules
from bookingapp.booking.promo_rules import Promo
from bookingapp.catalogue import tax
from bookingapp.catalogue.tax import NO_TAX, Band, Law
from bookingapp.errors import Refused

GST = Law(date(2025, 9, 22), 1800, (Band(10_000, 500), Band(None, 1800)))
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SUNDAY = date(2026, 11, 22)
prices = st.lists(
    st.integers(0, 60_000).map(lambda price: tax.fitting(GST, price)), min_size=1, max_size=10
)
promos = st.one_of(
    st.integers(1, 100).map(lambda percent: Promo(percent=percent)),
    st.integers(1, 200_000).map(lambda amount: Promo(amount=amount)),
)


@given(prices, promos)
def test_a_discounted_price_is_one_that_may_be_sold_and_the_totals_hold(
    found: list[int], promo: Promo
) -> None:
    lines = promo_rules.lines(promo, found, GST)
    for line, price in zip(lines, found, strict=True):
        assert line.list_price == price
        assert 0 <= line.price == price - line.discount <= price
        assert tax.rate_of(GST, line.price) == line.tax_rate
    sums = rules.totals(lines, 500, GST.fee_rate)
    assert sums.total == sum(line.price for line in lines) + 500


@given(prices, st.integers(1, 200_000))
def test_an_amount_is_split_to_the_last_paisa(found: list[int], amount: int) -> None:
    lines = promo_rules.lines(Promo(amount=amount), found, NO_TAX, fee=money.LEAST)
    assert sum(line.discount for line in lines) == min(amount, sum(found))


@given(prices, promos, st.integers(0, 200))
def test_no_code_leaves_a_total_that_nobody_can_pay(
    found: list[int], promo: Promo, fee: int
) -> None:
    lines = promo_rules.lines(promo, found, GST, fee)
    total = rules.totals(lines, fee, GST.fee_rate).total
    assert total == 0 or total >= money.LEAST


@pytest.mark.parametrize(
    ("amount", "fee", "total"),
    [
        (17_900, 0, 100),  # one rupee can be paid
        (17_901, 0, 0),
        (17_999, 99, 100),  # with the fee it can
        (17_999, 98, 0),  # what is left is given, and a fee that small is not asked for alone
        (18_000, 99, 0),
        (18_000, 100, 100),
    ],
)
def test_what_a_code_leaves_and_nobody_can_pay_is_given(amount: int, fee: int, total: int) -> None:
    lines = promo_rules.lines(Promo(amount=amount), [18_000], NO_TAX, fee)
    assert rules.totals(lines, fee, 0).total == total


@pytest.mark.parametrize(
    ("price", "promo", "paid", "rate"),
    [
        (18_000, Promo(percent=10), 16_200, 1800),
        (18_000, Promo(percent=50), 9_000, 500),  # the rate follows what is paid
        (12_000, Promo(percent=10), 10_500, 500),  # 108 fits neither rate: down to 105
        (13_113, Promo(percent=10), 11_802, 1800),
        (18_000, Promo(percent=100), 0, 500),
        (333, Promo(percent=50), 166, 500),  # the discount is rounded half up
    ],
)
def test_the_price_with_a_code(price: int, promo: Promo, paid: int, rate: int) -> None:
    (line,) = promo_rules.lines(promo, [price], GST)
    assert (line.price, line.tax_rate) == (paid, rate)


@pytest.mark.parametrize(
    ("promo", "refusal"),
    [
        (Promo(percent=10), None),
        (Promo(percent=10, stopped=True), promo_rules.PromoUnknown),
        (Promo(percent=10, valid_from=NOW), None),
        (Promo(percent=10, valid_from=NOW + timedelta(seconds=1)), promo_rules.PromoNotYet),
        (Promo(percent=10, valid_until=NOW + timedelta(seconds=1)), None),
        (Promo(percent=10, valid_until=NOW), promo_rules.PromoOver),
        (Promo(percent=10, movie_id=7), None),
        (Promo(percent=10, movie_id=8, film="Metropolis"), promo_rules.PromoNotThisFilm),
        (Promo(percent=10, weekdays=0b1000000), None),  # Sundays
        (Promo(percent=10, weekdays=0b0111111), promo_rules.PromoNotThisDay),
    ],
)
def test_a_code_holds_for_its_time_film_and_day(
    promo: Promo, refusal: type[Refused] | None
) -> None:
    if refusal is None:
        promo_rules.check(promo, 7, SUNDAY, NOW)
        return
    with pytest.raises(refusal):
        promo_rules.check(promo, 7, SUNDAY, NOW)


def test_a_code_is_the_same_however_it_is_typed() -> None:
    assert promo_rules.normal(" fri ends-10 ") == "FRIENDS-10"
