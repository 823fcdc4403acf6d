"""Files people send: larger than any form, so nobody but who may send one is listened to that long."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from bookingapp.errors import Refused
from bookingapp.web.access import csrf

MB = 1024 * 1024
# The form around the file.
ENVELOPE = 64 * 1024
P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]


class FileTooLarge(Refused):
    """`most`: the limit in megabytes."""

    code = "file_too_large"


def takes_file(most: int) -> Callable[[View[P]], View[P]]:
    """A view whose form carries a file of up to `most` megabytes.

    A form's token is mostly checked before its view's guard, and for that the body is read. Here it is the other
    way round: the guard first, then as much of the body as the file may have, then the token.
    """

    def declare(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(*args: P.args, **values: P.kwargs) -> ResponseReturnValue:
            request.max_content_length = most * MB + ENVELOPE
            try:
                if current_app.config["WTF_CSRF_ENABLED"]:
                    csrf.protect()
                return view(*args, **values)
            except RequestEntityTooLarge:
                raise FileTooLarge(most=most) from None

        exempt: View[P] = csrf.exempt(guarded)
        return exempt

    return declare
