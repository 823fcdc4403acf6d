"""The ways a payment can go, and the reasons a bank gives for saying no."""

from dataclasses import dataclass

from .errors import BAD_REQUEST, GATEWAY

CREATED, AUTHORIZED, CAPTURED, FAILED = "created", "authorized", "captured", "failed"
LATE = "late"  # authorized now, captured by itself some seconds later
FAILED_THEN_CAPTURED = "failed_then_captured"  # a late authorisation after a failure
OUTCOMES = (CREATED, AUTHORIZED, CAPTURED, FAILED, LATE, FAILED_THEN_CAPTURED)
METHODS = ("upi", "netbanking", "wallet")

PROCESSED, PENDING = "processed", "pending"
REFUND_STATUSES = (PROCESSED, PENDING, FAILED)

FIRST_STATUS = {LATE: AUTHORIZED, FAILED_THEN_CAPTURED: FAILED}


@dataclass(frozen=True)
class Failure:
    """Why an attempt failed, in the five fields Razorpay gives."""

    label: str
    reason: str
    description: str
    code: str = BAD_REQUEST
    source: str = "customer"
    step: str = "payment_authorization"


FAILURES = {
    failure.reason: failure
    for failure in (
        Failure(
            "The bank declined it",
            "payment_declined",
            "Your payment was declined by your bank. Try another method or contact your bank.",
            source="issuer_bank",
        ),
        Failure(
            "Not enough money in the account",
            "insufficient_funds",
            "Your payment could not be completed due to insufficient account balance.",
        ),
        Failure(
            "The UPI request timed out",
            "payment_timed_out",
            "You did not approve the UPI request in time. Try again.",
        ),
        Failure(
            "The customer cancelled it",
            "payment_cancelled",
            "You cancelled the payment. Try again or use another method.",
            step="payment_authentication",
        ),
        Failure(
            "The bank could not be reached",
            "gateway_technical_error",
            "Your payment did not go through as the bank had a technical fault. Try again.",
            code=GATEWAY,
            source="gateway",
        ),
        Failure(
            "The customer's bank had a fault",
            "bank_technical_error",
            "Your payment failed due to a technical fault at your bank. Try another bank.",
            code=GATEWAY,
            source="issuer_bank",
        ),
        Failure(
            "A wrong one-time code",
            "incorrect_otp",
            "Your payment failed as the one-time code was wrong. Try again.",
            step="payment_authentication",
        ),
        Failure(
            "The bank did not recognise the customer",
            "authentication_failed",
            "Your payment failed as your bank could not authenticate you. Try again.",
            step="payment_authentication",
        ),
        Failure(
            "The card is expired",
            "card_expired",
            "Your card has expired. Use another card.",
        ),
        Failure(
            "A UPI address nobody has",
            "invalid_vpa",
            "You entered a UPI address that does not exist. Check it.",
            step="payment_initiation",
        ),
        Failure(
            "Over the bank's limit",
            "transaction_limit_exceeded",
            "The amount is over the limit of your bank. Try another way to pay.",
            source="issuer_bank",
        ),
        Failure(
            "A card from abroad",
            "international_transaction_not_allowed",
            "This business takes domestic cards only. Try another way to pay.",
            source="business",
            step="payment_initiation",
        ),
        Failure(
            "A risk check stopped it",
            "payment_risk_check_failed",
            "Your payment was stopped by a risk check. Try another way to pay.",
            source="internal",
        ),
        Failure(
            "A reason nobody has heard of",
            "moon_in_the_wrong_house",
            "Your payment failed. Try again.",
        ),
    )
}
DEFAULT_FAILURE = "payment_declined"
