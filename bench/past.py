"""Years of history in bulk: half a million bookings with all that belongs to them, a million mails.

Plain SQL into a database of the demo's, durable only at the end. Rows are as the application writes
them; only the mails' bytes are left out, which nothing reads by the way.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

BOOKINGS = 500_000
MAILS = 1_000_000
FIRST = 10_000_000  # ids far above the demo's own
SHOWINGS = 7_000

NUMBERS = """WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {many})"""
THEN = "datetime('2026-01-01', '-' || ({i} / 20) || ' minutes') || '.000000'"

STEPS = (
    """CREATE TEMP TABLE place AS SELECT row_number() OVER (ORDER BY id) - 1 AS i, id FROM seat
       WHERE seat_plan_id = (SELECT seat_plan_id FROM seat GROUP BY 1 ORDER BY count(*) DESC LIMIT 1)""",
    "CREATE UNIQUE INDEX temp.place_i ON place (i)",
    """CREATE TEMP TABLE known AS SELECT (SELECT min(id) FROM movie) AS movie,
       (SELECT min(id) FROM price_card) AS card, (SELECT min(id) FROM ticket_type) AS kind,
       (SELECT seat_plan_id FROM seat GROUP BY 1 ORDER BY count(*) DESC LIMIT 1) AS plan""",
    NUMBERS.format(many=SHOWINGS)
    + """ INSERT INTO showtime (id, movie_id, seat_plan_id, price_card_id, starts_at, ends_at,
       audio_language, subtitles, note, format, state, booking_fee)
       SELECT {first} + i, movie, plan, card, datetime('2026-01-01', printf('%+d hours', -i * 3)) || '.000000',
       datetime('2026-01-01', printf('%+d hours', 2 - i * 3)) || '.000000', '', '', '', '2D', 'on_sale', 0
       FROM n, known""",
    NUMBERS.format(many=BOOKINGS)
    + """ INSERT INTO booking (id, number, showtime_id, state, sold, channel, created_at, confirmed_at,
       email, name, phone, locale, currency, subtotal, fee, fee_tax, discount, tax, total, manage_token,
       revision, buyer_key, client_key)
       SELECT {first} + i, 'H' || i, {first} + i % {showings}, 'confirmed', 1, 'web', {then}, {then},
       'past' || (i % 200000) || '@example.com', 'A Guest', '', 'en', 'INR', 36000, 0, 0, 0, 1714, 36000,
       'past' || hex(randomblob(14)), 1, 'past' || (i % 300000), 'past' || (i % 50000) FROM n""",
    NUMBERS.format(many=2 * BOOKINGS)
    + """ INSERT INTO booking_seat (id, booking_id, showtime_id, seat_id, seat_plan_id, ticket_type_id,
       list_price, discount, price, tax_rate, tax)
       SELECT {first} + n.i, {first} + n.i / 2, {first} + (n.i / 2) % {showings},
       place.id, plan, kind, 18000, 0, 18000, 500, 857
       FROM n, known JOIN place ON place.i = 2 * ((n.i / 2) / {showings}) + n.i % 2""",
    NUMBERS.format(many=2 * BOOKINGS)
    + """ INSERT INTO ticket (id, booking_id, booking_seat_id, sold, state, created_at)
       SELECT {first} + i, {first} + i / 2, {first} + i, 1, 'valid', {then} FROM n""",
    NUMBERS.format(many=BOOKINGS)
    + """ INSERT INTO ticket_code (id, booking_id, secret, revision, created_at)
       SELECT {first} + i, {first} + i, substr(hex(randomblob(16)), 1, 26), 1, {then} FROM n""",
    NUMBERS.format(many=BOOKINGS)
    + """ INSERT INTO payment_order (id, booking_id, gateway, gateway_order_id, receipt, amount, currency,
       state, revision, seats, created_at, polls)
       SELECT {first} + i, {first} + i, 'sandbox', 'order_' || hex(randomblob(7)), 'past-' || i, 36000, 'INR',
       'paid', 1, '["A1", "A2"]', {then}, 0 FROM n""",
    NUMBERS.format(many=BOOKINGS)
    + """ INSERT INTO payment (id, confirms_id, payment_order_id, gateway_payment_id, state, amount, currency,
       method, error_code, error_reason, created_at, captured_at)
       SELECT {first} + i, {first} + i, {first} + i, 'pay_' || hex(randomblob(7)), 'captured', 36000, 'INR',
       'upi', '', '', {then}, {then} FROM n""",
    NUMBERS.format(many=MAILS)
    + """ INSERT INTO outbox_message (id, public_id, channel, kind, dedupe_key, booking_id, recipient, locale,
       payload, priority, state, attempts, created_at, sent_at, message_id, phase, uncertain, last_error,
       provider_ref)
       SELECT {first} + i, 'past' || i, 'email', 'booking_confirmation', 'past:' || i, {first} + i / 2,
       'past' || (i % 200000) || '@example.com', 'en', '{{}}', 10, 'sent', 1, {then}, {then},
       '<past.' || i || '@example.com>', '', 0, '', '2.0.0 Ok' FROM n""",
    NUMBERS.format(many=MAILS)
    + """ INSERT INTO outbox_attempt (id, message_id, at, phase, outcome, code, enhanced_code, reply,
       duration_ms) SELECT {first} + i, {first} + i, {then}, 'sent', 'sent', 250, '2.0.0', 'Ok', 5 FROM n""",
)


def fill(database: Path) -> None:
    """Write all of it. The application must not be running on this file."""
    with closing(sqlite3.connect(database, isolation_level=None)) as rows:
        rows.execute("PRAGMA synchronous=OFF")
        rows.execute("PRAGMA cache_size=-200000")
        rows.execute("BEGIN")
        for step in STEPS:
            filled = step.replace("{then}", THEN.format(i="i")) if "{then}" in step else step
            rows.execute(filled.format(first=FIRST, showings=SHOWINGS))
        rows.execute("COMMIT")
        found = rows.execute("PRAGMA foreign_key_check").fetchone()
        rows.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if found:
        raise RuntimeError(f"the history does not hold together: {found}")
