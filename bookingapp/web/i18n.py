"""Languages: one catalogue per language, English the source. Works in jobs as well as in requests."""

from collections.abc import Callable
from typing import Any, NamedTuple

from babel import Locale
from flask import Flask, current_app, g
from flask_babel import Babel, get_locale, get_translations
from flask_babel import gettext as _gettext

babel = Babel()


def install(app: Flask) -> None:
    """Every visible string goes through gettext; the cinema's language is a setting."""
    app.config["BABEL_DEFAULT_LOCALE"] = app.config["SETTINGS"].locale
    app.config["BABEL_DEFAULT_TIMEZONE"] = "UTC"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    babel.init_app(app, locale_selector=lambda: current_app.config["SETTINGS"].locale)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=_say("ugettext"),
        ngettext=_say("ungettext"),
        pgettext=_say("upgettext"),
        npgettext=_say("unpgettext"),
        newstyle=True,
    )
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def language() -> str:
    """The language being spoken: of the request, or of `force_locale` around a letter."""
    return _speech().name


def gettext(text: str, **values: object) -> str:
    """flask_babel's, with the type it does not publish. Import it `as _`, so that texts are found."""
    return str(_gettext(text, **values))


class _Speech(NamedTuple):
    locale: Locale | None
    name: str
    catalogue: Any


def _say(method: str) -> Callable[..., str]:
    """A catalogue's method, of the language being spoken when it is called."""

    def say(*texts: object) -> str:
        said: str = getattr(_speech().catalogue, method)(*texts)
        return said

    return say


def _speech() -> _Speech:
    """Language and catalogue, looked up once until `force_locale` changes it.

    A page asks for some two hundred strings, and flask_babel finds its catalogue anew for each.
    """
    locale = get_locale()
    kept: _Speech | None = g.get("speech") if g else None
    if kept is None or kept.locale is not locale:
        kept = _Speech(locale, str(locale or "en"), get_translations())
        if g:
            g.speech = kept
    return kept
