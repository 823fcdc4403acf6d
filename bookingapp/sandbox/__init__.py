"""A stand-in for Razorpay: its own process, its own SQLite file, no real money.

`python -m bookingapp.sandbox` speaks the part of Razorpay's HTTP API that Matinee uses, so that
the real razorpay SDK, the hosted checkout form, checkout.js and the signed webhooks all work
against it unchanged. One payment path therefore serves the demo, the tests and production.

Nothing of Matinee imports this package and it imports nothing of Matinee: they meet over HTTP only,
as they would with Razorpay. It is a developer's tool, so its words are plain English outside the
product's gettext catalogue, and it reads its own clock.

Start reading at `app.py` (what is served), then `ledger.py` (what a payment does to an order).
`faults.py` and `control.py` are what no gateway offers: trouble and payments to order, for tests.
"""
