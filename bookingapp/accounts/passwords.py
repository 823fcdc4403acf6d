"""Passwords: argon2id, slow on purpose, on a machine that has little memory to spare.

19 MiB and two passes are OWASP's smaller profile, about 30 ms. At most two are computed at once, so
that a crowd at the login page cannot take the memory the ticket buyers need.
"""

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_turns = threading.BoundedSemaphore(2)
# Nobody's password. Checked for unknown addresses, so that they take as long as known ones.
NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$+nj2s8lh4eAAx0C3ciCENA"
    "$8DXSGbcEA8pDwNvvjJ0YAX+3mMT6S/m6+Xhj+zllcDo"
)
# Without the letters and digits that are misread when a one-time password is copied by hand.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def hashed(password: str) -> str:
    """What is stored."""
    with _turns:
        return _hasher.hash(password)


def matches(stored: str, password: str) -> bool:
    """Whether this is the password. A hash that can't be read matches nothing."""
    try:
        with _turns:
            return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def generated() -> str:
    """A password to hand over once: 16 characters in fours, about 79 bits."""
    fours = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    return "-".join(fours)
