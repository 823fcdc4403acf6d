"""One row a staff action or a move of money: who, what, which row, before, after. Append-only."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from bookingapp import clock
from bookingapp.db import Base, Instant
from bookingapp.web.requests import request_id


class AuditEntry(Base):
    """`actor_id` NULL: the house itself (a job, the command line)."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_row", "row_type", "row_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="RESTRICT"))
    action: Mapped[str] = mapped_column(String(60))
    row_type: Mapped[str] = mapped_column(String(40))
    row_id: Mapped[str] = mapped_column(String(60))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    request_id: Mapped[str] = mapped_column(String(40), default="")


def note(
    session: Session,
    action: str,
    row: tuple[str, object],
    *,
    actor_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Write down a deed inside the transaction that does it. `row` is (table, id).

    The request it came by, if any, is found without the service's help.
    """
    session.add(
        AuditEntry(
            at=clock.now(),
            actor_id=actor_id,
            action=action,
            row_type=row[0],
            row_id=str(row[1]),
            before=before,
            after=after,
            request_id=request_id(),
        )
    )
