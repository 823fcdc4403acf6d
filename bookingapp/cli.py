"""The keyboard: every operator command. `flask --app app --help` lists them."""

from importlib import import_module
from importlib.util import find_spec

import click
from flask import Flask

from bookingapp import clock

GROUPS = ("bookingapp.email.cli", "bookingapp.accounts.cli")


def register(app: Flask) -> None:
    """Each room's commands and the house's own."""
    for name in filter(find_spec, GROUPS):
        for command in import_module(name).COMMANDS:
            app.cli.add_command(command)
    app.cli.add_command(demo)


@click.command("demo")
def demo() -> None:
    """Fill an empty database with a demo cinema, or programme its coming days."""
    from bookingapp.demo import service  # noqa: PLC0415 (Pillow's drawing is loaded for this alone)

    click.echo(service.open_demo(clock.now()))
