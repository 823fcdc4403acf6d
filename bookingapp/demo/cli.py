"""`flask --app app demo`: what `make run` calls before it serves."""

from typing import TYPE_CHECKING

import click
from flask import current_app

from bookingapp import clock
from bookingapp.demo.staff import MANAGER
from bookingapp.errors import Refused
from bookingapp.settings import Settings
from bookingapp.web import errors

if TYPE_CHECKING:
    from bookingapp.demo.service import DemoReport


@click.command("demo")
def demo() -> None:
    """Fill an empty database with a demo cinema, or programme its coming days."""
    from bookingapp.demo import service  # noqa: PLC0415 (Pillow's drawing is loaded for this alone)

    settings: Settings = current_app.config["SETTINGS"]
    try:
        report = service.open_demo(clock.now(), settings)
    except Refused as refusal:
        sentence = f"{errors.title(refusal)}. {errors.sentence(refusal)}"
        raise click.ClickException(sentence) from None
    for line in _told(report, settings):
        click.echo(line)


COMMANDS = (demo,)


def _told(report: "DemoReport", settings: Settings) -> list[str]:
    if not report.is_demo:
        return ["This database has a cinema of its own. The demo leaves it alone."]
    lines = []
    if report.films:
        lines.append(f"The demo cinema is ready: {report.films} films.")
    if report.showings:
        lines.append(f"Programmed {report.showings} showings with {report.bookings} bookings.")
    lines += [f"The manager signs in at {settings.url}/account/login", f"  e-mail    {MANAGER}"]
    if report.password:
        return [*lines, f"  password  {report.password}"]
    return [*lines, f"  password  changed; a new one: flask --app app users passwd {MANAGER}"]
