"""A row to a letter, once: subject, text, HTML, QR code, calendar. Later tries send the same bytes."""

import json
from datetime import datetime
from typing import Any, cast
from urllib.parse import quote

from flask import current_app
from flask_mail import Attachment
from markupsafe import Markup

from bookingapp import ics, qr
from bookingapp.email import messages, plate, wording
from bookingapp.email.messages import (
    BookingCancellation,
    BookingConfirmation,
    ShowtimeMoved,
    TicketFacts,
)
from bookingapp.email.mime import Letter, Picture
from bookingapp.email.outbox import mail_domain
from bookingapp.email.payload import from_payload
from bookingapp.email.rows import Due
from bookingapp.settings import Settings, current
from bookingapp.web.i18n import force_locale, language

QR_SCALE = 8
SUBJECT = 60
_short_lines = json.JSONEncoder(separators=(",\n", ": ")).encode


def letter(due: Due) -> Letter:
    """The letter a row holds, or the bytes it was once, to be sent again.

    A slim one (the server found the whole one too big) keeps the QR code and goes without attachments.
    """
    settings = current()
    sender = settings.mail_default_sender
    if due.frozen is not None:
        return Letter(message_id=due.message_id, frozen=due.frozen, sender=sender, recipients=[due.recipient])  # fmt: skip
    message = from_payload(due.kind, due.payload)
    with force_locale(due.locale):
        return _fresh(due, message, settings)


def _fresh(due: Due, message: messages.Message, settings: Settings) -> Letter:
    ticket: TicketFacts | None = getattr(message, "ticket", None)
    made = Letter(
        message_id=due.message_id,
        sender=settings.mail_default_sender,
        recipients=[due.recipient],
        reply_to=settings.contact_email or None,
        extra_headers=_headers(due, ticket),
    )
    more: dict[str, Any] = {}
    if isinstance(message, BookingConfirmation | ShowtimeMoved):
        more = _add_ticket(made, message.ticket)
        if not due.slim:
            made.attachments += _attachments(message.ticket, made.pictures[0].data)
        more["attached"] = not due.slim
    if isinstance(message, BookingCancellation) and not message.still:
        made.attachments.append(_out_of_the_calendar(message.ticket))
        more["facts_for_machines"] = _reservation(message.ticket, cancelled=True)
    if isinstance(message, BookingConfirmation):
        words = plate.fill(message, more, language(), draw)
    else:
        words = draw(message, more)
    made.subject, made.body, made.html = words
    return made


def draw(message: messages.Message, more: dict[str, Any]) -> plate.Words:
    """A letter's words in the language being spoken, of its message and a few values more."""
    kind = messages.kind_of(message).name
    context = {**wording.context(message), **more}
    html: str = _template(kind, "body.html").render(wording.for_html(context))
    text: str = _template(kind, "body.txt").render(context)
    return plate.Words(_subject(kind, context), text.strip() + "\n", plate.plain(html))


def _template(kind: str, part: str) -> Any:  # noqa: ANN401 (Jinja's template; its types are not public)
    """Straight from the environment: a page's context (session, request) is none of a letter's."""
    return current_app.jinja_env.get_template(f"email/{kind}/{part}")


def _subject(kind: str, context: dict[str, Any]) -> str:
    """Under 60 characters: a long title gives way."""
    template = _template(kind, "subject.txt")
    subject = cast("str", template.render(context)).strip()
    title = str(context.get("movie", ""))
    if len(subject) >= SUBJECT and title:
        room = max(SUBJECT - 2 - (len(subject) - len(title)), 8)
        shorter = {**context, "movie": title[:room].rstrip(" ,.:;-") + "…"}
        subject = cast("str", template.render(shorter)).strip()
    return " ".join(subject.split())


def _headers(due: Due, ticket: TicketFacts | None) -> dict[str, str]:
    domain = mail_domain()
    headers = {
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Feedback-ID": f"{due.kind}:matinee:{domain}",
        "Content-Language": due.locale.replace("_", "-"),
    }
    if ticket is not None:
        # One thread per booking in the customer's mail program.
        headers["References"] = f"<booking.{ticket.number}@{domain}>"
    return headers


def _add_ticket(made: Letter, ticket: TicketFacts) -> dict[str, Any]:
    """The QR code inside; its name and the facts for mail programs, for the templates."""
    picture = qr.png(ticket.ticket_url, QR_SCALE)
    cid = f"qr.{ticket.number}@{mail_domain()}"
    made.pictures.append(Picture(cid, f"qr_{ticket.number}.png", picture))
    return {"qr_cid": quote(cid, safe="@."), "facts_for_machines": _reservation(ticket)}


def _attachments(ticket: TicketFacts, picture: bytes) -> list[Attachment]:
    """The QR code once more, to save or print, and the calendar file."""
    return [
        Attachment(f"booking_{ticket.number}.png", "image/png", picture),
        Attachment(f"booking_{ticket.number}.ics", "text/calendar; charset=utf-8; method=PUBLISH", calendar(ticket)),
    ]  # fmt: skip


def _out_of_the_calendar(ticket: TicketFacts) -> Attachment:
    """The same event once more, cancelled: calendars strike it out."""
    kind = "text/calendar; charset=utf-8; method=CANCEL"
    return Attachment(f"booking_{ticket.number}.ics", kind, calendar(ticket, cancelled=True))


def calendar(ticket: TicketFacts, *, cancelled: bool = False) -> bytes:
    """The calendar file of a ticket."""
    seats = ", ".join(seat.name for seat in ticket.seats)
    return ics.event(
        uid=f"{ticket.number}@{mail_domain()}",
        sequence=ticket.revision,
        title=ticket.movie,
        starts_at=ticket.starts_at,
        ends_at=ticket.ends_at,
        zone=ticket.zone,
        location=", ".join(filter(None, (ticket.theater, ticket.screen, ticket.address))),
        description=f"{ticket.number}: {seats}",
        url=ticket.manage_url,
        cancelled=cancelled,
    )


def _reservation(ticket: TicketFacts, *, cancelled: bool = False) -> Markup:
    """JSON-LD EventReservation, which Gmail and Apple Mail turn into a card."""
    place = {"@type": "Place", "name": ticket.theater, "address": ticket.address}
    reservation = {
        "@context": "http://schema.org",
        "@type": "EventReservation",
        "reservationNumber": ticket.number,
        "reservationStatus": f"http://schema.org/Reservation{'Cancelled' if cancelled else 'Confirmed'}",
        "underName": {"@type": "Person", "name": ticket.customer_name},
        "numSeats": str(len(ticket.seats)),
        "modifyReservationUrl": ticket.manage_url,
        "totalPrice": wording.plain_amount(ticket.total, ticket.currency),
        "priceCurrency": ticket.currency,
        "reservationFor": {
            "@type": "ScreeningEvent",
            "name": ticket.movie,
            "startDate": _instant(ticket.starts_at),
            "endDate": _instant(ticket.ends_at),
            "doorTime": _instant(ticket.doors_at),
            "location": place,
        },
        "reservedTicket": [
            {
                "@type": "Ticket",
                "ticketToken": f"qrCode:{ticket.ticket_url}",
                "ticketedSeat": {"@type": "Seat", "seatNumber": seat.name, "seatSection": seat.category},
            }
            for seat in ticket.seats
        ],
    }  # fmt: skip
    if cancelled:
        del reservation["reservedTicket"]
    # "</script>" in a title must not end the element; ASCII, for a script knows no character references
    # and in short lines, or the whole part would need a transfer encoding
    text = _short_lines(reservation).replace("<", "\\u003c")
    return Markup(text)  # noqa: S704 (JSON of ours, "<" escaped)


def _instant(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")
