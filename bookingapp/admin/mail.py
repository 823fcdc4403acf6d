"""One mail, opened: as it looks, its text, headers, bytes, and every try to send it."""

import base64
import re
from collections.abc import Iterable

from flask import Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from bookingapp.admin import dossier, mail_words, queries
from bookingapp.admin.blueprint import pages
from bookingapp.db import db
from bookingapp.email import parts, rules, suppressions
from bookingapp.email import queries as mails
from bookingapp.email.messages import KINDS, is_private
from bookingapp.email.models import OutboxState
from bookingapp.email.queries import MailLine, OpenedMail
from bookingapp.errors import NotFound
from bookingapp.web.access import access
from bookingapp.web.csp import csp_needs

VIEWS = ("html", "text", "headers")
_CID = re.compile(r"""(src\s*=\s*["']?)cid:([^"'\s>]+)""", re.IGNORECASE)


@pages.get("/outbox/<public_id>")
@access("manager")
@csp_needs("shows the letter in a frame of its own", lambda: {"frame-src": ["'self'"]})
def mail(public_id: str) -> ResponseReturnValue:
    """The mail among its facts; `show` picks the look, the text or the headers."""
    return page(public_id)


def page(public_id: str, *, typed: str = "", error: str = "") -> str:
    """The page. `typed` and `error`: an address it could not be sent to, and why."""
    opened = opened_mail(public_id)
    line, private = opened.line, is_private(opened.line.kind)
    show = request.args.get("show", "html")
    suppressed = suppressions.find(db.session(), line.recipient, line.kind)
    can = deeds_for(line, private=private) - ({"retry", "resend"} if suppressed else set())
    numbers = queries.numbers([line.booking_id]) if line.booking_id else {}
    return render_template(
        "admin/mail.html",
        opened=opened,
        line=line,
        private=private,
        letter=parts.read(opened.content) if opened.content and not private else None,
        show=show if show in VIEWS else "html",
        booking=numbers.get(line.booking_id or 0),
        suppressed=suppressed,
        deeds=dossier.deeds(("outbox_message", line.id), ("outbox_message", line.public_id)),
        can=can,
        said=mail_words.server_words(line),
        typed=typed,
        error=error,
    )


def deeds_for(line: MailLine, *, private: bool) -> set[str]:
    """What may be done to a mail now, by the name of the deed."""
    whole = line.pruned_at is None
    known = line.kind in KINDS
    can = {
        "retry": line.state in sendable() and whole,
        "hold": line.state in rules.HOLDABLE,
        "release": line.state is OutboxState.HELD,
        "cancel": line.state in rules.CANCELLABLE,
        "resend": line.state in rules.AGAIN and whole and known,
        "elsewhere": line.state is not OutboxState.SENDING and whole and not private,
    }
    return {name for name, may in can.items() if may}


def letter_alone() -> dict[str, Iterable[str]]:
    """The policy of a letter's own page: it may look as it likes and do nothing."""
    return {
        "sandbox": [],
        "frame-ancestors": ["'self'"],
        "img-src": ["data:"],
        "style-src": ["'unsafe-inline'"],
    }


@pages.get("/outbox/<public_id>/html")
@access("manager")
@csp_needs(
    "mails carry inline styles and their own pictures; sandboxed, without script", letter_alone
)
def mail_html(public_id: str) -> ResponseReturnValue:
    """The letter's HTML alone, for the frame.

    Its pictures stand in the page itself: a sandboxed page is of no origin, so a request for one
    would come without the manager's cookie and be refused.
    """
    return Response(standing_alone(_letter(public_id)), mimetype="text/html")


@pages.get("/outbox/<public_id>/text")
@access("manager")
def mail_text(public_id: str) -> ResponseReturnValue:
    """The letter's text part."""
    return Response(_letter(public_id).text, mimetype="text/plain")


@pages.get("/outbox/<public_id>/raw")
@access("manager")
def mail_raw(public_id: str) -> ResponseReturnValue:
    """The exact bytes that every try sends."""
    opened = _readable(public_id)
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


def standing_alone(letter: parts.Letter) -> str:
    """The letter's HTML with its pictures in it."""
    pictures = {part.cid: part for part in letter.parts if part.content_type.startswith("image/")}
    return _CID.sub(lambda found: found[1] + _data_url(pictures.get(found[2])), letter.html)


def sendable() -> set[OutboxState]:
    """States with a button. A mail written to a file needs a server first to be sent for real."""
    real = current_app.config["SETTINGS"].mail_transport == "smtp"
    return set(rules.SENDABLE) - (set() if real else {OutboxState.SIMULATED})


def opened_mail(public_id: str) -> OpenedMail:
    """A mail with everything there is about it. Raises NotFound."""
    opened = mails.one(public_id)
    if opened is None:
        raise NotFound
    return opened


def _readable(public_id: str) -> OpenedMail:
    """A mail staff may read. Raises Private for one whose link opens an account."""
    opened = opened_mail(public_id)
    if is_private(opened.line.kind):
        raise rules.Private
    return opened


def _letter(public_id: str) -> parts.Letter:
    content = _readable(public_id).content
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
