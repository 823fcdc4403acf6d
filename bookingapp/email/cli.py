"""`flask --app app outbox …`: the outbox from the keyboard of the server. `mail_cli` tries the set-up."""

import json
from base64 import b64encode
from datetime import datetime
from typing import Any

import click
from flask.cli import AppGroup

from bookingapp import clock
from bookingapp.email import cli_deeds, depth, drain, parts, prune, queries
from bookingapp.email.cli_deeds import as_json_option as _json
from bookingapp.email.cli_deeds import refuse
from bookingapp.email.mail_cli import mail
from bookingapp.email.messages import is_private
from bookingapp.email.models import OutboxState
from bookingapp.email.queries import MailLine, OpenedMail, Search
from bookingapp.email.routes import routes
from bookingapp.settings import current

outbox = AppGroup("outbox", help="Mails owed and sent: look at them, send, hold or cancel them.")
for _deed in cli_deeds.COMMANDS:
    outbox.add_command(_deed)
COMMANDS = (outbox, mail)
# What one sees first of a mail that failed.
FAILED = ",".join(state.value for state in queries.FAILED)


@outbox.command("stats")
@_json
def stats(as_json: bool) -> None:
    """How many mails in each state, the oldest that waits, and each way out."""
    counts = {state.value: number for state, number in queries.counts().items()}
    oldest, due = queries.oldest_waiting(), queries.oldest_due(clock.now())
    ways = depth.transports(routes(current()), clock.now())
    if as_json:
        _print_json({"counts": counts, "oldest_waiting": oldest, "oldest_due": due,
                     "transports": [vars(way) for way in ways]})  # fmt: skip
        return
    for state, number in counts.items():
        click.echo(f"{state:<11}{number:>7}")
    click.echo(f"oldest waiting: {_age(oldest)}")
    for way in ways:
        click.echo(f"{way.name}: {_way(way)}")


@outbox.command("list")
@click.option("--state", default="", help=f"One or more, by comma; failed ones: {FAILED}.")
@click.option("--kind", default="", help="Such as booking_confirmation.")
@click.option("--to", "recipient", default="", help="Part of an address.")
@click.option("--limit", default=50, show_default=True, help="The newest so many.")
@_json
def list_(state: str, kind: str, recipient: str, limit: int, as_json: bool) -> None:
    """The newest mails."""
    search = Search(states=_states(state, as_json=as_json), kind=kind, recipient=recipient)
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
    opened = queries.one(public_id)
    if opened is None:
        unknown = f"{public_id}: no such mail; `outbox list` shows what there is"
        refuse(unknown, as_json=as_json)
    private = is_private(opened.line.kind)
    if raw:
        _print_raw(opened, private=private, as_json=as_json)
    elif as_json:
        tries = [vars(attempt) for attempt in opened.attempts]
        _print_json({**_plain(opened.line), "tries": tries, "sha256": opened.sha256})
    else:
        _print_mail(opened, private=private)


@outbox.command("drain")
@_json
def drain_(as_json: bool) -> None:
    """Send what is due, here and now, then stop. Ends with 1 when the server does it already."""
    if not drain.may_send():
        pid = drain.sending_lock().holder()
        if as_json:
            _print_json({"sent": 0, "sending": pid})
            raise SystemExit(1)
        raise click.ClickException(f"the server (pid {pid or 'unknown'}) is sending")
    gone = drain.run()
    drain.join(0)
    if as_json:
        _print_json({"sent": gone, "sending": None})
    else:
        click.echo(f"{gone} sent")


@outbox.command("prune")
@_json
def prune_(as_json: bool) -> None:
    """Remove old mails' bytes, addresses and contents now, as the server does by and by."""
    swept = prune.run(batches=None)
    if as_json:
        _print_json(vars(swept))
    else:
        click.echo(f"bytes of {swept.bytes}, address and contents of {swept.contents} removed")


def _print_raw(opened: OpenedMail, *, private: bool, as_json: bool) -> None:
    public_id = opened.line.public_id
    if private:
        refuse(f"{public_id}: nobody but its recipient reads this letter", as_json=as_json)
    if opened.content is None:
        refuse(f"{public_id}: there are no bytes, not yet or no more", as_json=as_json)
    if as_json:
        content = b64encode(opened.content).decode()
        _print_json({"public_id": public_id, "sha256": opened.sha256, "base64": content})
    else:
        click.echo(opened.content.decode("utf-8", "replace"), nl=False)


def _print_mail(opened: OpenedMail, *, private: bool) -> None:
    line = opened.line
    for name, value in _plain(line).items():
        if value not in {None, ""}:
            click.echo(f"{name:<13} {value}")
    for attempt in opened.attempts:
        said = " ".join(filter(None, (str(attempt.code or ""), attempt.reply)))
        click.echo(f"{attempt.at:%Y-%m-%d %H:%M:%S}  {attempt.outcome} at {attempt.phase}"
                   f" in {attempt.duration_ms} ms: {said}")  # fmt: skip
    if opened.content and not private:
        letter = parts.read(opened.content)
        click.echo(f"\n{letter.subject}\n\n{letter.text}")


def _states(given: str, *, as_json: bool) -> tuple[OutboxState, ...]:
    try:
        return tuple(OutboxState(word) for word in given.replace(" ", "").split(",") if word)
    except ValueError:
        known = ", ".join(state.value for state in OutboxState)
        refuse(f"--state knows: {known}", as_json=as_json)


def _plain(line: MailLine) -> dict[str, Any]:
    return {**vars(line), "state": line.state.value}


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, default=_iso, indent=2, ensure_ascii=False))


def _iso(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _way(way: depth.TransportState) -> str:
    count = f"{way.sent_today} of {way.limit} today" if way.limit else f"{way.sent_today} today"
    if not way.open:
        return f"up, {count}"
    when = f", next try {way.next_probe_at:%H:%M:%S} UTC" if way.next_probe_at else ""
    return f"down ({way.fault}){when}, {count}"


def _age(since: datetime | None) -> str:
    if since is None:
        return "none"
    return f"{since:%Y-%m-%d %H:%M:%S} UTC ({round((clock.now() - since).total_seconds())} s)"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:79] + "…"
