"""The gateway's settlement report as a file: sent by hand, read as its API's answer is."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from bookingapp.admin.blueprint import pages
from bookingapp.admin.settlements import MOST_MB, overview
from bookingapp.errors import Refused
from bookingapp.payments import settlement_file
from bookingapp.payments import settlement_service as service
from bookingapp.payments.settlement_file import Report
from bookingapp.payments.settlement_lines import TakenIn
from bookingapp.web.access import access, me
from bookingapp.web.i18n import gettext as _
from bookingapp.web.uploads import takes_file

LONGEST_NAME = 100


@pages.post("/settlements/file")
@access("manager")
@takes_file(MOST_MB)
def settlements_file() -> ResponseReturnValue:
    """Read a report: all of it, or nothing of it and a word why."""
    sent, person = request.files.get("report"), me()
    try:
        report = settlement_file.read(sent.read() if sent else b"")
    except Refused as refusal:
        return overview(refusal=refusal)
    name = "".join(letter for letter in (sent and sent.filename) or "" if letter.isprintable())
    done = service.read_settlement_file(name[:LONGEST_NAME], report, person.id if person else 0)
    flash(summary(report, done), "ok" if not done.differ else "warn")
    if done.differ:
        return overview(taken=done)
    return redirect(url_for("admin.settlements"), 303)


def summary(report: Report, done: TakenIn) -> str:
    """'12 lines read: 3 new, 1 differs.'"""
    parts = [
        _("%(new)s new", new=done.new),
        ngettext("one differs from what was read before", "%(num)s differ from what was read before", done.differ)
        if done.differ else "",
        ngettext("one sum of others passed over", "%(num)s sums of others passed over", report.sums)
        if report.sums else "",
    ]  # fmt: skip
    read = ngettext("One line read", "%(num)s lines read", done.lines)
    return f"{read}: {', '.join(filter(None, parts))}."
