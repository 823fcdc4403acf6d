"""The demo cinema: a season of real public-domain films, so that a first start looks alive.

Start at `service.py`; `films.py`, `halls.py` and `week.py` are plain data and pure functions,
`posters/` draws.
"""
