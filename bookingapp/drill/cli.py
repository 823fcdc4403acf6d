"""`flask --app app fire-drill`: every hard case, played against a cinema made for it and thrown away."""

import json
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path

import click
from flask import current_app

from bookingapp.drill.cases import CASES, Case
from bookingapp.drill.house import DrillError, DrillHouse
from bookingapp.drill.people import Manager, login
from bookingapp.drill.play import Seen, play
from bookingapp.settings import Settings

NAMES = [case.name for case in CASES]


@click.command("fire-drill")
@click.option("--only", multiple=True, type=click.Choice(NAMES), help="This case, or these.")
@click.option(
    "--keep", is_flag=True, help="Leave the drill's cinema open afterwards, to look around."
)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def fire_drill(only: tuple[str, ...], keep: bool, as_json: bool) -> None:
    """Play hard weather with play money and show what staff will see. Exits 1 if anything differs."""
    _refuse_real_money(current_app.config["SETTINGS"])
    with tempfile.TemporaryDirectory(prefix="matinee-drill-") as folder:
        house = DrillHouse(Path(folder))
        try:
            house.open()
            seen = _played(
                house, [case for case in CASES if not only or case.name in only], as_json
            )
            if keep:
                _keep_open(house)
        except DrillError as error:
            raise click.ClickException(str(error)) from None
        finally:
            house.close()
    if as_json:
        click.echo(json.dumps([one.as_json() for one in seen], ensure_ascii=False, indent=2))
    if any(one.wrong for one in seen):
        raise SystemExit(1)


COMMANDS = (fire_drill,)


def _refuse_real_money(settings: Settings) -> None:
    """Its cinema is its own, but a drill on a machine that sells is the wrong moment."""
    if settings.production:
        raise click.ClickException("The fire drill stays out of production; run it with MODE=demo.")
    if not settings.sandbox:
        raise click.ClickException(
            "The fire drill plays with the sandbox's money; PAYMENT_GATEWAY is razorpay."
        )


def _played(house: DrillHouse, cases: Iterable[Case], quiet: bool) -> list[Seen]:
    manager, seen = Manager(house), []
    manager.signs_in()
    for case in cases:
        seen.append(play(house, manager, case))
        if not quiet:
            click.echo("\n".join(_lines(seen[-1])))
    wrong = sum(1 for one in seen if one.wrong)
    if not quiet:
        click.echo(
            f"{len(seen)} played, {wrong} not as expected."
            if wrong
            else f"{len(seen)} played, all as expected."
        )
    return seen


def _lines(seen: Seen) -> list[str]:
    """A case as one tells it: what happened, who reads what, what is not as it should be."""
    return [
        f"{'BAD' if seen.wrong else 'ok '} {seen.title}",
        f"    customer    {' → '.join(seen.customer)}",
        f"    mails       {', '.join(seen.mails) or 'none'}",
        f"    booking     {seen.booking}, {seen.state}",
        f"    money page  {seen.money_page or 'nothing'}",
        *(f"    office      {row}" for row in seen.office),
        *(f"    EXPECTED    {what}" for what in seen.wrong),
        "",
    ]


def _keep_open(house: DrillHouse) -> None:
    email, password = login(house)
    click.echo(f"Open at {house.url}/office until you press Ctrl-C: {email}, {password}", err=True)
    click.echo(f"The weather is made at {house.sandbox_url}/sandbox/weather", err=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return
