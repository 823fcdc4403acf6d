"""The tax inside a price: the law of the day, the band of the price, and prices that fit neither."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bookingapp.catalogue import tax
from bookingapp.catalogue.tax import NO_TAX, Band, Law, LawUnclear, PriceFitsNoRate

BEFORE = Law(date(2019, 1, 1), 1800, (Band(10_000, 1200), Band(None, 1800)))
GST = Law(date(2025, 9, 22), 1800, (Band(10_000, 500), Band(None, 1800)))
FLAT = Law(date(2025, 9, 22), 0, (Band(None, 2000),))
amounts = st.integers(0, 200_000)


@st.composite
def laws(draw: st.DrawFn) -> Law:
    """Up to three bands whose rates rise, as every law of admissions does."""
    limits = sorted(draw(st.sets(st.integers(1, 60_000), max_size=2)))
    rates = sorted(
        draw(st.lists(st.integers(0, 4000), min_size=len(limits) + 1, max_size=len(limits) + 1))
    )
    return Law(
        date(2025, 1, 1),
        1800,
        tuple(Band(limit, rate) for limit, rate in zip([*limits, None], rates, strict=True)),
    )


@pytest.mark.parametrize(
    ("day", "law"),
    [
        (date(2018, 12, 31), NO_TAX),
        (date(2019, 1, 1), BEFORE),
        (date(2025, 9, 21), BEFORE),
        (date(2025, 9, 22), GST),
        (date(2031, 1, 1), GST),
    ],
)
def test_the_law_of_a_day_is_the_newest_that_has_begun(day: date, law: Law) -> None:
    assert tax.law_of([GST, BEFORE], day) == law
    assert tax.law_of([BEFORE, GST], day) == law


@pytest.mark.parametrize(
    ("price", "rate"),
    [
        (0, 500),
        (10_000, 500),
        (10_500, 500),  # 100 rupees and 5 %
        (10_501, None),
        (11_000, None),
        (11_800, None),  # 100 rupees and 18 %: not above 100
        (11_801, 1800),
        (36_000, 1800),
    ],
)
def test_the_rate_is_that_of_the_price_without_tax(price: int, rate: int | None) -> None:
    assert tax.rate_of(GST, price) == rate


@pytest.mark.parametrize("price", [10_501, 11_000, 11_800])
def test_a_price_that_fits_neither_rate_is_refused_with_its_two_neighbours(price: int) -> None:
    with pytest.raises(PriceFitsNoRate) as refused:
        tax.check_price(GST, price)
    assert refused.value.values == {"price": price, "below": 10_500, "above": 11_801}


def test_the_law_before_had_its_gap_elsewhere() -> None:
    with pytest.raises(PriceFitsNoRate) as refused:
        tax.check_price(BEFORE, 11_500)
    assert (refused.value.values["below"], refused.value.values["above"]) == (11_200, 11_801)


def test_one_rate_for_all_refuses_no_price() -> None:
    for price in range(0, 30_000, 7):
        tax.check_price(FLAT, price)


def test_the_highest_rate_counts_what_holds_and_what_will_and_not_what_was() -> None:
    none = Law(date(2026, 4, 1), 0, (Band(None, 0),))
    assert tax.highest_rate([], date(2026, 4, 1)) == 0
    assert tax.highest_rate([none, GST, BEFORE], date(2026, 3, 31)) == 1800
    assert tax.highest_rate([none, GST, BEFORE], date(2026, 4, 1)) == 0
    assert tax.highest_rate([FLAT], date(2020, 1, 1)) == 2000
    fee_alone = Law(date(2020, 1, 1), 700, (Band(None, 0),))
    assert tax.highest_rate([fee_alone], date(2026, 4, 1)) == 700


@given(laws(), amounts)
def test_every_price_fits_a_rate_or_has_neighbours_that_do(law: Law, price: int) -> None:
    try:
        tax.check_price(law, price)
    except PriceFitsNoRate as refusal:
        below, above = refusal.values["below"], refusal.values["above"]
        assert below < price < above
        assert tax.rate_of(law, below) is not None
        assert tax.rate_of(law, above) is not None
        # and nothing nearer does
        for nearer in {below + 1, above - 1}:
            assert tax.rate_of(law, nearer) is None


@given(laws(), amounts)
def test_a_price_is_in_the_band_that_its_tax_leaves_it_in(law: Law, price: int) -> None:
    rate = tax.rate_of(law, price)
    assume(rate is not None)
    assert rate is not None
    left = tax.net(price, rate)
    limits = [0, *(band.upto for band in law.bands if band.upto is not None)]
    within = [
        band.rate
        for band, lower, upper in zip(law.bands, limits, [*limits[1:], 10**9], strict=True)
        if lower < left <= upper or left == 0 == lower
    ]
    assert rate in within


@given(laws(), amounts)
def test_a_price_is_lowered_to_the_next_that_fits_and_no_further(law: Law, price: int) -> None:
    lowered = tax.fitting(law, price)
    assert lowered <= price
    assert tax.rate_of(law, lowered) is not None
    assert all(tax.rate_of(law, between) is None for between in (lowered + 1, price) if between > lowered and lowered != price)  # fmt: skip


def test_a_card_that_a_new_law_made_wrong_still_sells_at_the_dearer_rate() -> None:
    assert tax.rate_for_sale(GST, 11_000) == 1800
    assert tax.rate_for_sale(GST, 10_500) == 500


@pytest.mark.parametrize(
    "law",
    [
        Law(date(2026, 1, 1), 1800, ()),
        Law(date(2026, 1, 1), 1800, (Band(10_000, 500),)),
        Law(date(2026, 1, 1), 1800, (Band(None, 500), Band(None, 1800))),
        Law(date(2026, 1, 1), 1800, (Band(20_000, 500), Band(10_000, 900), Band(None, 1800))),
        Law(date(2026, 1, 1), 1800, (Band(0, 500), Band(None, 1800))),
        Law(date(2026, 1, 1), -1, (Band(None, 1800),)),
        Law(date(2026, 1, 1), 0, (Band(None, 10_001),)),
    ],
)
def test_a_law_that_nobody_could_follow_is_refused(law: Law) -> None:
    with pytest.raises(LawUnclear):
        tax.check_law(law)
