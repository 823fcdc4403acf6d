"""A mail as lists show it, and its tries: plain values, never rows of a session."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bookingapp.email.models import Delivery, OutboxMessage, OutboxState


@dataclass(frozen=True)
class MailLine:
    """One mail in a list."""

    id: int
    public_id: str
    kind: str
    recipient: str
    state: OutboxState
    attempts: int
    uncertain: bool
    last_code: int | None
    last_error: str
    due_at: datetime | None
    created_at: datetime
    sent_at: datetime | None
    expires_at: datetime | None
    booking_id: int | None
    message_id: str
    provider_ref: str
    locale: str
    fault: str
    transport: str
    delivery: Delivery
    delivery_at: datetime | None
    delivery_words: str
    pruned_at: datetime | None

    @property
    def bounced(self) -> bool:
        """Taken by the server, then sent back by the recipient's."""
        return self.delivery is Delivery.BOUNCED


@dataclass(frozen=True)
class Attempt:
    """One try: how far it came and the server's own words."""

    at: datetime
    phase: str
    outcome: str
    code: int | None
    enhanced_code: str
    reply: str
    duration_ms: int


@dataclass(frozen=True)
class OpenedMail:
    """One mail with its tries and, once it was rendered, its exact bytes."""

    line: MailLine
    attempts: tuple[Attempt, ...]
    content: bytes | None
    sha256: str
    payload: dict[str, Any]


COLUMNS = [getattr(OutboxMessage, name) for name in MailLine.__dataclass_fields__]
