"""What a manager does to one mail. A "no" is said on the mail's own page, which shows how it stands."""

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from bookingapp.admin import mail as mail_page
from bookingapp.admin.blueprint import pages
from bookingapp.booking import forms
from bookingapp.booking.service import correcting
from bookingapp.email import rules, service
from bookingapp.email.messages import is_private
from bookingapp.errors import NotFound, Refused
from bookingapp.web import errors
from bookingapp.web.access import access, me
from bookingapp.web.csp import csp_needs


@pages.post("/outbox/<public_id>/retry")
@access("manager")
def mail_retry(public_id: str) -> ResponseReturnValue:
    """Send it now: a failed mail again, a waiting one without the wait."""
    service_says = _("The mail goes out again within seconds.")
    return _done(public_id, lambda: service.retry(public_id, actor_id=_actor()), service_says)


@pages.post("/outbox/<public_id>/hold")
@access("manager")
def mail_hold(public_id: str) -> ResponseReturnValue:
    """Keep it back."""
    return _done(
        public_id,
        lambda: service.hold(public_id, actor_id=_actor()),
        _("The mail is held. It stays here until somebody lets it go."),
    )


@pages.post("/outbox/<public_id>/release")
@access("manager")
def mail_release(public_id: str) -> ResponseReturnValue:
    """Let it go."""
    return _done(
        public_id,
        lambda: service.release(public_id, actor_id=_actor()),
        _("The mail goes out within seconds."),
    )


@pages.post("/outbox/<public_id>/cancel")
@access("manager")
def mail_cancel(public_id: str) -> ResponseReturnValue:
    """It is no longer owed."""
    return _done(
        public_id,
        lambda: service.cancel(public_id, actor_id=_actor()),
        _("The mail is no longer owed. It stays here to be read."),
    )


@pages.post("/outbox/<public_id>/lift")
@access("manager")
def mail_lift(public_id: str) -> ResponseReturnValue:
    """Its address may be written to again."""
    return _done(
        public_id,
        lambda: service.lift(public_id, actor_id=_actor()),
        _("The address gets mail again. Send this one again if it should go."),
    )


@pages.post("/outbox/<public_id>/resend")
@access("manager")
def mail_resend(public_id: str) -> ResponseReturnValue:
    """A sent mail once more, as a mail of its own."""
    try:
        made = service.resend(public_id, actor_id=_actor())
    except NotFound:
        raise
    except Refused as refusal:
        return _refused(public_id, refusal)
    if made is None:
        flash(_("A copy is on its way already."), "info")
        return _back(public_id)
    flash(_("This is the copy. It goes out within seconds."), "ok")
    return _back(made)


@pages.post("/outbox/<public_id>/elsewhere")
@access("manager")
@csp_needs("shows the mail's page again", lambda: {"frame-src": ["'self'"]})
def mail_elsewhere(public_id: str) -> ResponseReturnValue:
    """To a corrected address; a booking's address is corrected with it."""
    line = mail_page.opened_mail(public_id).line
    if is_private(line.kind):
        raise rules.Private
    typed = request.form.get("address", "")
    address, error = forms.address(typed)
    if error:
        return mail_page.page(public_id, typed=typed, error=error), 400
    try:
        send = correcting.correct_address if line.booking_id else service.send_elsewhere
        made = send(public_id, address, actor_id=_actor())
    except NotFound:
        raise
    except Refused as refusal:
        said = f"{errors.title(refusal)}. {errors.sentence(refusal)}"
        return mail_page.page(public_id, typed=typed, error=said), errors.status(refusal)
    if made is None:
        flash(_("It goes to %(address)s already.", address=address), "info")
        return _back(public_id)
    flash(
        _("This mail goes to %(address)s now. The old one is no longer owed.", address=address),
        "ok",
    )
    return _back(made)


@pages.post("/outbox/test")
@access("manager")
def mail_test() -> ResponseReturnValue:
    """A test mail to whoever asks for it, the way every ticket goes."""
    person = me()
    if person is None:
        raise NotFound
    made = service.send_sample("mail_test", person.email)
    flash(
        _(
            "A test mail goes to %(email)s. Look again in a few seconds: here stands what the mail server said.",
            email=person.email,
        ),
        "ok",
    )
    return _back(made)


@pages.post("/outbox/transport/<name>/try")
@access("manager")
def transport_try(name: str) -> ResponseReturnValue:
    """Let one mail try a mail server at once."""
    try:
        service.try_now(name, actor_id=_actor())
    except NotFound:
        raise
    except Refused as refusal:
        flash(f"{errors.title(refusal)}. {errors.sentence(refusal)}", "info")
    else:
        flash(_("One mail tries it now. This page says how it went in a few seconds."), "ok")
    return redirect(url_for("admin.outbox"), 303)


def _done(public_id: str, deed: Callable[[], object], said: str) -> ResponseReturnValue:
    """Do it, say so. False means that somebody was faster: nothing is left to do."""
    try:
        did = deed()
    except NotFound:
        raise
    except Refused as refusal:
        return _refused(public_id, refusal)
    if did is False:
        flash(_("That was done already."), "info")
    else:
        flash(said, "ok")
    return _back(public_id)


def _refused(public_id: str, refusal: Refused) -> ResponseReturnValue:
    flash(f"{errors.title(refusal)}. {errors.sentence(refusal)}", "warn")
    return _back(public_id)


def _back(public_id: str) -> ResponseReturnValue:
    return redirect(url_for("admin.mail", public_id=public_id), 303)


def _actor() -> int | None:
    person = me()
    return person.id if person else None
