"""The checkout's one sum, in any currency."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookingapp.sandbox.visit import money


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (45000, "INR", "INR 450.00"),
        (105, "EUR", "EUR 1.05"),
        (123456700, "INR", "INR 1,234,567.00"),
        (1800, "JPY", "JPY 1,800"),
        (2500, "KWD", "KWD 2.500"),
    ],
)
def test_a_sum_is_shown_with_its_currencys_decimals(amount: int, currency: str, shown: str) -> None:
    assert money(amount, currency) == shown


@given(st.integers(min_value=0, max_value=10**12), st.sampled_from(["INR", "JPY", "KWD"]))
def test_what_is_shown_is_the_sum_that_is_charged(amount: int, currency: str) -> None:
    digits = money(amount, currency).removeprefix(currency).replace(",", "").replace(".", "")
    assert int(digits) == amount
