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
    )
}
DEFAULT_FAILURE = "payment_declined"
