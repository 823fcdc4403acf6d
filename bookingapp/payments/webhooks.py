"""Events of the gateway: believed by their signature, read with suspicion, written down once.

A body is judged as the raw bytes that came. What is kept of it names rows and amounts, no person.
"""

import hashlib
import hmac
import json
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn, TypeVar

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bookingapp.db import ask, is_sqlite, table
from bookingapp.payments.answers import GatewayPayment, GatewayRefund
from bookingapp.payments.line import GatewayBroken
from bookingapp.payments.models import WebhookEvent, WebhookOutcome

log = logging.getLogger(__name__)
LARGEST = 64 * 1024
OF_A_REFUND = ("refund.created", "refund.processed", "refund.failed")
OF_A_PAYMENT = (
    "payment.authorized", "payment.captured", "payment.failed", "order.paid", *OF_A_REFUND,
)  # fmt: skip
_EVENT_ID = re.compile(r"[A-Za-z0-9_-]{5,80}", re.ASCII)
_KIND = re.compile(r"[a-z0-9_.]{1,60}", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)
_EVENTS = table(WebhookEvent)
_OUTCOME = (
    update(_EVENTS).where(_EVENTS.c.id == bindparam("event")).values(outcome=bindparam("came_to"))
)
Fact = TypeVar("Fact", GatewayPayment, GatewayRefund)
_NOTE_SQLITE, _NOTE_POSTGRESQL = (
    insert(_EVENTS).on_conflict_do_nothing(index_elements=["event_id"]).returning(_EVENTS.c.id)
    for insert in (sqlite.insert, postgresql.insert)
)


class BadEvent(Exception):  # noqa: N818 (named by what it is)
    """A body no gateway would send. The text is for the log and quotes nothing of it."""


@dataclass(frozen=True)
class Event:
    """Something happened at the gateway. `payment`, `refund`: None where the kind tells of none."""

    id: str
    kind: str
    payment: GatewayPayment | None = None
    refund: GatewayRefund | None = None
    kept: dict[str, Any] = field(default_factory=dict, compare=False)


def signed(body: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """Whether one of our secrets signed these very bytes. All are tried, in the same time."""
    if not _SIGNATURE.fullmatch(signature):
        return False
    made = [hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in secrets]
    return any([hmac.compare_digest(one, signature) for one in made])  # noqa: C419 (no short cut)


def read(event_id: str, body: bytes) -> Event:
    """A signed body as an event. Raises BadEvent."""
    if not _EVENT_ID.fullmatch(event_id):
        raise BadEvent("no event id")
    told = _object(body)
    kind = told.get("event")
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        raise BadEvent("no kind of event")
    payload = told.get("payload")
    parts = payload if isinstance(payload, dict) else {}
    payment = _told(kind, "payment", OF_A_PAYMENT, parts, GatewayPayment.read)
    refund = _told(kind, "refund", OF_A_REFUND, parts, GatewayRefund.read)
    both = {"payment": payment, "refund": refund}
    kept = {name: fact.kept for name, fact in both.items() if fact}
    return Event(event_id, kind, payment, refund, kept)


def note(session: Session, event: Event, now: datetime) -> int | None:
    """Write an event down; the row's id. None: it is known, and what follows was done with it.

    As settled, which nearly every one comes to; `came_to` corrects it in the same transaction.
    """
    owed = _NOTE_SQLITE if is_sqlite(session) else _NOTE_POSTGRESQL
    values = {
        "event_id": event.id, "kind": event.kind, "received_at": now, "handled_at": now,
        "payload": event.kept, "outcome": WebhookOutcome.SETTLED,
    }  # fmt: skip
    row_id: int | None = ask(session, owed, **values).scalar_one_or_none()
    return row_id


def came_to(session: Session, row_id: int, outcome: WebhookOutcome) -> None:
    """What an event came to, in the transaction that did it."""
    if outcome is not WebhookOutcome.SETTLED:
        ask(session, _OUTCOME, event=row_id, came_to=outcome)


def forget(session: Session, before: datetime, most: int) -> int:
    """Remove the oldest rows that came before then, at most so many. Numbers grow with time."""
    first = session.execute(
        select(WebhookEvent.id, WebhookEvent.received_at)
        .order_by(WebhookEvent.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    old = [row.id for row in first if row.received_at < before]
    if old:
        session.connection().execute(delete(_EVENTS).where(_EVENTS.c.id.in_(old)))
    return len(old)


def _object(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadEvent("no JSON in UTF-8") from None
    if not isinstance(told, dict):
        raise BadEvent("no object")
    return told


def _refuse(_: str) -> NoReturn:
    """NaN and Infinity are no JSON."""
    raise ValueError


def _told(
    kind: str,
    name: str,
    kinds: tuple[str, ...],
    payload: dict[str, Any],
    reading: Callable[[object], Fact],
) -> Fact | None:
    """What the event tells of a thing. What can't be read is left to those who ask the gateway."""
    if kind not in kinds:
        return None
    try:
        return reading(_entity(payload, name))
    except GatewayBroken as error:
        log.warning("an event %s tells of no %s: %s", kind, name, error)
        return None


def _entity(payload: dict[str, Any], name: str) -> object:
    part = payload.get(name)
    return part.get("entity") if isinstance(part, dict) else None
