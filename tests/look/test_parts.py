"""The parts say the right words in the right shape; pages only hand them facts."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

# The parts ask no database, so one engine is enough.
pytestmark = pytest.mark.engine("sqlite")
ZONE = "Asia/Kolkata"
HALF_PAST_TWO = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def render(app: Flask, part: str, call: str, more: str = "", **values: Any) -> str:
    """One macro's HTML, with its white space folded."""
    name = ", ".join(filter(None, [call.split("(", maxsplit=1)[0], more]))
    source = f'{{% from "parts/{part}.html" import {name} with context %}}{{{{ {call} }}}}'
    with app.test_request_context():
        html = app.jinja_env.from_string(source).render(**values)
    return re.sub(r"\s+", " ", html)


def stub(app: Flask, free: int, state: str) -> str:
    """A stub of 2:30 pm in Hall 1."""
    return render(
        app, "stub", "stub(at, zone, 'Hall 1', free, state, '/showtime/1')",
        at=HALF_PAST_TWO, zone=ZONE, free=free, state=state,
    )  # fmt: skip


def leader(app: Flask, left: int, *seats: str) -> str:
    """The dial with so many seconds left of twelve minutes."""
    return render(
        app, "leader", "leader(until, now, zone, seats)",
        now=HALF_PAST_TWO, until=HALF_PAST_TWO + timedelta(seconds=left), zone=ZONE, seats=seats,
    )  # fmt: skip


def seat(app: Flask, kind: str = "standard", state: str = "free", *, checked: bool = False) -> str:
    """Seat H6 at half column 11."""
    return render(
        app, "seat", "seat('H6', 6, 11, seat_class(kind, state), seat_end(18000, '₹180', kind, state, checked))",
        more="seat_class, seat_end", kind=kind, state=state, checked=checked,
    )  # fmt: skip


def test_a_showing_on_sale_is_a_link_with_its_time_and_seats(app: Flask) -> None:
    html = stub(app, 112, "open")
    assert html.startswith('<a class="stub" href="/showtime/1"')
    assert "2:30<small>pm</small>" in html
    assert "<b>112</b> seats" in html


def test_one_last_seat_is_one_seat(app: Flask) -> None:
    assert "<b>1</b> seat<" in stub(app, 1, "open")


def test_few_seats_turn_the_stub_to_sun_and_say_how_many(app: Flask) -> None:
    html = stub(app, 6, "few")
    assert 'class="stub few"' in html
    assert "6 left" in html


@pytest.mark.parametrize(
    ("state", "word"),
    [("sold_out", "Sold out"), ("started", "Started"), ("off_sale", "Not on sale")],
)
def test_a_showing_that_cannot_be_bought_says_so_and_is_no_link(
    app: Flask, state: str, word: str
) -> None:
    html = stub(app, 0, state)
    assert word in html
    assert "<a" not in html


def test_a_seat_has_its_name_place_and_price(app: Flask) -> None:
    html = seat(app)
    assert 'class="seat x11"' in html
    assert 'value="H6"' in html
    assert 'data-price="18000"' in html
    assert 'aria-label="H6, ₹180"' in html
    assert "disabled" not in html
    assert "checked" not in html


def test_a_wheelchair_place_is_called_one(app: Flask) -> None:
    assert 'aria-label="H6, wheelchair place, ₹180"' in seat(app, "wheelchair")


@pytest.mark.parametrize(("state", "word"), [("taken", "taken"), ("house", "not on sale")])
def test_a_seat_that_is_gone_cannot_be_ticked_and_has_no_price(
    app: Flask, state: str, word: str
) -> None:
    html = seat(app, state=state, checked=True)
    assert f'aria-label="H6, {word}"' in html
    assert html.endswith("disabled>")


def test_a_seat_the_buyer_holds_is_ticked(app: Flask) -> None:
    html = seat(app, state="yours", checked=True)
    assert 'class="seat x11 yours"' in html
    assert html.endswith("checked>")


def test_the_dial_shows_the_next_full_tenth_of_the_hold(app: Flask) -> None:
    assert "left-10" in leader(app, 720, "H6")
    assert "left-8" in leader(app, 540, "H6")
    assert "left-1" in leader(app, 1, "H6")
    assert "left-0" in leader(app, -5, "H6")


def test_the_hold_is_told_in_words(app: Flask) -> None:
    assert "H6, H7 are held for you until 2:39 pm" in leader(app, 540, "H6", "H7")
    assert "H6 is held for you until 2:39 pm" in leader(app, 540, "H6")


def test_under_two_minutes_the_dial_is_late(app: Flask) -> None:
    assert 'class="leader late' in leader(app, 119, "H6")
    assert 'class="leader late' not in leader(app, 120, "H6")


def test_an_error_is_tied_to_its_field(app: Flask) -> None:
    html = render(
        app, "field", "field('email', 'E-mail', error='No ending.', hint='For the ticket.')"
    )
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="email-error email-hint"' in html
    assert '<p class="error" id="email-error">No ending.</p>' in html


def test_one_error_needs_no_summary_two_do(app: Flask) -> None:
    one, two = [("email", "No ending.")], [("email", "No ending."), ("name", "Too long.")]
    assert render(app, "field", "error_summary(e)", e=one).strip() == ""
    assert 'href="#name"' in render(app, "field", "error_summary(e)", e=two)


def test_steps_mark_what_is_done_and_where_we_are(app: Flask) -> None:
    html = render(app, "steps", "steps('details')")
    assert html.count('class="done"') == 1
    assert '<li aria-current="step">Details' in html


def test_what_people_typed_is_text_not_markup(app: Flask) -> None:
    html = render(app, "field", "field('name', 'Name', value=v)", v='"><script>')
    assert "<script>" not in html


def test_a_cancelled_ticket_has_no_code(app: Flask) -> None:
    call = "ticket('Sherlock Jr.', 'The Lantern', at, zone, 'Hall 1', ['H6', 'H7'], 'BK1', qr='CODE', void=v)"
    valid = render(app, "ticket", call, at=HALF_PAST_TWO, zone=ZONE, v="")
    void = render(app, "ticket", call, at=HALF_PAST_TWO, zone=ZONE, v="Cancelled, ₹360.00 refunded")
    assert "CODE" in valid
    assert "Admit two" in valid
    assert "CODE" not in void
    assert "Cancelled, ₹360.00 refunded" in void
