"""Languages: one catalogue per language, English the source. Works in jobs as well as in requests."""

from flask import Flask, current_app
from flask_babel import Babel, get_locale
from flask_babel import gettext as _gettext

babel = Babel()


def install(app: Flask) -> None:
    """Every visible string goes through gettext; the cinema's language is a setting."""
    app.config["BABEL_DEFAULT_LOCALE"] = app.config["SETTINGS"].locale
    app.config["BABEL_DEFAULT_TIMEZONE"] = "UTC"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    babel.init_app(app, locale_selector=lambda: current_app.config["SETTINGS"].locale)
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def language() -> str:
    """The language being spoken: of the request, or of `force_locale` around a letter."""
    return str(get_locale() or "en")


def gettext(text: str, **values: object) -> str:
    """flask_babel's, with the type it does not publish. Import it `as _`, so that texts are found."""
    return str(_gettext(text, **values))
