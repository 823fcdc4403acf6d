"""After the database was restored: the manager decides once about the mails it still called owed."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from bookingapp.admin import words
from bookingapp.admin.blueprint import pages
from bookingapp.email import restored
from bookingapp.web.access import access, me


@pages.post("/outbox/restored/send")
@access("manager")
def restored_send() -> ResponseReturnValue:
    """They are owed again."""
    sent = restored.send(actor_id=_actor())
    flash(
        ngettext("One mail goes out now.", "%(num)s mails go out now.", sent),
        "ok",
    )
    return redirect(url_for("admin.outbox"), 303)


@pages.post("/outbox/restored/drop")
@access("manager")
def restored_drop() -> ResponseReturnValue:
    """Those owed for too long are owed no more."""
    hours = request.form.get("hours", "")
    known = {age for age, _label in words.AGES}
    dropped = restored.drop_older(int(hours) if hours in known else 72, actor_id=_actor())
    flash(
        ngettext(
            "One mail is owed no more. It stands under Cancelled.",
            "%(num)s mails are owed no more. They stand under Cancelled.",
            dropped,
        ),
        "ok",
    )
    return redirect(url_for("admin.outbox"), 303)


def _actor() -> int | None:
    person = me()
    return person.id if person else None
