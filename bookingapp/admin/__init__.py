"""The manager's pages: outbox, bookings, money. Pages only, no tables. Start at routes.py."""
