"""A booking's pages by its manage link, and the ticket by its code. See checkout_routes.py too."""

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bookingapp import clock, ics, qr
from bookingapp.booking import (
    cancel_routes,
    checkout_routes,
    forms,
    mail_state,
    moved_routes,
    paper_routes,
    policy,
    queries,
    service,
    words,
)
from bookingapp.booking.blueprint import booking_of, pages
from bookingapp.booking.models import BookingState
from bookingapp.booking.service import correcting
from bookingapp.booking.views import BookingView, Stage
from bookingapp.email.outbox import mail_domain
from bookingapp.errors import NotFound, Refused
from bookingapp.settings import current
from bookingapp.web import errors
from bookingapp.web.access import access
from bookingapp.web.i18n import gettext as _

__all__ = ["cancel_routes", "checkout_routes", "moved_routes", "pages", "paper_routes"]


@pages.get("/b/<token>")
@access("link")
def booking(token: str) -> ResponseReturnValue:
    """The booking, whatever state it is in: the ticket, the hold, or where the money went."""
    view = booking_of(token)
    stage = view.stage(clock.now())
    if stage in {Stage.OVER, Stage.RELEASED}:
        return checkout_routes.gone_page(view)
    return _page(view, stage)


def _page(view: BookingView, stage: Stage, *, typed: str = "", error: str = "") -> str:
    """`typed` and `error`: a corrected address that could not be taken, and why."""
    return render_template(
        "booking/booking.html",
        view=view,
        stage=stage,
        typed=typed,
        error=error,
        mail=mail_state.of_booking(view) if view.sold else None,
        code=qr.svg_path(view.ticket_url) if view.ticket_url else None,
        moved=moved_routes.offer_to(view),
        hold_seconds=current().hold_minutes * 60,
        method_words=words.method,
        terms=policy.sentences(view, clock.now()) if stage is Stage.CONFIRMED else [],
    )


@pages.post("/b/<token>/release")
@access("link")
def release(token: str) -> ResponseReturnValue:
    """Give the seats back at once, and back to the seat map."""
    return checkout_routes.give_back(booking_of(token))


@pages.post("/b/<token>/resend")
@access("link")
def resend(token: str) -> ResponseReturnValue:
    """Send the ticket's mail again."""
    view = booking_of(token)
    try:
        put = service.resend(token)
    except Refused as refusal:
        flash(f"{errors.title(refusal)}. {errors.sentence(refusal)}", "warn")
    else:
        again = _("The ticket goes to %(email)s once more.", email=view.email)
        flash(
            again if put else _("The ticket is on its way to %(email)s already.", email=view.email),
            "ok",
        )
    return redirect(url_for("booking.booking", token=token, _anchor="mail"), 303)


@pages.post("/b/<token>/address")
@access("link")
def address(token: str) -> ResponseReturnValue:
    """Another address for the ticket, which goes there at once."""
    view = booking_of(token)
    typed = request.form.get("email", "")
    email, error = forms.address(typed)
    if not error:
        try:
            correcting.correct_own_address(token, email)
        except NotFound:
            raise
        except Refused as refusal:
            error = f"{errors.title(refusal)}. {errors.sentence(refusal)}"
    if error and view.sold:
        return _page(view, view.stage(clock.now()), typed=typed, error=error), 400
    flash(error or _("The ticket goes to %(email)s now.", email=email), "warn" if error else "ok")
    return redirect(url_for("booking.booking", token=token, _anchor="mail"), 303)


@pages.get("/b/<token>/mail.json")
@access("link")
def mail(token: str) -> ResponseReturnValue:
    """Where the ticket's mail is, for the page's script."""
    view = booking_of(token)
    if not view.sold:
        raise NotFound
    return jsonify(mail_state.of_booking(view).as_json())


@pages.get("/b/<token>/calendar.ics")
@access("link")
def calendar(token: str) -> ResponseReturnValue:
    """The showing for a calendar. Downloaded again after a change, it replaces what it was."""
    view = booking_of(token)
    if not view.sold:
        raise NotFound
    name = f"{view.number}.ics"
    return Response(
        _event(view),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@pages.get("/t/<secret>")
@access("link")
def ticket(secret: str) -> ResponseReturnValue:
    """What the QR code leads to: the ticket, for anybody's eyes, with nothing to change."""
    found = queries.by_ticket_secret(secret)
    if found is None:
        raise NotFound
    valid = not (found.revoked or found.cancelled)
    return render_template(
        "booking/ticket.html", ticket=found, code=qr.svg_path(found.url) if valid else None
    )


def _event(view: BookingView) -> bytes:
    show = view.show
    seats = ", ".join(view.seat_names)
    return ics.event(
        uid=f"{view.number}@{mail_domain()}",
        sequence=view.revision,
        title=show.movie,
        starts_at=show.starts_at,
        ends_at=show.ends_at,
        zone=show.zone,
        location=f"{show.theater}, {show.screen}, {show.address}",
        description=_("Booking %(number)s, seats %(seats)s", number=view.number, seats=seats),
        url=view.manage_url,
        cancelled=view.state is BookingState.CANCELLED,
    )
