"""The keyboard: every operator command. `flask --app app --help` lists them."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click
from flask import Flask, current_app

from bookingapp import backup as backups
from bookingapp import doctor as house_doctor
from bookingapp import restore as restoring
from bookingapp.db import db

GROUPS = (
    "bookingapp.email.cli", "bookingapp.accounts.cli", "bookingapp.payments.cli", "bookingapp.demo.cli",
    "bookingapp.drill.cli",
)  # fmt: skip


def register(app: Flask) -> None:
    """Each room's commands and the house's own."""
    for name in filter(find_spec, GROUPS):
        for command in import_module(name).COMMANDS:
            app.cli.add_command(command)
    app.cli.add_command(backup)
    app.cli.add_command(restore)
    app.cli.add_command(doctor)


@click.command("backup")
def backup() -> None:
    """Write database, posters and keys into one archive, while the house is open."""
    try:
        click.echo(f"Backed up to {backups.write(current_app.config['SETTINGS'])}")
    except backups.BackupError as error:
        raise click.ClickException(str(error)) from None


@click.command("restore")
@click.argument("archive", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--hold", is_flag=True, help="Restored by other means: hold what this database owes.")
def restore(archive: Path | None, hold: bool) -> None:
    """Bring a backup back; mails it calls owed wait for the manager, so that none goes twice."""
    settings = current_app.config["SETTINGS"]
    if hold:
        click.echo(_held(restoring.hold()))
        return
    if archive is None:
        raise click.UsageError("Name the archive: instance/backups/matinee-….tar.gz")
    if db.engine.dialect.name != "sqlite":
        raise click.ClickException(restoring.how_to(settings, archive))
    try:
        done = restoring.restore(settings, archive)
    except backups.BackupError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Restored {archive.name}. What it replaced is kept in {done.aside}")
    click.echo(_held(done.held))


def _held(mails: int) -> str:
    if not mails:
        return "No mail was owed."
    return f"{mails} owed {'mails wait' if mails > 1 else 'mail waits'} for the manager on the outbox page."


@click.command("doctor")
def doctor() -> None:
    """Look at everything Matinee stands on and say what is wrong. Exits 1 if something is."""
    findings = house_doctor.examine()
    for finding in findings:
        click.echo(f"{'ok ' if finding.ok else 'BAD'} {finding.what}: {finding.said}")
    if not all(finding.ok for finding in findings):
        raise SystemExit(1)
