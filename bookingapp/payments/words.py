"""Why a payment failed and what to try, in a customer's words. The gateway's own codes stand below.

One table for the page, the letter and the office. Customers never see a code; the office does, beside
the words. The reason decides; the code, a broad class, only where the reason says nothing.
"""

from typing import NamedTuple

from flask_babel import LazyString
from flask_babel import lazy_gettext as _


class Failure(NamedTuple):
    """What happened; what to do now, in the middle of a sentence; the same with more room."""

    happened: LazyString
    now: LazyString
    to_try: LazyString


NO = Failure(
    _("Your bank said no, and no money was taken."),
    _("try again or use another card"),
    _("Another card or app often works at once. Your bank can say why it refused this one."),
)
SHORT_OF_MONEY = Failure(
    _("There was not enough money in the account, and nothing was taken."),
    _("use another account or card"),
    _("Pay from another account, card or wallet."),
)
TOO_LATE = Failure(
    _("The bank waited for your approval and it did not come, so no money was taken."),
    _("try again and approve it in your bank's app"),
    _("Have the phone with your bank's app or its code at hand before you start."),
)
CANCELLED = Failure(
    _("The payment was cancelled, and no money was taken."),
    _("try again when you are ready"),
    _("Start the payment again, and choose another way to pay if that one was not the right one."),
)
TROUBLE = Failure(
    _("The bank could not be reached, and no money was taken."),
    _("try again in a minute or pay another way"),
    _("The trouble is not yours. Wait a minute, or pay from another bank or with another app."),
)
MISTYPED = Failure(
    _("The bank did not recognise what was typed, and no money was taken."),
    _("try again and check each digit"),
    _("Type the number, date and code once more, digit by digit, or pay another way."),
)
NOT_YOU = Failure(
    _("Your bank could not make sure that it was you, and no money was taken."),
    _("try again with your bank's code at hand"),
    _("Have your bank's code ready before you start, or use another card or app."),
)
NO_SUCH_ADDRESS = Failure(
    _("No bank knows that UPI address, and no money was taken."),
    _("check the UPI address or use another app"),
    _("Check the address letter by letter, or choose your app from the list instead of typing it."),
)
UNUSABLE = Failure(
    _("That card or account is expired or blocked, and no money was taken."),
    _("use another card or account"),
    _("Pay with another card, account or app. Your bank can say why this one is closed."),
)
LIMIT = Failure(
    _("The sum is over the limit your bank allows, and no money was taken."),
    _("use another card or account"),
    _("Pay from another card or account, or raise the limit in your bank's app."),
)
ABROAD = Failure(
    _("Cards from other countries can't be used here, and no money was taken."),
    _("use an Indian card, UPI or net banking"),
    _("Pay with a card of an Indian bank, by UPI or by net banking."),
)
NOT_OFFERED = Failure(
    _("This way of paying does not work here, and no money was taken."),
    _("choose another card, bank or app"),
    _("Choose another card, bank or app from the list."),
)
UNSAFE = Failure(
    _("A safety check stopped the payment, and no money was taken."),
    _("use a card or app you have paid with before"),
    _("Use another card or app, best one you have paid with before. Your bank can say more."),
)
OUR_FAULT = Failure(
    _("The payment could not be started, and no money was taken. The fault is ours."),
    _("try again or call us"),
    _("Try once more. If it fails again, answer this mail or call us: we find another way."),
)
ABANDONED = Failure(
    _("The payment was not finished, and no money was taken."),
    _("try again when you are ready"),
    _("Another card or app often works at once. Have your bank's code ready before you start."),
)
OUTAGE = Failure(
    _("Our payment service did not answer, and no money was taken. It works again now."),
    _("pay when you are ready"),
    _("Press the button and pay as usual: your seats are still kept."),
)
# Honest where nobody told us: not the bank's "no", and no promise about an account we can't see.
UNTOLD = Failure(
    _("The payment did not go through, and we were not told why. No money reached us."),
    _("try again or pay another way"),
    _("Try once more, or use another card, bank or app."),
)

REASONS: tuple[tuple[Failure, tuple[str, ...]], ...] = (
    (NO, (
        "payment_declined", "card_declined", "debit_declined", "payment_failed", "transaction_declined",
        "authorisation_declined_by_psp", "payment_declined_by_bank",
    )),
    (SHORT_OF_MONEY, ("insufficient_funds", "insufficient_balance", "funds_blocked_by_mandate")),
    (TOO_LATE, (
        "payment_timed_out", "payment_collect_request_expired", "payment_session_expired", "otp_expired",
    )),
    (CANCELLED, ("payment_cancelled", "payment_collect_request_rejected")),
    (TROUBLE, (
        "gateway_technical_error", "bank_technical_error", "issuer_technical_error", "server_error",
        "bank_not_available", "bank_cutoff_in_progress", "request_timed_out", "psp_not_available",
        "psp_app_not_available", "upi_app_technical_error", "invalid_response_from_gateway",
        "payment_declined_due_to_high_traffic", "vpa_resolution_failed", "issuer_down",
    )),
    (MISTYPED, (
        "incorrect_otp", "invalid_otp", "incorrect_pin", "incorrect_cvv", "incorrect_card_details",
        "incorrect_card_expiry_date", "incorrect_cardholder_name", "card_number_invalid",
        "bank_account_validation_failed",
    )),
    (NOT_YOU, ("authentication_failed", "otp_attempts_exceeded", "pin_attempts_exceeded")),
    (NO_SUCH_ADDRESS, ("invalid_vpa", "invalid_user_details")),
    (UNUSABLE, (
        "card_expired", "debit_instrument_blocked", "debit_instrument_inactive", "bank_account_invalid",
        "card_disabled",
    )),
    (LIMIT, (
        "transaction_limit_exceeded", "transaction_daily_limit_exceeded", "transaction_daily_count_exceeded",
        "transaction_frequency_limit_exceeded", "credit_limit_exceeded",
    )),
    (ABROAD, ("international_transaction_not_allowed",)),
    (NOT_OFFERED, (
        "card_network_not_enabled", "card_not_enrolled", "card_not_supported", "card_type_invalid",
        "user_not_registered_for_netbanking", "psp_app_not_supported", "user_not_eligible",
        "payment_method_not_enabled", "bank_not_enabled", "transaction_on_vpa_restricted",
    )),
    (UNSAFE, ("payment_risk_check_failed", "compliance_violation")),
    (OUR_FAULT, (
        "input_validation_failed", "invalid_order_id", "order_amount_mismatch", "live_mode_not_enabled",
        "order_payment_method_mismatch", "invalid_amount", "invalid_currency", "payment_amount_tampered",
        "amount_less_than_minimum_amount",
    )),
    (ABANDONED, ("abandoned",)),
    (OUTAGE, ("outage",)),
)  # fmt: skip
BY_REASON = {reason: failure for failure, reasons in REASONS for reason in reasons}
BY_CODE = {"GATEWAY_ERROR": TROUBLE, "SERVER_ERROR": TROUBLE}


def failure(code: str, reason: str) -> Failure:
    """What to say of a failed attempt; honest words for a reason nobody knows."""
    return BY_REASON.get(reason) or BY_CODE.get(code) or UNTOLD


def for_the_office(code: str, reason: str) -> str:
    """The customer's words, and the gateway's own in brackets; nothing where nothing failed."""
    own = ", ".join(word for word in (code, reason) if word)
    return f"{failure(code, reason).happened} ({own})" if own else ""
