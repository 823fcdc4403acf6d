"""Character 0 comes to no page: PostgreSQL takes it in no text, and nobody types it.

Refused once for all, in addresses, queries and forms; so no room has to think of it, and both engines
answer alike.
"""

from collections.abc import Iterator

from flask import Flask, abort, current_app, request

from bookingapp.web.access import access_of

ZERO = "\x00"


def install(app: Flask) -> None:
    """After the guard: whoever may not see a page is told that first."""
    app.before_request(_check)


def _check() -> None:
    if ZERO in request.path:
        abort(404)
    if any(ZERO in text for text in _told()):
        abort(400)


def _told() -> Iterator[str]:
    for name, value in request.args.items(multi=True):
        yield name + value
    # a gateway's body is read by its view alone: within its own size, and as it came where it is signed
    if request.endpoint is None or access_of(current_app, request.endpoint) == "gateway":
        return
    for name, value in request.form.items(multi=True):
        yield name + value
    for name, file in request.files.items(multi=True):
        yield name + (file.filename or "")
