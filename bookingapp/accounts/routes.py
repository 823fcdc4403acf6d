"""Signing in and out, and one's own password."""

import logging

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from bookingapp.accounts import rules, service, session
from bookingapp.errors import Refused
from bookingapp.web import errors
from bookingapp.web.access import access, limiter, me, safe_next
from bookingapp.web.requests import client_key

log = logging.getLogger(__name__)
pages = Blueprint("accounts", __name__, url_prefix="/account")
LONGEST_PASSWORD = 1000


def _allowed() -> str:
    return str(current_app.config["SETTINGS"].limit_logins)


def _typed_address() -> str:
    return "address:" + request.form.get("email", "").strip().lower()[:254]


def _own_account() -> str:
    person = me()
    return f"person:{person.id}" if person else client_key()


def _went_wrong(response: Response) -> bool:
    """Only failures count: ten ushers may sign in through the foyer's one address."""
    return response.status_code != 303


@pages.route("/login", methods=["GET", "POST"])
@access("public")
@limiter.limit(_allowed, key_func=client_key, methods=["POST"], deduct_when=_went_wrong)
@limiter.limit(_allowed, key_func=_typed_address, methods=["POST"], deduct_when=_went_wrong)
def login() -> ResponseReturnValue:
    """The door for staff. `next` leads on, within this site."""
    onward = safe_next(request.args.get("next"), url_for("admin.home"))
    if request.method == "GET":
        return redirect(onward) if me() else render_template("accounts/login.html")
    email = request.form.get("email", "")
    try:
        person = service.sign_in(email, request.form.get("password", "")[:LONGEST_PASSWORD])
    except rules.SignInRefused as refusal:
        log.info("sign-in refused, client %s", client_key()[:8])
        page = render_template("accounts/login.html", email=email, refusal=_words(refusal))
        return page, errors.status(refusal)
    session.enter(person)
    return redirect(onward, 303)


@pages.errorhandler(429)
def _too_often(_error: Exception) -> ResponseReturnValue:
    """Tried too often: the same page, with what was typed and what to do."""
    words = _("Too many tries from here"), _("Wait a minute, then try again.")
    name = "password" if request.endpoint == "accounts.password" else "login"
    email = request.form.get("email", "")
    return render_template(f"accounts/{name}.html", email=email, refusal=words), 429


@pages.post("/logout")
@access("public")
def logout() -> ResponseReturnValue:
    """Sign this browser out; signing out twice is fine."""
    session.leave()
    return redirect(url_for("accounts.login"), 303)


@pages.route("/password", methods=["GET", "POST"])
@access("usher")
@limiter.limit(_allowed, key_func=_own_account, methods=["POST"], deduct_when=_went_wrong)
def password() -> ResponseReturnValue:
    """Change one's own password; every other browser is signed out by it."""
    if request.method == "GET":
        return render_template("accounts/password.html")
    try:
        _change()
    except Refused as refusal:
        page = render_template("accounts/password.html", refusal=_words(refusal))
        return page, errors.status(refusal)
    flash(_("Your password is changed. Every other browser is signed out."), "ok")
    return redirect(url_for("accounts.password"), 303)


def _change() -> None:
    person = me()
    present, new, again = (
        request.form.get(name, "")[:LONGEST_PASSWORD] for name in ("present", "new", "again")
    )
    if new != again:
        raise rules.PasswordsDiffer
    if person is not None:
        session.enter(service.change_password(person.id, present, new))


def _words(refusal: Refused) -> tuple[str, str]:
    return errors.title(refusal), errors.sentence(refusal)
