"""What is done to the house in the histories of money: by the office, by time, by death."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import delete, event, select
from sqlalchemy.orm import Session

from bookingapp import clock
from bookingapp.accounts.models import User
from bookingapp.booking import cancel, goodwill, moving, service
from bookingapp.booking.cancel_rules import Cause
from bookingapp.booking.change import Wish
from bookingapp.booking.service import changing
from bookingapp.catalogue.models import Screen, Showtime
from bookingapp.db import Base, db, transaction
from bookingapp.email import checks, outbox
from bookingapp.email.models import OutboxMessage, OutboxState
from bookingapp.ready import beside
from tests.booking import buyers
from tests.booking.bank import Died

# What was there before anybody came, and stays from one history to the next.
STAYS = {
    "theater", "screen", "seat_plan", "seat", "seat_category", "movie", "showtime", "price_card", "price",
    "ticket_type", "user", "tax_rule", "tax_band",
}  # fmt: skip


@contextmanager
def dying(boundary: int, moment: str) -> Iterator[None]:
    """The process dies at the n-th commit from here on, just before it or just after. 0: it lives."""
    seen = 0

    def count(_session: Session) -> None:
        nonlocal seen
        seen += 1
        if seen == boundary:
            raise Died

    event.listen(Session, f"{moment}_commit", count)
    try:
        yield
    finally:
        event.remove(Session, f"{moment}_commit", count)


def cancel_by_the_cinema(token: str) -> None:
    """All of it, whatever the terms."""
    booking = buyers.booking(token).id
    with transaction() as session:
        locked = cancel.lock(session, booking)
        cancel.cancel_all(session, locked, clock.now(), cause=Cause.CINEMA, words="No heating")


def give_some_back(token: str, amount: int) -> None:
    """The office is kind."""
    found = buyers.booking(token).id
    with transaction() as session:
        left = goodwill.all_left(session, cancel.lock(session, found)).most
    service.give_goodwill(found, amount, "The heating failed", left=left, actor_id=actor())


def move(showtime: int) -> None:
    """Two hours later, in the same hall."""
    screen = db.session.scalars(select(Screen.id).order_by(Screen.id)).first() or 0
    at = clock.now() + timedelta(hours=102)
    with transaction() as session:
        show = session.get_one(Showtime, showtime)
        to = moving.target(session, show, at, screen, clock.now())
        seen = moving.plan(session, show, to, others=False).mark
    changing.shift(showtime, Wish(at, screen, words="The film is late", seen=seen), actor())


def send_mail() -> None:
    """What waits goes, or is dropped as the mail room drops it: no longer true."""
    waiting = select(OutboxMessage).where(OutboxMessage.state.in_(outbox.UNSENT))
    with transaction() as session:
        driver = beside(session)
        for mail in session.scalars(waiting).all():
            true = checks.still_true(driver, mail.kind, mail.booking_id, mail.payload)
            mail.state = OutboxState.SENT if true else OutboxState.CANCELLED
            mail.due_at, mail.sent_at = None, clock.now() if true else None


def by_hand(refund_id: int) -> None:
    """Somebody in the office paid it in another way."""
    service.paid_back_by_hand(refund_id, "Cash, at the desk", actor())


def actor() -> int:
    """Somebody of the house."""
    return int(db.session.scalars(select(User.id)).first() or 0)


def wipe() -> None:
    """Nobody has come yet."""
    with transaction() as session:
        for each in reversed(Base.metadata.sorted_tables):
            if each.name not in STAYS:
                session.execute(delete(each))
