"""Pieces of pages that are kept, because the next reader most often sees the same.

A piece is a pure function of the values it is keyed with, so nothing is ever stale: another number of
seats left is another key. `{% call remembered('film', row) %} … {% endcall %}` draws on a miss only.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from flask import Flask, current_app, request

from bookingapp.web.i18n import language

KEPT = 1024  # a row of seats is some 2 KB, a film 3

_pieces: OrderedDict[Hashable, str] = OrderedDict()
_lock = threading.Lock()


def install(app: Flask) -> None:
    """Give every template `remembered`."""
    app.jinja_env.globals["remembered"] = remembered


def remembered(*key: Hashable, caller: Callable[[], str]) -> str:
    """What `caller` draws, or what it drew for the same values, language and root of addresses."""
    if current_app.debug:
        return caller()
    whole = (language(), request.script_root, key)
    with _lock:
        found = _pieces.get(whole)
        if found is not None:
            _pieces.move_to_end(whole)
            return found
    drawn = caller()
    with _lock:
        _pieces[whole] = drawn
        while len(_pieces) > KEPT:
            _pieces.popitem(last=False)
    return drawn
