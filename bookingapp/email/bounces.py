"""Bounces: reads reports from an IMAP mailbox and writes down what became of our mails.

Mails in that mailbox are looked at from their Content-Type alone, and only small delivery reports are
fetched; whatever is not about a mail of ours is left as it was. How far it was read is kept in the
instance folder; reading a report twice changes nothing.
"""

import imaplib
import json
import logging
import os
import re
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bookingapp import clock
from bookingapp.db import transaction
from bookingapp.email import reports, suppressions
from bookingapp.email.faults import UNKNOWN_ADDRESS
from bookingapp.email.models import Delivery, OutboxMessage, Scope
from bookingapp.email.reports import Report
from bookingapp.email.watchdog import Watchdog
from bookingapp.settings import Settings, current

log = logging.getLogger(__name__)
NAME = "bounces.json"
# One round; the next comes minutes later.
MOST_MAILS = 500
MOST_SECONDS = 120.0
# At the first look, and after the mailbox was made anew.
BACK = timedelta(days=7)
_DELIVERY = {
    "failed": Delivery.BOUNCED,
    "delayed": Delivery.DELAYED,
    "delivered": Delivery.DELIVERED,
}
# What was heard before gives way only to what says more.
_WEIGHT = {Delivery.UNKNOWN: 0, Delivery.DELAYED: 1, Delivery.DELIVERED: 2, Delivery.BOUNCED: 3}


class MailboxDown(Exception):  # noqa: N818 (an answer of the world, not an accident)
    """The mailbox can't be read just now; says why, without secrets."""


@dataclass(frozen=True)
class Read:
    """One round: mails looked at, reports about mails of ours among them."""

    seen: int = 0
    ours: int = 0


def job() -> None:
    """As the scheduler calls it: a mailbox that is away is a line in the log, no more."""
    try:
        run()
    except MailboxDown as down:
        log.warning("bounces were not read: %s", down)


def run() -> Read:
    """Read what is new. Raises MailboxDown. Does nothing without MAIL_BOUNCE_IMAP_SERVER."""
    settings = current()
    if not settings.mail_bounce_imap_server:
        return Read()
    where = f"{settings.mail_bounce_imap_server}:{settings.mail_bounce_imap_port}"
    dog = Watchdog()
    dog.arm(time.monotonic() + MOST_SECONDS)
    try:
        box = _open(settings, dog)
        try:
            return _read(box, settings)
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                box.logout()
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailboxDown(f"{where}: {_what(error)}") from None
    finally:
        dog.stop()


def record(session: Session, report: Report, now: datetime) -> bool:
    """Write a report down. False: it is about no mail of ours."""
    row = _row(session, report)
    if row is None:
        return False
    heard = _DELIVERY[report.action]
    if _WEIGHT[heard] > _WEIGHT[row.delivery]:
        row.delivery, row.delivery_at = heard, now
        # a pruned mail has no address any more, and the words might name it
        row.delivery_words = "" if row.pruned_at else report.words
    ours = row.recipient.lower() in report.recipients
    if heard is Delivery.BOUNCED and report.status in UNKNOWN_ADDRESS and ours:
        why = f"bounced: {report.words}"
        suppressions.add(session, row.recipient, Scope.ALL, why, now, message_id=row.id)
    return True


def _row(session: Session, report: Report) -> OutboxMessage | None:
    """By Message-ID, else by the envelope's id; both hold a secret that only the recipient got."""
    public_id = report.envelope.rpartition(".")[2]
    for which in (
        OutboxMessage.message_id.in_(report.message_ids),
        OutboxMessage.public_id == public_id,
    ):
        row = session.scalars(select(OutboxMessage).where(which).with_for_update()).first()
        if row is not None:
            return row
    return None


def _open(settings: Settings, dog: Watchdog) -> imaplib.IMAP4_SSL:
    """Connect with a verified certificate and sign in."""
    context = ssl.create_default_context(cafile=settings.mail_ca_file or None)
    box = imaplib.IMAP4_SSL(
        settings.mail_bounce_imap_server,
        settings.mail_bounce_imap_port,
        ssl_context=context,
        timeout=settings.mail_timeout_seconds,
    )
    # a TLS socket can't be duplicated itself
    with socket.socket(fileno=os.dup(box.socket().fileno())) as plain:
        dog.watch(plain)
    box.login(settings.mail_bounce_imap_username, settings.mail_bounce_imap_password)
    folder = settings.mail_bounce_imap_folder.replace("\\", "").replace('"', "")
    said, _ = box.select(f'"{folder}"')
    if said != "OK":
        raise imaplib.IMAP4.error(f"there is no folder {folder}")
    return box


def _read(box: imaplib.IMAP4_SSL, settings: Settings) -> Read:
    path, validity = settings.instance / NAME, _validity(box)
    last = _kept(path, validity)
    seen = ours = 0
    try:
        for uid in _new(box, last)[:MOST_MAILS]:
            ours += _one(box, uid)
            seen, last = seen + 1, uid
    finally:
        if seen:
            _keep(path, validity, last)
    return Read(seen, ours)


def _new(box: imaplib.IMAP4_SSL, last: int) -> list[int]:
    """UIDs not looked at yet, oldest first. 'n:*' names the newest even if it is below n."""
    since = (clock.now() - BACK).strftime("%d-%b-%Y")
    words = ("UID", f"{last + 1}:*") if last else ("SINCE", since)
    _, found = box.uid("SEARCH", *words)
    uids = [int(uid) for uid in (found[0] or b"").split() if uid.isdigit()]
    return sorted(uid for uid in uids if uid > last)


def _one(box: imaplib.IMAP4_SSL, uid: int) -> bool:
    """Whether this mail was a report about a mail of ours; then it is marked as read."""
    if not reports.looks_like_one(_content_type(box, uid)):
        return False
    raw = _fetched(box, uid, f"(BODY.PEEK[]<0.{reports.MOST_BYTES + 1}>)")
    found = reports.read(raw)
    if not found:
        return False
    with transaction() as session:
        known = [record(session, report, clock.now()) for report in found]
    if any(known):
        box.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")
    return any(known)


def _content_type(box: imaplib.IMAP4_SSL, uid: int) -> str:
    head = _fetched(box, uid, "(BODY.PEEK[HEADER.FIELDS (CONTENT-TYPE)]<0.4096>)")
    return head.decode("ascii", "replace").partition(":")[2].strip()


def _fetched(box: imaplib.IMAP4_SSL, uid: int, what: str) -> bytes:
    _, answer = box.uid("FETCH", str(uid), what)
    literals = [part[1] for part in answer if isinstance(part, tuple) and len(part) > 1]
    return bytes(literals[0]) if literals else b""


def _validity(box: imaplib.IMAP4_SSL) -> str:
    """The mailbox's edition: if it changes, its numbers mean other mails."""
    _, said = box.response("UIDVALIDITY")
    return (said[0] or b"").decode("ascii", "replace") if said else ""


def _kept(path: Path, validity: str) -> int:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return int(told["uid"]) if told["validity"] == validity else 0
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _keep(path: Path, validity: str, uid: int) -> None:
    unfinished = path.with_suffix(".part")
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps({"validity": validity, "uid": uid}), encoding="utf-8")
    unfinished.replace(path)


def _what(error: Exception) -> str:
    """The server's words on one line."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    text = re.sub(r"^b'(.*)'$", r"\1", str(error))
    return " ".join(text.split())[:200] or type(error).__name__
