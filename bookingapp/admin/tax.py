"""The tax page: which law holds from when, what it means for prices here, and a new one."""

import re
from dataclasses import dataclass
from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bookingapp import clock, money
from bookingapp.admin.blueprint import pages
from bookingapp.admin.prices import cards
from bookingapp.booking.service import taxing
from bookingapp.catalogue import tax, taxes
from bookingapp.catalogue.queries import site
from bookingapp.catalogue.tax import Band, Law
from bookingapp.errors import NotFound, Refused
from bookingapp.settings import current
from bookingapp.web.access import access, me
from bookingapp.web.errors import sentence, status, title
from bookingapp.web.i18n import gettext as _

FIELDS = ("since", "limit", "low", "high", "fee")


@dataclass(frozen=True)
class Misfit:
    """A price of a card that fits neither rate of a law, and its neighbours."""

    card: str
    category: str
    ticket_type: str
    price: int
    below: int
    above: int


@dataclass(frozen=True)
class LawLine:
    """A law on the page; `removable` before it begins."""

    law: Law
    in_force: bool
    removable: bool
    misfits: list[Misfit]


@pages.get("/tax")
@access("manager")
def tax_laws() -> ResponseReturnValue:
    """All laws, the newest first, and a form for the next."""
    return _page({})


@pages.post("/tax")
@access("manager")
def tax_add() -> ResponseReturnValue:
    """A law from a day on."""
    typed = {name: request.form.get(name, "").strip() for name in FIELDS}
    law, errors = _read(typed)
    if law is None:
        return _page(typed, errors, code=422)
    try:
        taxing.add_law(law, _me())
    except Refused as refusal:
        return _page(typed, {"since": f"{title(refusal)}. {sentence(refusal)}"}, status(refusal))
    flash(_("The law is written down. It holds for everything sold from that day on."), "ok")
    return redirect(url_for("admin.tax_laws"), 303)


@pages.post("/tax/<since>/remove")
@access("manager")
def tax_remove(since: str) -> ResponseReturnValue:
    """Take a law out again that has not begun."""
    day = _day(since)
    try:
        if day is None:
            raise NotFound
        taxing.remove_law(day, _me())
    except Refused as refusal:
        flash(f"{title(refusal)}. {sentence(refusal)}", "bad")
    else:
        flash(_("The law is taken out."), "ok")
    return redirect(url_for("admin.tax_laws"), 303)


def _page(
    typed: dict[str, str], errors: dict[str, str] | None = None, code: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "admin/tax.html", lines=_lines(), typed=typed, errors=errors or {}, currency=current().currency
    )  # fmt: skip
    return page, code


def _lines() -> list[LawLine]:
    today = clock.local(clock.now(), site().zone).date()
    known = taxes.laws()
    now = tax.law_of(known, today)
    return [
        LawLine(law, law == now, law.since > today, misfits(law) if law.since >= now.since else [])
        for law in known
    ]


def misfits(law: Law) -> list[Misfit]:
    """Every price on a card that the law has no rate for."""
    found = []
    for card in cards():
        for row in card.rows:
            for cell in row.cells:
                if cell.amount is None:
                    continue
                try:
                    tax.check_price(law, cell.amount)
                except tax.PriceFitsNoRate as refusal:
                    place = (card.name, row.category, cell.ticket_type)
                    found.append(Misfit(*place, **refusal.values))
    return found


def _read(typed: dict[str, str]) -> tuple[Law | None, dict[str, str]]:
    since, limit = _day(typed["since"]), money.from_text(typed["limit"], current().currency)
    low, high, fee = (_rate(typed[name]) for name in ("low", "high", "fee"))
    errors = {
        name: said
        for name, wrong, said in (
            ("since", since is None, _("Choose the day the law begins.")),
            ("limit", typed["limit"] and not limit, _("Write a sum such as 100, or leave it empty.")),
            ("low", typed["limit"] and low is None, _("Write a rate such as 5.")),
            ("high", high is None, _("Write a rate such as 18.")),
            ("fee", fee is None, _("Write a rate such as 18; 0 if a fee is not taxed.")),
        )
        if wrong
    }  # fmt: skip
    if errors or since is None or high is None or fee is None:
        return None, errors
    first = [Band(limit, low)] if limit and low is not None else []
    return Law(since, fee, (*first, Band(None, high))), {}


def _rate(text: str) -> int | None:
    """'18' or '2.5' percent in basis points."""
    bare = text.removesuffix("%").strip().replace(",", ".")
    if not re.fullmatch(r"\d{1,3}(\.\d{1,2})?", bare, re.ASCII):
        return None
    whole, _dot, part = bare.partition(".")
    rate = int(whole) * 100 + int(part.ljust(2, "0"))
    return rate if rate <= tax.HIGHEST_RATE else None


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 9000 else None


def _me() -> int:
    person = me()
    return person.id if person else 0
