"""Why an account says no, and what a password must be."""

from typing import ClassVar

from email_validator import EmailNotValidError, validate_email

from bookingapp.errors import NotFound, Refused

LEAST_CHARACTERS = 10


class SignInRefused(Refused):
    """Unknown, wrong or disabled: one answer, so that nobody learns which addresses exist."""

    code = "sign_in_refused"


class WrongPassword(Refused):
    """The present password, asked for before it is changed, was another."""

    code = "wrong_password"


class PasswordTooShort(Refused):
    """`least` characters are needed."""

    code = "password_too_short"


class PasswordsDiffer(Refused):
    """The new password and its repetition are not the same."""

    code = "passwords_differ"


class EmailTaken(Refused):
    """`email` has an account already, however it was typed."""

    code = "email_taken"


class NoAddress(Refused):
    """`email` is not an address."""

    code = "no_address"


class UnknownPerson(NotFound):
    """No account with this `email`."""

    code: ClassVar[str] = "unknown_person"


def address(typed: str) -> str:
    """The address as it is stored: one spelling for one person. Raises NoAddress."""
    try:
        # Staff may live at box@cinema.local or .test: this name signs in, no mail need reach it.
        checked = validate_email(
            typed.strip(),
            check_deliverability=False,
            globally_deliverable=False,
            test_environment=True,
        )
    except EmailNotValidError:
        raise NoAddress(email=typed.strip()) from None
    return checked.normalized.lower()


def check_new(password: str) -> None:
    """Raise PasswordTooShort unless this may become a password."""
    if len(password) < LEAST_CHARACTERS:
        raise PasswordTooShort(least=LEAST_CHARACTERS)
