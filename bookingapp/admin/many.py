"""One deed for many mails: the ticked ones, or all that the list shows."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from bookingapp.admin import asked
from bookingapp.admin.blueprint import pages
from bookingapp.admin.outbox import TO_ALL, search
from bookingapp.email import service
from bookingapp.errors import NotFound
from bookingapp.web.access import access, me

DEEDS = {
    "retry": service.retry_many,
    "release": service.release_many,
    "cancel": service.cancel_many,
}
MOST = 200


@pages.post("/outbox/many")
@access("manager")
def outbox_many() -> ResponseReturnValue:
    """Do it, say to how many, and go back to the list it was asked from."""
    wish, deed = asked.read(request.form), request.form.get("deed", "")
    everything = request.form.get("which") == "all"
    if deed not in DEEDS or (everything and deed not in TO_ALL.get(wish.state, ())):
        raise NotFound
    chosen = request.form.getlist("mail")[:MOST]
    back = redirect(url_for("admin.outbox", **_filters(wish)), 303)
    if not everything and not chosen:
        flash(_("No mail is ticked. Tick the mails first, then press the button."), "warn")
        return back
    person = me()
    done = DEEDS[deed](
        search(wish) if everything else chosen, actor_id=person.id if person else None
    )
    flash(_told(deed, done.done, done.left), "ok" if done.done else "warn")
    return back


def _filters(wish: asked.Asked) -> dict[str, Any]:
    return {**wish.address()}


def _told(deed: str, done: int, left: int) -> str:
    told = {
        "retry": ngettext("One mail goes out within seconds.", "%(num)s mails go out one after the other.", done),
        "release": ngettext("One mail was let go.", "%(num)s mails were let go.", done),
        "cancel": ngettext("One mail is no longer owed.", "%(num)s mails are no longer owed.", done),
    }[deed] if done else _("Nothing was changed.")  # fmt: skip
    if not left:
        return str(told)
    passed = ngettext(
        "One was passed over: it went already, is too late, or its address gets no mail.",
        "%(num)s were passed over: they went already, are too late, or their address gets no mail.",
        left,
    )
    return f"{told} {passed}"
