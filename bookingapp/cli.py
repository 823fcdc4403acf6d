"""The keyboard: every operator command. `flask --app app --help` lists them."""

from importlib import import_module
from importlib.util import find_spec

import click
from flask import Flask, current_app

from bookingapp import backup as backups
from bookingapp import doctor as house_doctor

GROUPS = ("bookingapp.email.cli", "bookingapp.accounts.cli", "bookingapp.demo.cli")


def register(app: Flask) -> None:
    """Each room's commands and the house's own."""
    for name in filter(find_spec, GROUPS):
        for command in import_module(name).COMMANDS:
            app.cli.add_command(command)
    app.cli.add_command(backup)
    app.cli.add_command(doctor)


@click.command("backup")
def backup() -> None:
    """Write database, posters and keys into one archive, while the house is open."""
    try:
        click.echo(f"Backed up to {backups.write(current_app.config['SETTINGS'])}")
    except backups.BackupError as error:
        raise click.ClickException(str(error)) from None


@click.command("doctor")
def doctor() -> None:
    """Look at everything Matinee stands on and say what is wrong. Exits 1 if something is."""
    findings = house_doctor.examine()
    for finding in findings:
        click.echo(f"{'ok ' if finding.ok else 'BAD'} {finding.what}: {finding.said}")
    if not all(finding.ok for finding in findings):
        raise SystemExit(1)
