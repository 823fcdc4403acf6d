"""What people can do with price cards: each amount is checked against the tax law of the day."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bookingapp import audit, clock, money
from bookingapp.catalogue import tax, taxes
from bookingapp.catalogue.models import Price, PriceCard, Theater
from bookingapp.catalogue.rules import CardNameless, CardNameTaken, PriceTooSmall
from bookingapp.db import transaction
from bookingapp.errors import NotFound

LONGEST_NAME = 60
Cell = tuple[int, int]  # ticket type, seat category


def set_prices(card_id: int, amounts: Mapping[Cell, int | None], actor_id: int) -> int:
    """Change a card; what is held or sold keeps its price. None: not sold there. How many changed.

    Raises NotFound, PriceFitsNoRate, PriceTooSmall.
    """
    with transaction() as session:
        card = session.get(PriceCard, card_id, with_for_update=True)
        if card is None:
            raise NotFound
        law = taxes.law(session, _today(session, card.theater_id))
        before = {(row.ticket_type_id, row.category_id): row for row in _prices(session, card_id)}
        changed = {
            cell: amount
            for cell, amount in amounts.items()
            if amount != (before[cell].amount if cell in before else None)
        }
        for amount in changed.values():
            if amount is not None:
                check_price(law, amount)
        was = {cell: before[cell].amount for cell in changed if cell in before}
        for cell, amount in changed.items():
            _set(session, card_id, cell, before.get(cell), amount)
        if changed:
            audit.note(
                session, "prices.set", ("price_card", card_id),
                actor_id=actor_id, before=_told(was), after=_told(changed),
            )  # fmt: skip
        return len(changed)


def check_price(law: tax.Law, amount: int) -> None:
    """Whether a card may say so. Raises PriceTooSmall, PriceFitsNoRate."""
    if money.too_small(amount):
        raise PriceTooSmall(least=money.LEAST)
    tax.check_price(law, amount)


def add_card(name: str, like_id: int, actor_id: int) -> int:
    """A new card that begins with another one's prices; its id.

    Raises NotFound, CardNameless, CardNameTaken.
    """
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise CardNameless
    try:
        with transaction() as session:
            like = session.get(PriceCard, like_id)
            if like is None:
                raise NotFound
            card = PriceCard(theater_id=like.theater_id, name=name)
            session.add(card)
            session.flush()
            session.add_all(
                Price(price_card_id=card.id, ticket_type_id=row.ticket_type_id,
                      category_id=row.category_id, amount=row.amount)
                for row in _prices(session, like_id)
            )  # fmt: skip
            audit.note(session, "prices.add", ("price_card", card.id), actor_id=actor_id)
            return card.id
    except IntegrityError:
        raise CardNameTaken(name=name) from None


def _today(session: Session, theater_id: int) -> date:
    zone = session.get_one(Theater, theater_id).time_zone
    return clock.local(clock.now(), zone).date()


def _prices(session: Session, card_id: int) -> list[Price]:
    return list(session.scalars(select(Price).where(Price.price_card_id == card_id)))


def _set(session: Session, card_id: int, cell: Cell, row: Price | None, amount: int | None) -> None:
    kind, category = cell
    if row is None:
        session.add(
            Price(
                price_card_id=card_id,
                ticket_type_id=kind,
                category_id=category,
                amount=amount or 0,
            )
        )
    elif amount is None:
        session.delete(row)
    else:
        row.amount = amount


def _told(amounts: Mapping[Cell, int | None]) -> dict[str, int | None]:
    return {f"{kind}/{category}": amount for (kind, category), amount in amounts.items()}
