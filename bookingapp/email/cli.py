"""`flask --app app outbox …`: the outbox from the keyboard of the server. `mail_cli` tries the set-up."""

import json
from datetime import datetime
from typing import Any

import click
from flask.cli import AppGroup

from bookingapp import clock
from bookingapp.email import drain, parts, prune, queries, service
from bookingapp.email.mail_cli import mail
from bookingapp.email.models import OutboxState
from bookingapp.email.queries import MailLine, OpenedMail, Search
from bookingapp.errors import Refused
from bookingapp.web import errors

outbox = AppGroup("outbox", help="Mails owed and sent: stats, list, show, retry, drain.")
COMMANDS = (outbox, mail)
_json = click.option("--json", "as_json", is_flag=True, help="For programs.")
# What one sees first of a mail that failed.
FAILED = ",".join(state.value for state in queries.FAILED)


@outbox.command("stats")
@_json
def stats(as_json: bool) -> None:
    """How many mails in each state, and the oldest that waits."""
    counts = {state.value: number for state, number in queries.counts().items()}
    oldest, due = queries.oldest_waiting(), queries.oldest_due(clock.now())
    if as_json:
        _print_json({"counts": counts, "oldest_waiting": oldest, "oldest_due": due})
        return
    for state, number in counts.items():
        click.echo(f"{state:<11}{number:>7}")
    click.echo(f"oldest waiting: {_age(oldest)}")


@outbox.command("list")
@click.option("--state", default="", help=f"One or more, by comma; failed ones: {FAILED}.")
@click.option("--kind", default="", help="Such as booking_confirmation.")
@click.option("--to", "recipient", default="", help="Part of an address.")
@click.option("--limit", default=50, show_default=True, help="The newest so many.")
@_json
def list_(state: str, kind: str, recipient: str, limit: int, as_json: bool) -> None:
    """The newest mails."""
    search = Search(states=_states(state), kind=kind, recipient=recipient)
    lines = queries.page(search, size=limit)
    if as_json:
        _print_json([_plain(line) for line in lines])
        return
    for line in lines:
        click.echo(
            f"{line.public_id}  {line.created_at:%Y-%m-%d %H:%M}  {line.state.value:<10}"
            f" {line.attempts:>2} tries  {line.kind:<21} {line.recipient}  {_short(line.last_error)}"
        )


@outbox.command("show")
@click.argument("public_id")
@click.option("--raw", is_flag=True, help="The exact bytes, as sent.")
@_json
def show(public_id: str, raw: bool, as_json: bool) -> None:
    """One mail with every try and the server's own words."""
    opened = _open(public_id)
    if raw:
        click.echo((opened.content or b"").decode("utf-8", "replace"), nl=False)
    elif as_json:
        tries = [vars(attempt) for attempt in opened.attempts]
        _print_json({**_plain(opened.line), "tries": tries, "sha256": opened.sha256})
    else:
        _print_mail(opened)


@outbox.command("retry")
@click.argument("public_ids", nargs=-1, required=True)
def retry(public_ids: tuple[str, ...]) -> None:
    """Owe these mails once more, now; same Message-ID, same bytes."""
    for public_id in public_ids:
        try:
            service.retry(public_id)
        except Refused as refusal:
            raise click.ClickException(f"{public_id}: {errors.title(refusal)}") from None
        click.echo(f"{public_id}: due now")


@outbox.command("drain")
def drain_() -> None:
    """Send what is due, here and now, then stop."""
    if not drain.may_send():
        raise click.ClickException(f"the server (pid {_holder()}) is sending")
    gone = drain.run()
    drain.join(0)
    click.echo(f"{gone} sent" if gone != 1 else "1 sent")


@outbox.command("prune")
@_json
def prune_(as_json: bool) -> None:
    """Remove old mails' bytes, addresses and contents now, as the server does by and by."""
    swept = prune.run(batches=None)
    if as_json:
        _print_json(vars(swept))
    else:
        click.echo(f"bytes of {swept.bytes}, address and contents of {swept.contents} removed")


def _open(public_id: str) -> OpenedMail:
    opened = queries.one(public_id)
    if opened is None:
        raise click.ClickException(f"{public_id}: no such mail; `outbox list` shows what there is")
    return opened


def _print_mail(opened: OpenedMail) -> None:
    line = opened.line
    for name, value in _plain(line).items():
        if value not in {None, ""}:
            click.echo(f"{name:<13} {value}")
    for attempt in opened.attempts:
        said = " ".join(filter(None, (str(attempt.code or ""), attempt.reply)))
        click.echo(f"{attempt.at:%Y-%m-%d %H:%M:%S}  {attempt.outcome} at {attempt.phase}"
                   f" in {attempt.duration_ms} ms: {said}")  # fmt: skip
    if opened.content:
        letter = parts.read(opened.content)
        click.echo(f"\n{letter.subject}\n\n{letter.text}")


def _states(given: str) -> tuple[OutboxState, ...]:
    try:
        return tuple(OutboxState(word) for word in given.replace(" ", "").split(",") if word)
    except ValueError:
        known = ", ".join(state.value for state in OutboxState)
        raise click.ClickException(f"--state knows: {known}") from None


def _plain(line: MailLine) -> dict[str, Any]:
    return {**vars(line), "state": line.state.value}


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, default=_iso, indent=2, ensure_ascii=False))


def _iso(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _age(since: datetime | None) -> str:
    if since is None:
        return "none"
    return f"{since:%Y-%m-%d %H:%M:%S} UTC ({round((clock.now() - since).total_seconds())} s)"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:79] + "…"


def _holder() -> str:
    return str(drain.sending_lock().holder() or "unknown")
