"""Invoices and credit notes of a month: the sums by rate, and a file for the accountant."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from flask import render_template, request
from flask.typing import ResponseReturnValue

from bookingapp import clock, money
from bookingapp.admin import csv_file
from bookingapp.admin.blueprint import pages
from bookingapp.catalogue.queries import site
from bookingapp.papers import queries
from bookingapp.papers.queries import Paper
from bookingapp.settings import current
from bookingapp.web.access import access
from bookingapp.web.i18n import gettext as _

Issued = tuple[str, Paper]


@dataclass(frozen=True)
class RateSum:
    """A month's papers of one kind at one rate; a credit note counts below nought."""

    series: str
    rate: int
    net: int
    union_half: int
    state_half: int

    @property
    def tax(self) -> int:
        """Both halves."""
        return self.union_half + self.state_half


@pages.get("/papers")
@access("manager")
def papers() -> ResponseReturnValue:
    """A month's sums; this month's unless another is asked for."""
    month = _month()
    issued = list(queries.between(*_span(month)))
    return render_template(
        "admin/papers.html",
        month=month,
        sums=sums(issued),
        numbers={
            series: [paper.number for kind, paper in issued if kind == series]
            for series in ("invoice", "credit_note")
        },
        currency=current().currency,
    )


@pages.get("/papers.csv")
@access("manager")
def papers_csv() -> ResponseReturnValue:
    """Every paper of the month, a line a rate."""
    month = _month()
    head = (
        _("Paper"), _("Number"), _("Day"), _("Booking"), _("Takes back"), _("Rate %"), _("Without tax"),
        _("CGST"), _("SGST"), _("Tax"), _("With tax"), _("Currency"),
    )  # fmt: skip
    name = f"papers-{month:%Y-%m}.csv"
    return csv_file.answer(name, head, _rows(queries.between(*_span(month))))


def sums(issued: Iterable[Issued]) -> list[RateSum]:
    """By kind and rate."""
    found: dict[tuple[str, int], RateSum] = {}
    for series, paper in issued:
        sign = -1 if series == "credit_note" else 1
        for part in paper.taxes:
            was = found.get((series, part.rate), RateSum(series, part.rate, 0, 0, 0))
            found[series, part.rate] = RateSum(
                series,
                part.rate,
                was.net + sign * part.net,
                was.union_half + sign * part.union_half,
                was.state_half + sign * part.state_half,
            )
    return [found[key] for key in sorted(found, key=lambda key: (key[0] != "invoice", -key[1]))]


def _rows(issued: Iterable[Issued]) -> Iterator[list[object]]:
    words = {"invoice": _("Invoice"), "credit_note": _("Credit note")}
    for series, paper in issued:
        day = clock.local(paper.issued_at, paper.content["zone"]).date()
        for part in sums([(series, paper)]):
            amounts = (
                part.net, part.union_half, part.state_half, part.tax, part.net + part.tax,
            )  # fmt: skip
            yield [
                words[series], paper.number, day.isoformat(), paper.content["supply"]["booking"],
                paper.content.get("invoice", ""), part.rate / 100,
                *(money.to_number(amount, paper.currency) for amount in amounts), paper.currency,
            ]  # fmt: skip


def _month() -> date:
    """The first of the month asked for; what makes no sense is this month."""
    found = re.fullmatch(r"(2\d{3})-(0[1-9]|1[0-2])", request.args.get("month", ""), re.ASCII)
    if found:
        return date(int(found[1]), int(found[2]), 1)
    return clock.local(clock.now(), site().zone).date().replace(day=1)


def _span(month: date) -> tuple[datetime, datetime]:
    following = (
        month.replace(year=month.year + 1, month=1)
        if month.month == 12
        else month.replace(month=month.month + 1)
    )
    zone = site().zone
    return clock.from_local(month, time(0), zone), clock.from_local(following, time(0), zone)
