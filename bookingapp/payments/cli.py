"""`flask payments settlements`: what the gateway paid out, and what differs from our books."""

import json
from dataclasses import asdict

import click
from click import Group

from bookingapp import clock, money
from bookingapp.payments import settlement_job
from bookingapp.payments import settlement_queries as queries
from bookingapp.payments import settlement_service as service
from bookingapp.settings import current

MOST = 1000


@click.group("payments")
def payments() -> None:
    """Look at money."""


@payments.command("settlements")
@click.option("--read", "read_now", is_flag=True, help="Read the last days' reports first.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def settlements(read_now: bool, as_json: bool) -> None:
    """Settlements, and every difference to our books. Exits 1 if there is one."""
    if read_now:
        service.read_settlements_now()
        settlement_job.run()
    found = {
        "reading": asdict(queries.reading()),
        "settlements": [asdict(each) for each in queries.settlements(size=MOST)],
        "differences": [asdict(each) for each in queries.differences(size=MOST)],
        "missing": [
            asdict(each)
            for each in queries.missing(clock.now(), current().settlement_days, size=MOST)
        ],
    }
    click.echo(json.dumps(found, indent=2, default=str) if as_json else _told())
    if found["differences"] or found["missing"]:
        raise SystemExit(1)


def _told() -> str:
    said = [
        f"{each.settlement_id} {each.utr}: {money.to_number(each.net, each.currency)} {each.currency}"
        f" for {each.payments} payments and {each.refunds} refunds"
        for each in queries.settlements(size=MOST)
    ]
    said += [
        f"BAD {line.kind} {line.entity_id}: {line.match.value}, {line.amount} {line.currency}"
        for line in queries.differences(size=MOST)
    ]
    said += [
        f"BAD {each.kind} {each.entity_id}: in no report, {each.amount} {each.currency}"
        for each in queries.missing(clock.now(), current().settlement_days, size=MOST)
    ]
    return "\n".join(said) or "Nothing was settled yet."


COMMANDS: tuple[Group, ...] = (payments,)
