"""A long history of sent mails in bulk, on both engines, and mails that wait."""

from datetime import datetime

from sqlalchemy import text

from bookingapp import clock
from bookingapp.db import db
from tests.email import plans

# One a minute, the last one an hour ago; ids in the order of time.
SQLITE = {
    "numbers": """(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :many)
                   SELECT i FROM n) AS n""",
    "then": "strftime('%Y-%m-%d %H:%M:%S', :last, '-' || (:many - i) || ' minutes') || '.000000'",
}
POSTGRESQL = {
    "numbers": "generate_series(0, :many - 1) AS n(i)",
    "then": "CAST(:last AS timestamptz) - (:many - i) * interval '1 minute'",
}
SENT = """
    INSERT INTO outbox_message (public_id, channel, kind, dedupe_key, recipient, locale, payload, priority,
      state, due_at, attempts, created_at, sent_at, message_id, phase, uncertain, last_error, provider_ref)
    SELECT '{name}' || i, 'email', 'booking_confirmation', '{name}:' || i, 'past' || (i % 200000) || '@example.com',
      'en', '{{}}', 10, '{state}', {due}, {tries}, {then}, {sent}, '<{name}.' || i || '@example.com>', '', {false},
      '', '' FROM {numbers}"""
TRIED = """
    INSERT INTO outbox_attempt (message_id, at, phase, outcome, code, enhanced_code, reply, duration_ms)
    SELECT id, created_at, 'sent', 'sent', 250, '2.0.0', 'Ok', 5 FROM outbox_message"""

BYTES = """
    INSERT INTO outbox_mime (message_id, content, sha256, created_at)
    SELECT id, {bytes}, '', created_at FROM outbox_message"""


def fill(sent: int, waiting: int) -> None:
    """So many sent mails, then so many that are due now."""
    with db.engine.begin() as connection:
        sqlite = connection.dialect.name == "sqlite"
        words = SQLITE if sqlite else POSTGRESQL
        false = "0" if sqlite else "false"
        now = clock.now()
        past = SENT.format(
            name="past", state="sent", due="NULL", tries=1, sent=words["then"], false=false, **words
        )
        due = SENT.format(
            name="due",
            state="queued",
            due=words["then"],
            tries=0,
            sent="NULL",
            false=false,
            **words,
        )
        connection.execute(text(past), {"many": sent, "last": _words(now, sqlite=sqlite)})
        connection.execute(text(TRIED))
        connection.execute(text(BYTES.format(bytes="x'78'" if sqlite else "CAST('x' AS bytea)")))
        connection.execute(text(due), {"many": waiting, "last": _words(now, sqlite=sqlite)})
    plans.analyze()


def _words(instant: datetime, *, sqlite: bool) -> str | datetime:
    return f"{instant:%Y-%m-%d %H:%M:%S}" if sqlite else instant
