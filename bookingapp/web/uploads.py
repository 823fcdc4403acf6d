"""Files people send: larger than any form, so nobody but who may send one is listened to that long.

A form's token is mostly checked before its view's guard, and for that the body is read. Here it is the other
way round: the guard first, then as much of the body as the file may have, then the token.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from bookingapp.errors import Refused
from bookingapp.web.access import csrf

MB = 1024 * 1024
# The form around the file.
ENVELOPE = 64 * 1024
View = TypeVar("View", bound=Callable[..., Any])


class FileTooLarge(Refused):
    """`most`: the limit in megabytes."""

    code = "file_too_large"


def takes_file(most: int) -> Callable[[View], View]:
    """Declare that a view's form carries a file of up to `most` megabytes."""

    def declare(view: View) -> View:
        view.takes_mb = most  # type: ignore[attr-defined]
        return cast("View", csrf.exempt(view))

    return declare


def install(app: Flask) -> None:
    """After the guard, and before anybody else reads the body."""
    app.before_request(_listen)


def _listen() -> None:
    most = getattr(current_app.view_functions.get(request.endpoint or ""), "takes_mb", 0)
    if not most:
        return
    request.max_content_length = most * MB + ENVELOPE
    try:
        request.form.keys()
    except RequestEntityTooLarge:
        raise FileTooLarge(most=most) from None
    if current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()
