"""Tickets printed from a plate: the letters of a showing differ in a dozen words.

A letter is drawn once with marks in the place of what is one person's alone, and kept by all the other
facts in it; the next one of the same facts is that with its own words put in. Nothing personal is kept.
Tests hold filled plates against letters drawn in full.
"""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from markupsafe import escape

from bookingapp.email.messages import BookingConfirmation

# Nobody outside can write one into a title; no letter's template changes it.
_SECRET = secrets.token_hex(8)
_MARK = re.compile(f"{_SECRET}x(\\d+)x")


class Words(NamedTuple):
    """A letter's subject, text and HTML, the last in plain ASCII."""

    subject: str
    text: str
    html: str


Draw = Callable[[Any, dict[str, Any]], Words]


def plain(html: str) -> str:
    """ASCII needs no transfer encoding, which would take longer than the letter's own making."""
    return html.encode("ascii", "xmlcharrefreplace").decode("ascii")


def fill(message: BookingConfirmation, more: dict[str, Any], language: str, draw: Draw) -> Words:
    """What `draw` would make of these in this language. Of `more`, words are personal."""
    personal: list[str] = []

    def mark(value: str) -> str:
        # of the same class: what is markup stays so
        personal.append(value)
        return type(value)(f"{_SECRET}x{len(personal) - 1}x")

    blank = _blank(message, mark)
    marked = {n: mark(value) if isinstance(value, str) else value for n, value in more.items()}
    plate = _plate(blank, tuple(marked.items()), language, draw)
    escaped = [plain(str(escape(value))) for value in personal]
    return Words(
        _filled(plate.subject, personal),
        _filled(plate.text, personal),
        _filled(plate.html, escaped),
    )


def _blank(message: BookingConfirmation, mark: Callable[[str], str]) -> BookingConfirmation:
    """The message with marks for what is one booking's alone; what is not there stays so."""
    ticket, paid = message.ticket, message.paid
    # as the letter greets: by the first word of the name
    first = ticket.customer_name.split()[:1]
    blank = replace(
        ticket,
        number=mark(ticket.number),
        ticket_url=mark(ticket.ticket_url),
        manage_url=mark(ticket.manage_url),
        invoice=ticket.invoice and mark(ticket.invoice),
        customer_name=mark(first[0].rstrip(",")) if first else "",
        seats=tuple(replace(seat, name=mark(seat.name)) for seat in ticket.seats),
    )
    if paid is not None:
        paid = replace(paid, reference=mark(paid.reference), paid_at=ticket.starts_at)
    return replace(message, ticket=blank, paid=paid)


class _Plate(NamedTuple):
    """Words, and between them the places of marks."""

    subject: Sequence[str]
    text: Sequence[str]
    html: Sequence[str]


@lru_cache(maxsize=256)
def _plate(
    blank: BookingConfirmation, more: tuple[tuple[str, object], ...], _language: str, draw: Draw
) -> _Plate:
    drawn = draw(blank, dict(more))
    return _Plate(*map(_MARK.split, drawn))


def _filled(pieces: Sequence[str], values: Sequence[str]) -> str:
    """Every second piece is a mark's number."""
    whole = list(pieces)
    whole[1::2] = [values[int(number)] for number in pieces[1::2]]
    return "".join(whole)
