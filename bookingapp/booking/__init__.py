"""A booking's way from chosen seats to a ticket: hold, details, pay, settle, show, send again.

Start at `rules.py` (what may happen) and `service/` (the deeds, a transaction each). `hold.py`,
`confirm.py` and `settle.py` are steps inside them; `queries.py` reads, `views.py` says what pages get;
`routes.py`, `checkout_routes.py` and `pay_routes.py` are the pages.
"""
