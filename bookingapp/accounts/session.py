"""How a browser stays signed in: the one typed place around Flask-Login.

The session holds "id:epoch" and nothing of the person. Signing in and out empties the session, so
nothing planted before it is carried along; only the buyer's key stays, since the seats this browser
holds are still this browser's.
"""

from flask import session
from flask_login import login_user, logout_user

from bookingapp.accounts import queries
from bookingapp.accounts.people import SignedIn
from bookingapp.web.access import login_manager

login_manager.user_loader(queries.by_session)


def enter(person: SignedIn) -> None:
    """This browser is theirs from here on."""
    _empty()
    login_user(person)


def leave() -> None:
    """This browser is nobody's again."""
    logout_user()
    _empty()


def _empty() -> None:
    """Keep nothing but the buyer's key."""
    buyer = session.get("buyer")
    session.clear()
    if buyer:
        session["buyer"] = buyer
        session.permanent = True
