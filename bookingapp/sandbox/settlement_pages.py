"""A page for a person who wants to see the merchant find a difference: settle now, and how wrongly."""

import time

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from . import settlements
from .checkout import page
from .current import sandbox
from .errors import ApiError
from .settlements import Mischief
from .visit import money

settlement_pages = Blueprint("settlements", __name__, url_prefix="/v1/settlements")
ANOTHER_RUPEE = 100


@settlement_pages.get("/play")
def show() -> ResponseReturnValue:
    """What waits to be paid out."""
    return _page("")


@settlement_pages.post("/play")
def play() -> ResponseReturnValue:
    """Pay it out. Another site's page can't: browsers say where a form was sent from."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise ApiError("This form belongs to the sandbox's own page", status=403)
    with sandbox().store.write() as db:
        rows = settlements.waiting(db, time.time())
        changed = request.form.getlist("other_amount")
        mischief = Mischief(
            leave_out=request.form.getlist("leave_out"),
            amounts={r["id"]: r["amount"] + ANOTHER_RUPEE for r in rows if r["id"] in changed},
            stranger="stranger" in request.form,
        )
        made = settlements.settle(db, mischief=mischief)
    return _page(f"Settled as {made}." if made else "Nothing was settled.")


def _page(said: str) -> ResponseReturnValue:
    with sandbox().store.read() as db:
        rows = settlements.waiting(db, time.time())
    return page("settlements.html", None, rows=rows, said=said, money=money)
