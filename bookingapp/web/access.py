"""Who may see which page. Every view declares it; a view that does not is refused to everybody.

`public`: anybody. `link`: whoever holds the unguessable secret in the address (the view looks it up).
`gateway`: a signed message from outside. A role name: staff of that role or a higher one.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, current_user
from flask_wtf import CSRFProtect

from bookingapp.errors import Forbidden

View = TypeVar("View", bound=Callable[..., Any])
ROLES = ("usher", "box_office", "manager", "owner")
OPEN = ("public", "link", "gateway")

csrf = CSRFProtect()
login_manager = LoginManager()
limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=False)


class Person(Protocol):
    """What pages may know of who is signed in."""

    id: int
    name: str
    email: str
    role: str
    is_authenticated: bool


def me() -> Person | None:
    """Who is signed in, or None."""
    return cast("Person", current_user) if current_user.is_authenticated else None


def access(who: str) -> Callable[[View], View]:
    """Declare who may see a view: public, link, gateway or a staff role."""
    if who not in OPEN + ROLES:
        raise ValueError(who)

    def declare(view: View) -> View:
        view.access = who  # type: ignore[attr-defined]
        # A signed message from outside carries no cookie of ours, hence no CSRF token.
        return cast("View", csrf.exempt(view)) if who == "gateway" else view

    return declare


def access_of(app: Flask, endpoint: str) -> str | None:
    """What a view declared; Flask's own static files are public."""
    if endpoint.rsplit(".", maxsplit=1)[-1] == "static":
        return "public"
    return getattr(app.view_functions[endpoint], "access", None)


def may(role: str, needed: str) -> bool:
    """Whether staff of `role` may see pages of `needed`; a customer never may."""
    return role in ROLES and ROLES.index(role) >= ROLES.index(needed)


def install(app: Flask) -> None:
    """Guard every request."""
    csrf.init_app(app)
    login_manager.init_app(app)
    limiter.init_app(app)
    app.before_request(_guard)


def _guard() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None
    who = access_of(current_app, request.endpoint)
    if who in OPEN:
        return None
    person = me()
    if who and person is None:
        return redirect(url_for("accounts.login", next=_here()))
    if who is None or person is None or not may(person.role, who):
        raise Forbidden
    return None


def _here() -> str:
    """The path to come back to after signing in; never another site's."""
    return request.full_path.rstrip("?") if request.method == "GET" else "/office/"


def safe_next(target: str | None, default: str) -> str:
    """A path on this site to go on to, or the default."""
    parts = urlsplit(target or "")
    ours = target and target.startswith("/") and not target.startswith(("//", "/\\"))
    return str(target) if ours and not parts.scheme and not parts.netloc else default
