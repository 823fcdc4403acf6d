"""The customer's pages before a booking: programme, film, seat map (`/`). Pages only, no tables."""
