"""One mail, opened: as it looks, its text, headers, bytes, and every try to send it."""

import base64
import re
from collections.abc import Iterable

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from bookingapp.admin import dossier, queries
from bookingapp.admin.blueprint import pages
from bookingapp.email import parts, service
from bookingapp.email import queries as mails
from bookingapp.email.models import OutboxState
from bookingapp.email.queries import OpenedMail
from bookingapp.errors import NotFound
from bookingapp.web.access import access, me
from bookingapp.web.csp import csp_needs

VIEWS = ("html", "text", "headers")
_CID = re.compile(r"""(src\s*=\s*["']?)cid:([^"'\s>]+)""", re.IGNORECASE)


@pages.get("/outbox/<public_id>")
@access("manager")
@csp_needs("shows the letter in a frame of its own", lambda: {"frame-src": ["'self'"]})
def mail(public_id: str) -> ResponseReturnValue:
    """The mail among its facts; `show` picks the look, the text or the headers."""
    opened = _opened(public_id)
    letter = parts.read(opened.content) if opened.content else None
    show = request.args.get("show", "html")
    line = opened.line
    return render_template(
        "admin/mail.html",
        opened=opened,
        line=line,
        letter=letter,
        show=show if show in VIEWS else "html",
        booking=queries.numbers([line.booking_id]).get(line.booking_id)
        if line.booking_id
        else None,
        deeds=dossier.deeds(("outbox_message", line.id), ("outbox_message", line.public_id)),
        can_send=line.state in sendable(),
        transport=current_app.config["SETTINGS"].mail_transport,
    )


def _letter_alone() -> dict[str, Iterable[str]]:
    return {
        "sandbox": [],
        "frame-ancestors": ["'self'"],
        "img-src": ["data:"],
        "style-src": ["'unsafe-inline'"],
    }


@pages.get("/outbox/<public_id>/html")
@access("manager")
@csp_needs(
    "mails carry inline styles and their own pictures; sandboxed, without script", _letter_alone
)
def mail_html(public_id: str) -> ResponseReturnValue:
    """The letter's HTML alone, for the frame.

    Its pictures stand in the page itself: a sandboxed page is of no origin, so a request for one
    would come without the manager's cookie and be refused.
    """
    letter = _letter(public_id)
    pictures = {part.cid: part for part in letter.parts if part.content_type.startswith("image/")}
    page = _CID.sub(lambda found: found[1] + _data_url(pictures.get(found[2])), letter.html)
    return Response(page, mimetype="text/html")


@pages.get("/outbox/<public_id>/text")
@access("manager")
def mail_text(public_id: str) -> ResponseReturnValue:
    """The letter's text part."""
    return Response(_letter(public_id).text, mimetype="text/plain")


@pages.get("/outbox/<public_id>/raw")
@access("manager")
def mail_raw(public_id: str) -> ResponseReturnValue:
    """The exact bytes that every try sends."""
    opened = _opened(public_id)
    if opened.content is None:
        raise NotFound
    return _download(opened.content, "message/rfc822", f"{opened.line.kind}-{public_id}.eml")


@pages.get("/outbox/<public_id>/part/<int:number>")
@access("manager")
def mail_part(public_id: str, number: int) -> ResponseReturnValue:
    """A picture or attachment of the letter."""
    for part in _letter(public_id).parts:
        if part.number == number:
            return _download(part.data, part.content_type, part.filename or f"part-{number}")
    raise NotFound


@pages.post("/outbox/<public_id>/retry")
@access("manager")
def mail_retry(public_id: str) -> ResponseReturnValue:
    """Send it now: a failed mail again, a waiting one without the wait."""
    person = me()
    service.retry(public_id, actor_id=person.id if person else None)
    flash(_("The mail goes out again within seconds."), "ok")
    return redirect(url_for("admin.mail", public_id=public_id), 303)


def sendable() -> set[OutboxState]:
    """States with a button. A mail written to a file needs a server first to be sent for real."""
    real = current_app.config["SETTINGS"].mail_transport == "smtp"
    return set(service.SENDABLE) - (set() if real else {OutboxState.SIMULATED})


def _opened(public_id: str) -> OpenedMail:
    opened = mails.one(public_id)
    if opened is None:
        raise NotFound
    return opened


def _letter(public_id: str) -> parts.Letter:
    content = _opened(public_id).content
    if content is None:
        raise NotFound
    return parts.read(content)


def _data_url(picture: parts.Part | None) -> str:
    if picture is None:
        return "data:,"
    return f"data:{picture.content_type};base64,{base64.b64encode(picture.data).decode()}"


def _download(content: bytes, content_type: str, name: str) -> Response:
    """Always as a file to keep: what a mail carries is not shown as a page of ours."""
    answer = Response(content, content_type=content_type)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
