"""`outbox retry|hold|release|cancel`: what a person does to mails, from the keyboard.

Every mail is tried and told by itself. Ends with 1 when one was refused, with 2 when the command makes
no sense.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import NoReturn

import click

from bookingapp.email import service
from bookingapp.email.listing import Search
from bookingapp.email.models import OutboxState
from bookingapp.email.queries import FAILED
from bookingapp.email.service import Done
from bookingapp.errors import NotFound, Refused
from bookingapp.web import errors

as_json_option = click.option("--json", "as_json", is_flag=True, help="For programs.")
_ids = click.argument("public_ids", nargs=-1)


@dataclass(frozen=True)
class Outcome:
    """What became of one mail. `done` False with no refusal: it was so already."""

    public_id: str
    done: bool
    refused: bool
    says: str


def refuse(says: str, *, as_json: bool) -> NoReturn:
    """End with 1 and the reason: for people on stderr, for programs in what they read anyway."""
    if as_json:
        click.echo(json.dumps({"refused": True, "says": says}, ensure_ascii=False))
        raise SystemExit(1)
    raise click.ClickException(says)


@click.command("retry")
@_ids
@click.option("--failed", is_flag=True, help="All that failed and are still of use.")
@click.option("--simulated", is_flag=True, help="All that were only written to files.")
@as_json_option
def retry(public_ids: tuple[str, ...], failed: bool, simulated: bool, as_json: bool) -> None:
    """Owe these mails once more, now; same Message-ID, same bytes."""
    states = (*FAILED * failed, *(OutboxState.SIMULATED,) * simulated)
    _one_or_all(public_ids, bool(states), "name the mails, or say --failed or --simulated")
    if states:
        _tell_many(service.retry_many(Search(states=states)), "due now", as_json)
    else:
        _tell([_do(each, service.retry, "due now") for each in public_ids], as_json)


@click.command("hold")
@click.argument("public_ids", nargs=-1, required=True)
@as_json_option
def hold(public_ids: tuple[str, ...], as_json: bool) -> None:
    """Keep these waiting mails back until somebody lets them go."""
    _tell([_do(each, service.hold, "held") for each in public_ids], as_json)


@click.command("release")
@_ids
@click.option("--all", "everything", is_flag=True, help="All that are held.")
@as_json_option
def release(public_ids: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Let these held mails go, now."""
    _one_or_all(public_ids, everything, "name the mails, or say --all")
    if everything:
        held = Search(states=(OutboxState.HELD,))
        _tell_many(service.release_many(held), "due now", as_json)
    else:
        _tell([_do(each, service.release, "due now") for each in public_ids], as_json)


@click.command("cancel")
@click.argument("public_ids", nargs=-1, required=True)
@as_json_option
def cancel(public_ids: tuple[str, ...], as_json: bool) -> None:
    """These mails are no longer owed."""
    _tell([_do(each, service.cancel, "cancelled") for each in public_ids], as_json)


COMMANDS = (retry, hold, release, cancel)


def _one_or_all(public_ids: Sequence[str], everything: bool, hint: str) -> None:
    if bool(public_ids) == everything:
        raise click.UsageError(hint)


def _do(public_id: str, deed: Callable[[str], object], says: str) -> Outcome:
    try:
        did = deed(public_id)
    except NotFound:
        unknown = "no such mail; `outbox list` shows what there is"
        return Outcome(public_id, done=False, refused=True, says=unknown)
    except Refused as refusal:
        return Outcome(public_id, done=False, refused=True, says=errors.title(refusal))
    if did is False:
        return Outcome(public_id, done=False, refused=False, says=f"{says} already")
    return Outcome(public_id, done=True, refused=False, says=says)


def _tell(outcomes: Sequence[Outcome], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([asdict(outcome) for outcome in outcomes], indent=2))
    else:
        for outcome in outcomes:
            click.echo(f"{outcome.public_id}: {outcome.says}", err=outcome.refused)
    if any(outcome.refused for outcome in outcomes):
        raise SystemExit(1)


def _tell_many(done: Done, says: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(done)))
    else:
        left = f", {done.left} passed over" if done.left else ""
        click.echo(f"{done.done} {says}{left}")
