"""Every kind of letter this house writes, as its reader will see it; the facts are made up."""

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from bookingapp.admin import mail
from bookingapp.admin.blueprint import pages
from bookingapp.email import parts, preview
from bookingapp.email.messages import KINDS
from bookingapp.errors import NotFound
from bookingapp.web.access import access
from bookingapp.web.csp import csp_needs


@pages.get("/letters/")
@access("manager")
def letters() -> str:
    """The kinds, each with its subject."""
    kinds = [(kind, _letter(kind).subject) for kind in KINDS]
    return render_template("admin/letters.html", kinds=kinds)


@pages.get("/letters/<kind>")
@access("manager")
@csp_needs("shows the letter in a frame of its own", lambda: {"frame-src": ["'self'"]})
def letter(kind: str) -> str:
    """One kind: as it looks, or its text."""
    show = "text" if request.args.get("show") == "text" else "html"
    return render_template("admin/letter.html", kind=kind, letter=_letter(kind), show=show)


@pages.get("/letters/<kind>/html")
@access("manager")
@csp_needs(
    "mails carry inline styles and their own pictures; sandboxed, without script", mail.letter_alone
)
def letter_html(kind: str) -> ResponseReturnValue:
    """The letter's HTML alone, for the frame."""
    return Response(mail.standing_alone(_letter(kind)), mimetype="text/html")


def _letter(kind: str) -> parts.Letter:
    found = preview.preview(kind)
    if found is None:
        raise NotFound
    return found
