"""`flask --app app mail …`: try the mail set-up from the keyboard of the server."""

import json
import time

import click
from flask.cli import AppGroup

from bookingapp.db import db
from bookingapp.email import bounces, doctor, drain, queries, service
from bookingapp.email.cli_deeds import as_json_option, refuse
from bookingapp.email.findings import Finding, Level
from bookingapp.email.messages import KINDS
from bookingapp.email.models import OutboxState
from bookingapp.email.queries import OpenedMail
from bookingapp.settings import current

mail = AppGroup("mail", help="Try the mail set-up: doctor, test.")
ALL = "all"
STEP = 0.2
GOOD = {OutboxState.SENT, OutboxState.SIMULATED}


@mail.command("doctor")
@click.option("--dns", default="", metavar="ADDRESS[:PORT]", help="Ask this resolver.")
@click.option("--selector", "selectors", multiple=True, help="Name of your DKIM key.")
@click.option("--seconds", default=30.0, show_default=True, help="The longest it may take.")
@as_json_option
def doctor_(dns: str, selectors: tuple[str, ...], seconds: float, as_json: bool) -> None:
    """Can mails go, and will they arrive? Sends nothing. Exits 1 if something fails."""
    found = doctor.examine(current(), seconds, _resolver(dns), selectors)
    well = not any(finding.level is Level.FAILURE for finding in found)
    if as_json:
        told = {"ok": well, "findings": [finding._asdict() for finding in found]}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        for finding in found:
            _print(finding)
    if not well:
        raise SystemExit(1)


def _resolver(given: str) -> doctor.Resolver:
    try:
        return doctor.Resolver(given)
    except ValueError:
        raise click.BadParameter("write an address, such as 1.1.1.1 or 127.0.0.1:5353") from None


def _print(finding: Finding) -> None:
    click.echo(f"{finding.level.value:<8} {finding.part:<7} {finding.what:<9} {finding.said}")
    if finding.do:
        click.echo(f"{'':<26} → {finding.do}")


@mail.command("bounces")
@as_json_option
def bounces_(as_json: bool) -> None:
    """Read the mailbox for bounces now, as the server does every two minutes."""
    if not current().mail_bounce_imap_server:
        refuse("set MAIL_BOUNCE_IMAP_SERVER and its login first", as_json=as_json)
    try:
        read = bounces.run()
    except bounces.MailboxDown as down:
        refuse(str(down), as_json=as_json)
    if as_json:
        click.echo(json.dumps(vars(read)))
    else:
        click.echo(f"{read.seen} mails looked at, {read.ours} reports about mails of ours")


@mail.command("test")
@click.argument("address")
@click.option("--kind", type=click.Choice([ALL, *KINDS]), default="mail_test", show_default=True,
              help="Which letter, with made-up facts; all: one of each.")  # fmt: skip
@click.option("--wait", default=60, show_default=True, help="Seconds to wait for the outcome.")
@as_json_option
def test(address: str, kind: str, wait: int, as_json: bool) -> None:
    """Send a letter the way every ticket goes, and say what the mail server answered."""
    kinds = list(KINDS) if kind == ALL else [kind]
    owed = {name: service.send_sample(name, address) for name in kinds}
    awaited = _send(list(owed.values()), as_json=as_json)
    until = time.monotonic() + wait
    found = {name: _outcome(public_id, awaited, until) for name, public_id in owed.items()}
    if as_json:
        click.echo(json.dumps([_plain(name, one) for name, one in found.items()], indent=2))
    else:
        for name, one in found.items():
            click.echo((f"{name}: " if kind == ALL else "") + _words(address, one))
    if any(one.line.state not in GOOD for one in found.values()):
        raise SystemExit(1)


def _send(public_ids: list[str], *, as_json: bool) -> set[OutboxState]:
    """Here and now, before whatever waits; or the server does it. In which states to wait for it."""
    if not drain.may_send():
        if not as_json:
            holder = drain.sending_lock().holder() or "unknown"
            click.echo(f"the server (pid {holder}) is sending; waiting for it")
        return {OutboxState.QUEUED, OutboxState.SENDING}
    # who tries the set-up has changed it: a way out that was left alone is asked again at once
    drain.mended()
    for public_id in public_ids:
        drain.run(only=public_id)
    drain.join(0)
    return {OutboxState.SENDING}


def _outcome(public_id: str, awaited: set[OutboxState], until: float) -> OpenedMail:
    """The mail once its first try is over, or when time is."""
    while True:
        db.session.rollback()
        opened = queries.one(public_id)
        if opened is None:
            raise click.ClickException(f"{public_id}: no such mail")
        tried = opened.attempts or opened.line.state not in awaited
        if tried or time.monotonic() >= until:
            return opened
        time.sleep(STEP)


def _words(address: str, opened: OpenedMail) -> str:
    state, said = opened.line.state, opened.line.last_error or opened.line.provider_ref
    if state is OutboxState.SENT:
        return f"Sent to {address}. The server said: {said}"
    if state is OutboxState.SIMULATED:
        return f"Not really sent (MAIL_TRANSPORT={current().mail_transport}): {said}"
    said = said or "nobody tried; flask --app app mail doctor says why"
    return f"Not sent, {state.value}: {said}"


def _plain(kind: str, opened: OpenedMail) -> dict[str, object]:
    line = opened.line
    said = line.last_error or line.provider_ref
    return {"kind": kind, "public_id": line.public_id, "state": line.state.value, "said": said,
            "ok": line.state in GOOD}  # fmt: skip
