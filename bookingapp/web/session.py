"""The browser's session: a signed cookie that lasts a month from the last visit, to the day.

Flask signs and sends it with every answer, so that it lasts; once a day is enough for that, and a page
is the lighter for it. The key's serializer is made once, not twice a request.
"""

from datetime import UTC, datetime, timedelta

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer

from bookingapp import clock

A_DAY = timedelta(days=1)


class Session(SecureCookieSession):
    """What the cookie says. `aged`: it was signed more than a day ago."""

    aged = False


class Sessions(SecureCookieSessionInterface):
    """Opens and saves it."""

    session_class = Session

    def __init__(self) -> None:
        """Nothing is signed yet."""
        self._made: dict[object, URLSafeTimedSerializer | None] = {}

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """One for each key."""
        key = app.secret_key, tuple(app.config["SECRET_KEY_FALLBACKS"] or ())
        if key not in self._made:
            self._made[key] = super().get_signing_serializer(app)
        return self._made[key]

    def open_session(self, app: Flask, request: Request) -> Session | None:
        """As Flask does, and noting its age."""
        signing = self.get_signing_serializer(app)
        if signing is None:
            return None
        cookie = request.cookies.get(self.get_cookie_name(app))
        if not cookie:
            return Session()
        lasts = int(app.permanent_session_lifetime.total_seconds())
        try:
            said, signed_at = signing.loads(cookie, max_age=lasts, return_timestamp=True)
        except BadSignature:
            return Session()
        session = Session(said)
        session.aged = clock.now() - _aware(signed_at) > A_DAY
        return session

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """When it says something new, or would end earlier than a month from now."""
        aged = session.permanent and getattr(session, "aged", False)
        return session.modified or (aged and bool(app.config["SESSION_REFRESH_EACH_REQUEST"]))


def _aware(instant: datetime) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
