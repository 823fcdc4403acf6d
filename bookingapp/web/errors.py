"""A refusal becomes a page here, and nowhere else. Its words stand in `words.py`."""

import logging
from typing import Any

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from bookingapp.errors import Refused
from bookingapp.web.requests import request_id
from bookingapp.web.words import WORDS, Wording

log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """One page for every "no"."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _crash)


def sentence(refusal: Refused) -> str:
    """The refusal in a customer's words, for a notice on the page they are on."""
    wording = _wording(refusal.code)
    return str(wording.sentence % _texts(refusal))


def title(refusal: Refused) -> str:
    """The refusal's bold first line."""
    return str(_wording(refusal.code).title % _texts(refusal))


def status(refusal: Refused) -> int:
    """The HTTP number of a refusal."""
    return _wording(refusal.code).status


def _wording(code: str) -> Wording:
    return WORDS.get(code, WORDS["refused"])


def _texts(refusal: Refused) -> dict[str, Any]:
    return {
        name: ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
        for name, value in refusal.values.items()
    }


def _refused(refusal: Refused) -> ResponseReturnValue:
    return _page(title(refusal), sentence(refusal), status(refusal))


def _csrf(_error: CSRFError) -> ResponseReturnValue:
    words = WORDS["form_too_old"]
    return _page(str(words.title), str(words.sentence), words.status)


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    words = WORDS.get(f"http_{error.code}", WORDS["http_400" if error.code < 500 else "http_500"])
    return _page(str(words.title), str(words.sentence), error.code)


def _crash(error: Exception) -> ResponseReturnValue:
    # The path may hold a secret link, so the log names the route.
    log.error("request %s crashed at %s", request_id(), request.endpoint, exc_info=error)
    words = WORDS["http_500"]
    return _page(str(words.title), str(words.sentence), 500)


def _page(heading: str, text: str, code: int) -> ResponseReturnValue:
    page = render_template(
        "error.html", heading=heading, text=text, code=code, request_id=request_id()
    )
    return page, code
