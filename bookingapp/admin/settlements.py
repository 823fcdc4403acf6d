"""Settlements: what reached the bank, held against our books, with what differs on top."""

from collections.abc import Iterator

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from bookingapp import clock
from bookingapp import money as sums
from bookingapp.admin import asked, csv_file, figures
from bookingapp.admin.blueprint import pages
from bookingapp.admin.money_words import match_sentence, match_words
from bookingapp.catalogue.queries import site
from bookingapp.errors import NotFound, Refused
from bookingapp.payments import settlement_queries as queries
from bookingapp.payments import settlement_service as service
from bookingapp.payments.settlement_lines import TakenIn
from bookingapp.payments.settlement_queries import Line
from bookingapp.settings import current
from bookingapp.web.access import access, me
from bookingapp.web.errors import sentence, status, title

# What a report of as many lines as are read at once may weigh.
MOST_MB = 5


@pages.get("/settlements")
@access("manager")
def settlements() -> ResponseReturnValue:
    """Differences first, then each settlement, newest first."""
    return overview()


def overview(
    *, refusal: Refused | None = None, taken: TakenIn | None = None
) -> ResponseReturnValue:
    """The page; below a file that could not be read, or that says something else than was read before."""
    wish, now, days = asked.read(), clock.now(), current().settlement_days
    found = queries.settlements(before=wish.before, size=asked.SIZE + 1)
    shown = found[: asked.SIZE]
    page = render_template(
        "admin/settlements.html",
        settlements=shown,
        older=shown[-1].newest if len(found) > len(shown) else None,
        asked=wish,
        differences=queries.differences(size=asked.SIZE),
        missing=queries.missing(now, days, size=asked.SIZE),
        many=figures.unsettled(now, afresh=True),
        match_words=match_words,
        match_sentence=match_sentence,
        reading=queries.reading(),
        days=days,
        refused=f"{title(refusal)}. {sentence(refusal)}" if refusal else "",
        taken=taken,
        most=MOST_MB,
    )
    return page, status(refusal) if refusal else 200


@pages.get("/settlements/<settlement_id>")
@access("manager")
def settlement(settlement_id: str) -> ResponseReturnValue:
    """One settlement, line by line."""
    after = int(told) if (told := request.args.get("after", "")).isascii() and told.isdigit() else 0
    found = queries.lines_of(settlement_id, after=min(after, asked.LAST_ID), size=asked.SIZE + 1)
    if not found:
        raise NotFound
    shown = found[: asked.SIZE]
    return render_template(
        "admin/settlement.html",
        settlement_id=settlement_id,
        lines=shown,
        after=after,
        more=shown[-1].id if len(found) > len(shown) else None,
        match_words=match_words,
    )


@pages.get("/settlements.csv")
@access("manager")
def settlements_csv() -> ResponseReturnValue:
    """Every line of all reports or of one settlement, for a spreadsheet."""
    which = request.args.get("settlement", "")[:40]
    head = (
        gettext("Settlement"), gettext("Bank reference"), gettext("To the bank"), gettext("Kind"),
        gettext("Gateway's id"), gettext("Payment"), gettext("Order"), gettext("Amount"),
        gettext("Fee"), gettext("Tax in the fee"), gettext("In"), gettext("Out"),
        gettext("Currency"), gettext("Method"), gettext("Beside our books"), gettext("Ours"),
        gettext("Note"),
    )  # fmt: skip
    name = f"settlement-{which or site().today}.csv"
    return csv_file.answer(name, head, _csv_rows(which))


@pages.post("/settlements/read")
@access("manager")
def settlements_read() -> ResponseReturnValue:
    """Read the reports of the last days now."""
    service.read_settlements_now()
    flash(gettext("The reports of the last days are read within a minute or two."), "ok")
    return redirect(url_for("admin.settlements"), 303)


@pages.post("/settlements/line/<int:line_id>/clear")
@access("manager")
def settlement_clear(line_id: int) -> ResponseReturnValue:
    """Somebody looked into a difference, and says why it is none."""
    person = me()
    try:
        service.clear_settlement_line(
            line_id, request.form.get("note", ""), person.id if person else 0
        )
    except Refused as refusal:
        flash(f"{title(refusal)}. {sentence(refusal)}", "bad")
    else:
        flash(gettext("Written down. It is no difference any more."), "ok")
    return redirect(url_for("admin.settlements"), 303)


def _csv_rows(which: str) -> Iterator[tuple[object, ...]]:
    for line in queries.all_lines(which):
        yield (
            line.settlement_id, line.utr, _wall(line), line.kind, line.entity_id, line.payment,
            line.receipt,
            *(sums.to_number(n, line.currency) for n in (line.amount, line.fee, line.tax, line.credit, line.debit)),
            line.currency, line.method, match_words(line.match),
            sums.to_number(line.ours.amount, line.ours.currency) if line.ours else None, line.note,
        )  # fmt: skip


def _wall(line: Line) -> str:
    return clock.local(line.settled_at, site().zone).date().isoformat() if line.settled_at else ""
