"""What people with an account can do, and what is done to accounts. One function, one deed.

Passwords are hashed before a transaction opens: on SQLite it is the only writer, and argon2 is slow.
"""

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bookingapp import audit, clock
from bookingapp.accounts import passwords, queries, rules
from bookingapp.accounts.models import Role, User
from bookingapp.accounts.people import SignedIn, signed_in
from bookingapp.db import transaction


def sign_in(email: str, password: str) -> SignedIn:
    """Who this is. Raises SignInRefused, after the same time, whatever the reason."""
    found = queries.by_email(email)
    stored = found.password_hash if found else passwords.NOBODY
    right = passwords.matches(stored, password)
    if found is None or not right or found.disabled_at:
        raise rules.SignInRefused
    fresh = passwords.hashed(password) if passwords.outdated(stored) else stored
    with transaction() as session:
        # Fenced by the old hash: a password changed in this very moment stays changed.
        session.execute(
            update(User)
            .where(User.id == found.id, User.password_hash == stored)
            .values(password_hash=fresh, last_login_at=clock.now())
        )
        _note(session, "sign_in", found.id, found.id)
    return signed_in(found)


def create_user(
    email: str, password: str, role: Role, *, name: str = "", actor_id: int | None = None
) -> int:
    """A new account's id. Raises NoAddress, PasswordTooShort, EmailTaken."""
    email = rules.address(email)
    rules.check_new(password)
    user = User(
        email=email,
        name=name.strip(),
        role=role,
        password_hash=passwords.hashed(password),
        created_at=clock.now(),
    )
    try:
        with transaction() as session:
            session.add(user)
            session.flush()
            after = {"email": email, "role": role.value}
            _note(session, "create", user.id, actor_id, after=after)
            return user.id
    except IntegrityError as error:
        if "uq_user_email_lower" in str(error.orig):
            raise rules.EmailTaken(email=email) from None
        raise


def change_password(user_id: int, present: str, new: str) -> SignedIn:
    """Set one's own password, knowing the present one. Every other browser is signed out."""
    rules.check_new(new)
    stored = queries.password_hash(user_id)
    if not passwords.matches(stored, present):
        raise rules.WrongPassword
    return _write_password(user_id, new, actor_id=user_id, only_if=stored)


def set_password(user_id: int, password: str, *, actor_id: int | None = None) -> None:
    """Give somebody a new password and sign them out everywhere."""
    rules.check_new(password)
    _write_password(user_id, password, actor_id=actor_id)


def sign_out_everywhere(user_id: int, *, actor_id: int | None = None) -> None:
    """Every session of this person ends with its next request."""
    with transaction() as session:
        _locked(session, user_id).session_epoch += 1
        _note(session, "sign_out_everywhere", user_id, actor_id)


def set_role(user_id: int, role: Role, *, actor_id: int | None = None) -> None:
    """Say who may do what. It counts from the person's next page."""
    with transaction() as session:
        user = _locked(session, user_id)
        before, user.role = user.role, role
        changed = {"before": {"role": before.value}, "after": {"role": role.value}}
        _note(session, "set_role", user_id, actor_id, **changed)


def disable(user_id: int, *, actor_id: int | None = None) -> None:
    """Nobody signs in with this account any more, and who is signed in is out."""
    with transaction() as session:
        user = _locked(session, user_id)
        if user.disabled_at is None:
            user.disabled_at = clock.now()
            user.session_epoch += 1
            _note(session, "disable", user_id, actor_id)


def enable(user_id: int, *, actor_id: int | None = None) -> None:
    """Let a disabled account in again."""
    with transaction() as session:
        user = _locked(session, user_id)
        if user.disabled_at is not None:
            user.disabled_at = None
            _note(session, "enable", user_id, actor_id)


def _write_password(
    user_id: int, password: str, *, actor_id: int | None, only_if: str | None = None
) -> SignedIn:
    fresh = passwords.hashed(password)
    with transaction() as session:
        user = _locked(session, user_id)
        if only_if is not None and user.password_hash != only_if:
            raise rules.WrongPassword
        user.password_hash = fresh
        user.session_epoch += 1
        _note(session, "set_password", user_id, actor_id)
        return signed_in(user)


def _locked(session: Session, user_id: int) -> User:
    user = session.scalar(select(User).where(User.id == user_id).with_for_update())
    if user is None:
        raise rules.UnknownPerson(email="")
    return user


def _note(
    session: Session, deed: str, user_id: int, actor_id: int | None, **changed: dict[str, str]
) -> None:
    row = "user", user_id
    audit.note(session, f"user.{deed}", row, actor_id=actor_id, **changed)
