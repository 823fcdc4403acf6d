"""Words for a showing that has another time or hall: the news, then old and new side by side."""

from collections.abc import Callable
from typing import Any

from bookingapp import clock, money
from bookingapp.email.messages import ShowingFacts, ShowtimeMoved, TicketFacts
from bookingapp.web import filters
from bookingapp.web.i18n import language

Speak = Callable[..., str]
Compared = tuple[str, str, str]


def context(message: ShowtimeMoved, _: Speak) -> dict[str, Any]:
    """What this letter's templates name beside the new ticket's facts."""
    was, ticket = message.was, message.ticket
    return {
        "headline": _headline(message, _),
        "news": " ".join(filter(None, (message.words, _news(message, _)))),
        "compared": compared(was, ticket, _),
        "back": money.to_text(message.back, ticket.currency, language()) if message.back else "",
        "back_until": _until(ticket),
    }


def compared(was: ShowingFacts, ticket: TicketFacts, _: Speak) -> list[Compared]:
    """Label, old, new; what stayed is told too, so that nobody has to guess."""
    return [
        (_("Day"), filters.day_short(was.starts_at, was.zone), filters.day_short(ticket.starts_at, ticket.zone)),
        (_("Film starts"), filters.clock_time(was.starts_at, was.zone), filters.clock_time(ticket.starts_at, ticket.zone)),
        (_("Hall"), was.screen, ticket.screen),
        (_("Seats") if len(ticket.seats) > 1 else _("Seat"), " ".join(was.seats), " ".join(seat.name for seat in ticket.seats)),
    ]  # fmt: skip


def _headline(message: ShowtimeMoved, _: Speak) -> str:
    """The change in a few words: the day, the time or the hall."""
    was, ticket = message.was, message.ticket
    time = filters.clock_time(ticket.starts_at, ticket.zone)
    if clock.local(was.starts_at, was.zone).date() != clock.local(ticket.starts_at, ticket.zone).date():  # fmt: skip
        return _("Now %(day)s, %(time)s", day=filters.day_short(ticket.starts_at, ticket.zone), time=time)  # fmt: skip
    if was.starts_at != ticket.starts_at:
        return _("Now at %(time)s", time=time)
    return _("Now in %(hall)s", hall=ticket.screen)


def _news(message: ShowtimeMoved, _: Speak) -> str:
    same = message.was.seats == tuple(seat.name for seat in message.ticket.seats)
    if same:
        return _("We had to move your showing. Your seats stay the same.")
    return _("We had to move your showing, and there you have other seats.")


def _until(ticket: TicketFacts) -> str:
    day = filters.day_short(ticket.starts_at, ticket.zone)
    return f"{day}, {filters.clock_time(ticket.starts_at, ticket.zone)}"
