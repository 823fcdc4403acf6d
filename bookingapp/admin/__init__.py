"""The manager's pages: outbox, bookings, money. Pages only, no tables."""
