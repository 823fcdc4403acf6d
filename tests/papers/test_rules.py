"""Numbers the law accepts, fiscal years, and parts of a line whose taxes add up to the line's own."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookingapp import money
from bookingapp.papers import rules
from bookingapp.papers.rules import PaperLine


@pytest.mark.parametrize(
    ("day", "month", "year"),
    [
        (date(2026, 3, 31), 4, "25-26"),
        (date(2026, 4, 1), 4, "26-27"),
        (date(2027, 3, 31), 4, "26-27"),
        (date(2099, 12, 1), 4, "99-00"),
        (date(2026, 1, 1), 1, "2026"),
        (date(2026, 12, 31), 1, "2026"),
        (date(2026, 12, 1), 12, "26-27"),
    ],
)
def test_a_fiscal_year_begins_with_its_month(day: date, month: int, year: str) -> None:
    assert rules.fiscal_year(day, month) == year


@given(st.sampled_from(["invoice", "credit_note"]), st.integers(1, 9_999_999))
def test_a_number_is_never_longer_than_the_law_allows(series: str, sequence: int) -> None:
    number = rules.number(series, "26-27", sequence)
    assert len(number) <= 16
    assert number.startswith("C") == (series == "credit_note")


@given(st.integers(0, 100_000), st.sampled_from([0, 500, 1800]), st.data())
def test_the_parts_of_a_line_add_up_to_its_tax_however_it_is_cut(
    price: int, rate: int, data: st.DataObject
) -> None:
    line = PaperLine("C4", "Stalls", "Adult", price, 0, rate, money.included_tax(price, rate))
    cuts = sorted(data.draw(st.lists(st.integers(0, price), max_size=4)))
    edges = [0, *cuts, price]
    parts = [rules.credited(line, a, b - a) for a, b in pairwise(edges)]
    assert sum(part.price for part in parts) == price
    assert sum(part.tax for part in parts) == line.tax
    assert all(0 <= part.tax <= part.price for part in parts)


@given(st.lists(st.tuples(st.integers(0, 90_000), st.sampled_from([0, 500, 1800])), min_size=1))
def test_the_sums_by_rate_are_those_of_the_lines(found: list[tuple[int, int]]) -> None:
    lines = [PaperLine("", "", "", p, 0, r, money.included_tax(p, r)) for p, r in found]
    sums = rules.by_rate(lines)
    assert sum(part.net + part.tax for part in sums) == sum(line.price for line in lines)
    assert [part.rate for part in sums] == sorted({rate for _, rate in found}, reverse=True)
    assert all(part.union_half + part.state_half == part.tax for part in sums)
    assert all(0 <= part.union_half - part.state_half <= 1 for part in sums)
