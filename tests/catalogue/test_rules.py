"""When a showing sells, and when a hall is nearly full."""

from datetime import UTC, datetime, timedelta

import pytest

from bookingapp.catalogue.models import ShowtimeState
from bookingapp.catalogue.rules import Sale, few_left, sale

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("free", "capacity", "few"),
    [
        (0, 100, False),
        (1, 100, True),
        (9, 60, True),
        (10, 60, False),
        (10, 100, False),  # ten of a hundred are ten percent, not less
        (10, 101, True),
        (15, 152, True),
        (16, 152, False),
        (9, 9, True),
    ],
)
def test_few_are_left_under_ten_or_under_a_tenth(free: int, capacity: int, few: bool) -> None:
    assert few_left(free, capacity) is few


@pytest.mark.parametrize(
    ("state", "starts", "opens", "closes", "verdict"),
    [
        ("on_sale", HOUR, None, None, Sale.OPEN),
        ("on_sale", -HOUR, None, None, Sale.STARTED),
        ("on_sale", timedelta(0), None, None, Sale.STARTED),
        ("on_sale", HOUR, HOUR / 2, None, Sale.NOT_YET),
        ("on_sale", HOUR, timedelta(0), None, Sale.OPEN),
        ("on_sale", HOUR, None, timedelta(0), Sale.OVER),
        ("on_sale", HOUR, None, HOUR / 2, Sale.OPEN),
        ("off_sale", HOUR, None, None, Sale.OFF),
        ("off_sale", -HOUR, None, None, Sale.STARTED),
        ("draft", HOUR, None, None, Sale.OFF),
        ("cancelled", HOUR, None, None, Sale.CANCELLED),
        ("cancelled", -HOUR, None, None, Sale.CANCELLED),
        ("moved", HOUR, None, None, Sale.MOVED),
    ],
)
def test_a_showing_sells_while_it_is_on_sale_and_has_not_begun(
    state: str,
    starts: timedelta,
    opens: timedelta | None,
    closes: timedelta | None,
    verdict: Sale,
) -> None:
    from_ = None if opens is None else NOW + opens
    until = None if closes is None else NOW + closes
    assert sale(ShowtimeState(state), NOW + starts, from_, until, NOW) is verdict
