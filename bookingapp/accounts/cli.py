"""`flask --app app users …`: who may sign in, from the keyboard of the server."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from flask.cli import AppGroup

from bookingapp.accounts import passwords, queries, rules, service
from bookingapp.accounts.models import Role, User
from bookingapp.errors import Refused
from bookingapp.web import errors

users = AppGroup(
    "users", help="Who may sign in: add, list, passwd, role, sign-out, disable, enable."
)
COMMANDS = (users,)
STAFF = [role.value for role in Role if role is not Role.CUSTOMER]
_role = click.Choice(STAFF)


def _speaking(command: Callable[..., None]) -> Callable[..., None]:
    """A refusal is one line in words, not a traceback."""

    @wraps(command)
    def run(*args: Any, **values: Any) -> None:  # noqa: ANN401 (click's)
        try:
            command(*args, **values)
        except Refused as refusal:
            sentence = f"{errors.title(refusal)}. {errors.sentence(refusal)}"
            raise click.ClickException(sentence) from None

    return run


def _found(email: str) -> User:
    user = queries.by_email(email)
    if user is None:
        raise rules.UnknownPerson(email=email)
    return user


def _password(ask: bool) -> tuple[str, str]:
    """A password typed twice, or made; and the line that hands a made one over."""
    if ask:
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True)), ""
    made = passwords.generated()
    return made, f"\nPassword, shown this once: {made}"


@users.command("add")
@click.argument("email")
@click.option("--role", type=_role, default=Role.MANAGER.value, show_default=True)
@click.option("--name", default="", help="How colleagues see this person.")
@click.option("--ask", is_flag=True, help="Ask for the password instead of making one.")
@_speaking
def add(email: str, role: str, name: str, ask: bool) -> None:
    """Make an account for a member of staff."""
    rules.address(email)
    secret, shown = _password(ask)
    service.create_user(email, secret, Role(role), name=name)
    click.echo(f"{rules.address(email)} may sign in as {role}.{shown}")


@users.command("list")
def show_all() -> None:
    """Everybody with an account."""
    for user in queries.everybody():
        last = f"{user.last_login_at:%Y-%m-%d %H:%M} UTC" if user.last_login_at else "never"
        state = "disabled" if user.disabled_at else "active"
        click.echo(f"{user.email:40} {user.role.value:11} {state:9} last signed in: {last}")


@users.command("passwd")
@click.argument("email")
@click.option("--ask", is_flag=True, help="Ask for the password instead of making one.")
@_speaking
def passwd(email: str, ask: bool) -> None:
    """Give somebody a new password and sign them out everywhere."""
    user = _found(email)
    secret, shown = _password(ask)
    service.set_password(user.id, secret)
    click.echo(f"{user.email} is signed out everywhere and has a new password.{shown}")


@users.command("role")
@click.argument("email")
@click.argument("role", type=_role)
@_speaking
def role(email: str, role: str) -> None:
    """Say what somebody may do."""
    user = _found(email)
    service.set_role(user.id, Role(role))
    click.echo(f"{user.email} is {role} from the next page on.")


@users.command("sign-out")
@click.argument("email")
@_speaking
def sign_out(email: str) -> None:
    """End every session of somebody."""
    user = _found(email)
    service.sign_out_everywhere(user.id)
    click.echo(f"{user.email} is signed out everywhere.")


@users.command("disable")
@click.argument("email")
@_speaking
def disable(email: str) -> None:
    """Let somebody in no more; what they did stays written down."""
    user = _found(email)
    service.disable(user.id)
    click.echo(f"{user.email} can't sign in any more.")


@users.command("enable")
@click.argument("email")
@_speaking
def enable(email: str) -> None:
    """Let a disabled account in again."""
    user = _found(email)
    service.enable(user.id)
    click.echo(f"{user.email} may sign in again.")
