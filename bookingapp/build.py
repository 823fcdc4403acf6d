"""Builds the application: settings, database, pages' house rules, rooms. `create_app(settings)`.

It starts no thread. `app.py` starts things.
"""

import logging
import secrets
from datetime import timedelta

from flask import Flask
from flask_compress import Compress
from flask_migrate import Migrate
from sqlalchemy import event
from werkzeug.middleware.proxy_fix import ProxyFix

from bookingapp import web
from bookingapp.db import db, engine_options, refuse_flush
from bookingapp.settings import ROOT, Settings, load

YEAR = 365 * 24 * 3600


def create_app(settings: Settings | None = None) -> Flask:
    """The whole application, wired. Raises SettingsError when a setting is wrong."""
    settings = settings or load()
    app = Flask(__package__, instance_path=str(settings.instance.resolve()))
    settings.instance.mkdir(parents=True, exist_ok=True)
    logging.getLogger("bookingapp").setLevel(settings.log_level)
    _configure(app, settings)
    _open_database(app)
    Compress(app)
    web.install(app)
    _register_rooms(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key or _demo_secret(settings),
        SQLALCHEMY_DATABASE_URI=settings.database,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database, settings.web_threads),
        SESSION_COOKIE_NAME="matinee",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        SEND_FILE_MAX_AGE_DEFAULT=YEAR,
        MAX_CONTENT_LENGTH=1024 * 1024,
        RATELIMIT_ENABLED=settings.limit_requests,
        WTF_CSRF_TIME_LIMIT=None,
        # A booking's pages send no Referer (their address is a secret); the token is the proof.
        WTF_CSRF_SSL_STRICT=False,
        COMPRESS_ALGORITHM=["gzip"],
        COMPRESS_MIN_SIZE=500,
        # a page is a thirtieth larger than at 6, and packed in two thirds of the time
        COMPRESS_LEVEL=4,
        COMPRESS_MIMETYPES=[
            "text/html", "text/css", "text/javascript", "application/json", "image/svg+xml",
        ],
    )  # fmt: skip


def _demo_secret(settings: Settings) -> str:
    """The demo makes its own key once and keeps it, so that sessions outlive a restart."""
    settings.instance.mkdir(parents=True, exist_ok=True)
    path = settings.instance / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32), encoding="ascii")
    return path.read_text(encoding="ascii")


def _open_database(app: Flask) -> None:
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True, compare_type=True)
    with app.app_context():
        event.listen(db.session, "before_flush", refuse_flush)


def _register_rooms(app: Flask) -> None:
    """Every room's pages and commands. A room not listed here does not exist for the browser."""
    from bookingapp import rooms  # noqa: PLC0415 (rooms import this package's modules)

    rooms.register(app)
