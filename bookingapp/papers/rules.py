"""What stands on a paper: its number, its lines, the tax by rate. Pure."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from bookingapp import money

PREFIX = {"invoice": "", "credit_note": "C"}


class PaperLine(NamedTuple):
    """A seat's or the fee's money; `seat` is empty for the fee. The tax is inside the price."""

    seat: str
    category: str
    ticket_type: str
    price: int
    discount: int
    rate: int
    tax: int


class TaxSum(NamedTuple):
    """All lines of one rate. In India half of the tax is the union's and half the state's."""

    rate: int
    net: int
    tax: int

    @property
    def state_half(self) -> int:
        """The odd paisa goes to the union."""
        return self.tax // 2

    @property
    def union_half(self) -> int:
        """The other half."""
        return self.tax - self.state_half


def fiscal_year(day: date, first_month: int) -> str:
    """'26-27' for the year that begins in April 2026; '2026' where it is the calendar's year."""
    begins = day.year if day.month >= first_month else day.year - 1
    if first_month == 1:
        return str(begins)
    return f"{begins % 100:02d}-{(begins + 1) % 100:02d}"


def number(series: str, year: str, sequence: int) -> str:
    """'26-27/000123'; a credit note's begins with C. At most 16 characters, as the law asks."""
    return f"{PREFIX[series]}{year}/{sequence:06d}"


def credited(line: PaperLine, before: int, amount: int) -> PaperLine:
    """The part of a line that is taken back after `before` of it already was.

    Its tax is counted on the sum, so that the parts of a line add up to the line's own tax.
    """
    tax = money.included_tax(before + amount, line.rate) - money.included_tax(before, line.rate)
    return line._replace(price=amount, discount=0, tax=tax)


def by_rate(lines: Iterable[PaperLine]) -> list[TaxSum]:
    """What is taxed and the tax, a rate each, the highest first."""
    sums: dict[int, tuple[int, int]] = {}
    for line in lines:
        net, tax = sums.get(line.rate, (0, 0))
        sums[line.rate] = (net + line.price - line.tax, tax + line.tax)
    return [TaxSum(rate, *sums[rate]) for rate in sorted(sums, reverse=True)]
