"""The two signatures Razorpay gives, and ids that look like its own."""

import hashlib
import hmac
import secrets
import string

ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str) -> str:
    """`order_`, `pay_`, `rfnd_` and so on, followed by fourteen letters or digits."""
    return f"{prefix}_" + "".join(secrets.choice(ALPHABET) for _ in range(14))


def sign(message: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def sign_payment(order_id: str, payment_id: str, key_secret: str) -> str:
    """What the browser brings back: it proves that these two ids belong together, nothing more."""
    return sign(f"{order_id}|{payment_id}".encode(), key_secret)
