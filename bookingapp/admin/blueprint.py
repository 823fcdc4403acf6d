"""The office's blueprint and what all its templates may call."""

from typing import Any

from flask import Blueprint

from bookingapp.admin import deed_words, mail_words, words
from bookingapp.admin.figures import needs
from bookingapp.email import happenings, restored
from bookingapp.payments import gateway
from bookingapp.web.access import may, me

pages = Blueprint("admin", __name__, url_prefix="/office")


@pages.context_processor
def _for_templates() -> dict[str, Any]:
    """Words for kinds and times; how many things wait for somebody, for who may see them."""
    person = me()
    return {
        "kind_words": words.kind,
        "span": words.span,
        "moment": words.moment,
        "happenings": happenings.recent,
        "restored_mails": restored.waiting,
        "restored_ages": words.AGES,
        "why": mail_words.why,
        "outcome_words": mail_words.outcome,
        "phase_words": mail_words.phase,
        "fault_words": mail_words.fault,
        "deed_words": deed_words.deed,
        "needs": needs() if person and may(person.role, "manager") else {},
        "gateway_health": gateway.connect().health,
    }
