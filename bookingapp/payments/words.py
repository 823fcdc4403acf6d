"""Why a payment failed, in a customer's words. The gateway's own codes stand on the left."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

NO = _("Your bank said no, and no money was taken.")
SHORT_OF_MONEY = _("There was not enough money in the account, and nothing was taken.")
TOO_LATE = _("The bank waited for your approval and it did not come, so no money was taken.")
CANCELLED = _("The payment was cancelled, and no money was taken.")
TROUBLE = _("The bank could not be reached, and no money was taken.")
MISTYPED = _("The bank did not recognise what was typed, and no money was taken.")
LIMIT = _("The sum is over the limit your bank allows, and no money was taken.")
ABANDONED = _("The payment was not finished, and no money was taken.")

BY_REASON: dict[str, LazyString] = {
    "payment_declined": NO,
    "card_declined": NO,
    "debit_declined": NO,
    "payment_failed": NO,
    "insufficient_funds": SHORT_OF_MONEY,
    "insufficient_balance": SHORT_OF_MONEY,
    "payment_timed_out": TOO_LATE,
    "payment_collect_request_expired": TOO_LATE,
    "otp_expired": TOO_LATE,
    "payment_cancelled": CANCELLED,
    "gateway_technical_error": TROUBLE,
    "bank_technical_error": TROUBLE,
    "issuer_technical_error": TROUBLE,
    "server_error": TROUBLE,
    "incorrect_otp": MISTYPED,
    "incorrect_cvv": MISTYPED,
    "incorrect_card_details": MISTYPED,
    "incorrect_card_expiry_date": MISTYPED,
    "card_number_invalid": MISTYPED,
    "card_expired": MISTYPED,
    "invalid_vpa": MISTYPED,
    "authentication_failed": MISTYPED,
    "transaction_limit_exceeded": LIMIT,
    "transaction_daily_limit_exceeded": LIMIT,
    "abandoned": ABANDONED,
}
BY_CODE: dict[str, LazyString] = {"GATEWAY_ERROR": TROUBLE, "SERVER_ERROR": TROUBLE}


def why(code: str, reason: str) -> str:
    """One sentence in the language being spoken; a reason we do not know is the bank's "no"."""
    return str(BY_REASON.get(reason) or BY_CODE.get(code) or NO)
