"""Price cards: what each kind of ticket costs in each kind of seat, checked against the tax law."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from bookingapp import clock, money
from bookingapp.admin.blueprint import pages
from bookingapp.catalogue import service, tax, taxes
from bookingapp.catalogue.models import Price, PriceCard, SeatCategory, TicketType
from bookingapp.catalogue.queries import site
from bookingapp.catalogue.rules import PriceTooSmall
from bookingapp.catalogue.tax import Law
from bookingapp.db import db
from bookingapp.errors import Refused
from bookingapp.settings import current
from bookingapp.web.access import access, me
from bookingapp.web.errors import sentence, status, title
from bookingapp.web.filters import money_text
from bookingapp.web.i18n import gettext as _


@dataclass(frozen=True)
class PriceCell:
    """One price; `field` is its name in the form, `amount` None where nothing is sold."""

    field: str
    ticket_type_id: int
    ticket_type: str
    category_id: int
    amount: int | None


@dataclass(frozen=True)
class PriceRow:
    """A seat category with a price for each ticket type."""

    category: str
    look: str
    cells: list[PriceCell]


@dataclass(frozen=True)
class Card:
    """A price card as its form shows it."""

    id: int
    name: str
    rows: list[PriceRow]


@pages.get("/prices")
@access("manager")
def prices() -> ResponseReturnValue:
    """Every card with its prices."""
    return _page()


@pages.post("/prices/<int:card_id>")
@access("manager")
def prices_set(card_id: int) -> ResponseReturnValue:
    """Change a card. What fits no rate stands at its field, and all that was typed stays."""
    card = next((card for card in cards() if card.id == card_id), None)
    if card is None:
        return redirect(url_for("admin.prices"), 303)
    typed = {cell.field: request.form.get(cell.field, "").strip() for cell in _cells(card)}
    amounts, errors = _read(card, typed)
    if errors:
        return _page(typed, errors, code=422)
    try:
        changed = service.set_prices(card_id, amounts, _me())
    except Refused as refusal:
        flash(f"{title(refusal)}. {sentence(refusal)}", "bad")
        return _page(typed, code=status(refusal))
    flash(_("%(name)s is saved. What is held or sold keeps its price.", name=card.name) if changed
          else _("Nothing was changed."), "ok")  # fmt: skip
    return redirect(url_for("admin.prices", _anchor=f"card-{card_id}"), 303)


@pages.post("/prices")
@access("manager")
def prices_add() -> ResponseReturnValue:
    """A new card with another one's prices to begin with."""
    name, like = request.form.get("name", ""), request.form.get("like", "")
    try:
        card = service.add_card(name, int(like) if like.isdigit() and len(like) < 10 else 0, _me())
    except Refused as refusal:
        said = {"name": f"{title(refusal)}. {sentence(refusal)}"}
        return _page({"name": name, "like": like}, said, status(refusal))
    flash(_("The card is made. Change what is different."), "ok")
    return redirect(url_for("admin.prices", _anchor=f"card-{card}"), 303)


def cards() -> list[Card]:
    """All cards with a cell for each kind of seat and ticket."""
    types = db.session.execute(
        select(TicketType.id, TicketType.name).order_by(TicketType.position, TicketType.id)
    ).all()
    categories = db.session.execute(
        select(SeatCategory.id, SeatCategory.name, SeatCategory.look)
        .order_by(SeatCategory.position, SeatCategory.id)
    ).all()  # fmt: skip
    known = {
        (row[0], row[1], row[2]): row[3]
        for row in db.session.execute(
            select(Price.price_card_id, Price.ticket_type_id, Price.category_id, Price.amount)
        )
    }
    return [
        Card(card, name, [
            PriceRow(category, look, [
                PriceCell(f"p{card}-{kind}-{place}", kind, words, place, known.get((card, kind, place)))
                for kind, words in types
            ])
            for place, category, look in categories
        ])
        for card, name in db.session.execute(select(PriceCard.id, PriceCard.name).order_by(PriceCard.id))
    ]  # fmt: skip


def _page(
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    code: int = 200,
) -> ResponseReturnValue:
    page = render_template(
        "admin/prices.html",
        cards=cards(),
        typed=typed or {},
        errors=errors or {},
        currency=current().currency,
        plain=money.to_number,
    )
    return page, code


def _read(
    card: Card, typed: Mapping[str, str]
) -> tuple[dict[service.Cell, int | None], dict[str, str]]:
    """The amounts, and a sentence for each field that needs another look."""
    law = taxes.law_on(clock.local(clock.now(), site().zone).date())
    amounts: dict[service.Cell, int | None] = {}
    errors: dict[str, str] = {}
    for cell in _cells(card):
        text = typed[cell.field]
        amount = money.from_text(text, current().currency)
        said = _wrong(law, text, amount, unchanged=amount == cell.amount)
        if said:
            errors[cell.field] = said
        else:
            amounts[cell.ticket_type_id, cell.category_id] = amount
    return amounts, errors


def _wrong(law: Law, text: str, amount: int | None, *, unchanged: bool) -> str:
    if not text or (unchanged and amount is not None):
        return ""
    if amount is None or amount > tax.DEAREST:
        return _("Write a sum such as 180 or 99.50; leave it empty where nothing is sold.")
    try:
        service.check_price(law, amount)
    except PriceTooSmall as refusal:
        least = money_text(refusal.values["least"], current().currency)
        return _("Nobody can pay less than %(least)s: take that, or 0 for a ticket that is free.",
                 least=least)  # fmt: skip
    except tax.PriceFitsNoRate as refusal:
        price, below, above = (
            money_text(refusal.values[name], current().currency)
            for name in ("price", "below", "above")
        )
        return _("%(price)s fits neither tax rate: take %(below)s or %(above)s.",
                 price=price, below=below, above=above)  # fmt: skip
    return ""


def _cells(card: Card) -> list[PriceCell]:
    return [cell for row in card.rows for cell in row.cells]


def _me() -> int:
    person = me()
    return person.id if person else 0
