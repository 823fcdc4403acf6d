"""The checkout's fields to values, each with a sentence that names the repair."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from email_validator import EmailNotValidError, validate_email
from flask import current_app

from bookingapp.web.i18n import gettext as _

TYPE = "type-"
LONGEST_NAME = 200
LONGEST_PHONE = 40
LONGEST_CODE = 40
PHONE = re.compile(r"\+?[\d\s().\-/]+")


@dataclass(frozen=True)
class Typed:
    """What stood in the form, cleaned; `errors` has a sentence per field that needs another look."""

    email: str = ""
    name: str = ""
    phone: str = ""
    types: dict[str, int] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    code: str = ""


def read(form: Mapping[str, str], *, to_pay: bool) -> Typed:
    """Read the checkout. Before paying there must be an address; an update may still be without."""
    email, name, phone = (_clean(form.get(key, "")) for key in ("email", "name", "phone"))
    types, errors = _types(form)
    checks = {"email": _email_error, "name": _name_error, "phone": _phone_error}
    for key, value in (("email", email), ("name", name), ("phone", phone)):
        if (value or (key == "email" and to_pay)) and (said := checks[key](value)):
            errors[key] = said
    if email and "email" not in errors:
        email = _valid(email)
    code = _clean(form.get("code", ""))[:LONGEST_CODE]
    return Typed(email, name, phone, types, errors, code)


def address(text: str) -> tuple[str, str]:
    """An e-mail address as it is sent to, and what is wrong with it."""
    email = _clean(text)
    said = _email_error(email)
    return (email, said) if said else (_valid(email), "")


def _clean(text: str) -> str:
    """One line, no control characters, single spaces; apostrophes and every script stay."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _types(form: Mapping[str, str]) -> tuple[dict[str, int], dict[str, str]]:
    types: dict[str, int] = {}
    errors: dict[str, str] = {}
    for key, value in form.items():
        if not key.startswith(TYPE):
            continue
        if value.isascii() and value.isdigit() and len(value) < 10:
            types[key.removeprefix(TYPE)] = int(value)
        else:
            errors[key] = _(
                "Choose a ticket for %(seat)s from the list.", seat=key.removeprefix(TYPE)
            )
    return types, errors


def _valid(email: str) -> str:
    """As it is sent to: the domain in lower case and in letters every server knows."""
    found = validate_email(
        email,
        check_deliverability=False,
        strict=True,
        allow_smtputf8=False,
        # reserved names such as cinema.test are good enough for a test
        test_environment=current_app.testing,
    )
    return found.ascii_email or found.normalized


def _email_error(email: str) -> str:
    if not email:
        return _("Write the address the tickets should go to.")
    if said := _slip(email):
        return said
    try:
        _valid(email)
    except EmailNotValidError:
        return _("No mail can reach that address. Check it letter by letter.")
    return ""


def _slip(email: str) -> str:
    """The slips people really make, each named with its repair."""
    local, at, domain = email.rpartition("@")
    slips = (
        (not at, _("That address has no @, as in asha@example.com.")),
        (" " in email, _("There is a space in that address.")),
        (
            set(local) & set("@,;"),
            _("One address only: everybody's ticket is in the same mail."),
        ),
        (not local, _("The part before the @ is missing.")),
        (
            not local.isascii(),
            _(
                "Use an address without accents before the @: only plain letters reach every mailbox."
            ),
        ),
        ("." not in domain.strip("."), _("That address has no ending, such as .com or .in.")),
    )
    return next((said for wrong, said in slips if wrong), "")


def _name_error(name: str) -> str:
    if len(name) <= LONGEST_NAME:
        return ""
    return _("That name is too long to print: %(limit)s letters fit.", limit=LONGEST_NAME)


def _phone_error(phone: str) -> str:
    digits = sum(c.isdigit() for c in phone)
    if PHONE.fullmatch(phone) and digits >= 5 and len(phone) <= LONGEST_PHONE:
        return ""
    return _(
        "A telephone number is made of digits, such as 98470 12345. Leave it empty if you like."
    )
