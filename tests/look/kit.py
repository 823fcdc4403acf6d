"""Pages made of parts alone, in a real browser: what the scripts do, without a cinema behind them."""

import mimetypes
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, Page, Route

STATIC = Path(__file__).resolve().parents[2] / "bookingapp" / "static"
HOME = "http://kit.test"

PLAN = """
{% from "parts/seat.html" import tier, row_letter, seat, seat_class, seat_end, seating_words, order_bar with context %}
<main><form class="seating" method="post" {{ seating_words(3, 'INR') }}>
<div class="plan w16"><div class="floor"><div class="block look-stalls">{{ tier('Stalls', '₹180') }}
{% for row, taken in rows.items() %}<fieldset class="line">{{ row_letter(row, 15) }}
{% for n in range(1, 8) %}
{% set state = 'taken' if n in taken else 'free' %}
{{ seat(row ~ n, n, 2 * n - 1, seat_class(state=state), seat_end(18000, '₹180', state=state)) }}
{% endfor %}</fieldset>{% endfor %}
</div></div></div>{{ order_bar('Sherlock Jr.', ['Hall 1'], 12, 3) }}</form></main>
"""

CHECKOUT = """
{% from "parts/leader.html" import leader with context %}
<main><form class="checkout" method="post" data-currency="INR" data-locale="en" data-fee="1000">
{{ leader(until, at, 'Asia/Kolkata', ['H6', 'H7']) }}
{% for name in ['H6', 'H7'] %}<select aria-label="{{ name }}" data-seat="{{ name }}">
<option data-price="18000" data-tax="2746" data-rate="1800" data-name="Adult">Adult</option>
<option data-price="9000" data-tax="1373" data-rate="1800" data-name="Child">Child</option>
</select>{% endfor %}
<section class="slip"><p><span data-tax="1800"></span></p><p><span data-total></span></p></section>
<button data-update>Update total</button>
<button class="btn" data-busy="Paying">Pay <span class="num" data-total-short></span></button>
</form></main>
"""

MAIL = """
{% from "parts/badge.html" import mail_state with context %}
<main>{{ mail_state('queued', 'The ticket is on its way.', '/mail.json', True) }}
<button data-print hidden>Print</button></main>
"""


def open_page(
    browser: Browser,
    app: Flask,
    source: str,
    *scripts: str,
    answer: Callable[[Route], None] | None = None,
    **values: object,
) -> Page:
    """The rendered source with its scripts running; `answer` speaks for the server."""
    with app.test_request_context():
        body = app.jinja_env.from_string(source).render(**values)
        links = "".join(f'<script type="module" src="/static/js/{s}"></script>' for s in scripts)
        sheets = "".join(
            f'<link rel="stylesheet" href="/static/{s}.css">' for s in ("matinee", "seats")
        )
    html = f'<!doctype html><html lang="en"><title>Kit</title>{sheets}<body>{body}{links}'

    def serve(route: Route) -> None:
        path = route.request.url.removeprefix(HOME)
        if path.startswith("/static/"):
            file = STATIC / path.removeprefix("/static/")
            kind = mimetypes.guess_type(file.name)[0] or "text/plain"
            route.fulfill(body=file.read_bytes(), content_type=kind)
        elif path == "/":
            route.fulfill(body=html, content_type="text/html")
        elif answer:
            answer(route)
        else:
            route.fulfill(status=404)

    page = browser.new_context(viewport={"width": 360, "height": 800}).new_page()
    page.route("**/*", serve)
    page.goto(HOME + "/")
    page.wait_for_load_state("networkidle")
    return page
