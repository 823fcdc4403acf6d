"""The demo cinema's people and the one password they share, kept where only the operator reads it."""

import os
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bookingapp.accounts import passwords
from bookingapp.accounts.models import Role, User

MANAGER = "manager@example.com"
PEOPLE = {
    MANAGER: ("Leela Thomas", Role.MANAGER),
    "boxoffice@example.com": ("Arun Nair", Role.BOX_OFFICE),
    "usher@example.com": ("Meera Das", Role.USHER),
    "owner@example.com": ("George Kurian", Role.OWNER),
}
LOGIN_FILE = "demo-login.txt"


def password(instance: Path) -> str:
    """The kept password, or a new one, kept from now on so that the next start can print it too."""
    kept = kept_password(instance)
    if kept:
        return kept
    made = passwords.generated()
    instance.mkdir(parents=True, exist_ok=True)
    # Opened with its mode: there is no moment at which others may read it.
    handle = os.open(instance / LOGIN_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{MANAGER}\n{made}\n")
    return made


def kept_password(instance: Path) -> str | None:
    """What was made at the fill, if its file is still there."""
    try:
        _, kept = (instance / LOGIN_FILE).read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return None
    return kept


def stored_hash(session: Session) -> str:
    """The hash of the manager's password, or nothing if there is no such account any more."""
    return session.scalar(select(User.password_hash).where(User.email == MANAGER)) or ""


def still_right(instance: Path, stored: str) -> str | None:
    """The kept password, unless the manager has another by now. Slow: call it outside a transaction."""
    kept = kept_password(instance)
    return kept if kept and passwords.matches(stored, kept) else None


def people(plain: str, now: datetime) -> list[User]:
    """New accounts, one of each role. Hashing is slow: call this outside a transaction."""
    return [
        User(
            email=email,
            name=name,
            role=role,
            password_hash=passwords.hashed(plain),
            verified_at=now,
            created_at=now,
        )
        for email, (name, role) in PEOPLE.items()
    ]
