"""Languages: one catalogue per language, English the source. Works in jobs as well as in requests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask, current_app, g
from flask_babel import Babel, get_locale, get_translations
from flask_babel import force_locale as _force_locale  # noqa: TID251 (what is made good for here)
from flask_babel import gettext as _gettext
from jinja2.nodes import EvalContext
from jinja2.utils import pass_eval_context
from markupsafe import Markup

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
    # the two that nearly all strings of a page go through, by a shorter way
    app.jinja_env.globals.update(_=_text, gettext=_text, ngettext=_text_of_many)
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def language() -> str:
    """The language being spoken: of the request, or of `force_locale` around a letter."""
    return _speech().name


def gettext(text: str, **values: object) -> str:
    """flask_babel's, with the type it does not publish. Import it `as _`, so that texts are found."""
    return str(_gettext(text, **values))


class _Speech(NamedTuple):
    name: str
    catalogue: Any


@contextmanager
def force_locale(locale: str) -> Iterator[None]:
    """flask_babel's, for a letter in its reader's language. Always use this one: it changes the speech."""
    before = g.pop("speech", None)
    try:
        with _force_locale(locale):
            yield
    finally:
        g.speech = before


@pass_eval_context
def _text(context: EvalContext, text: str, /, **values: object) -> str:
    """`_('…')` in a template."""
    catalogue = _speech().catalogue
    if values:
        return _said(catalogue, text, safe=context.autoescape) % values
    return _finished(catalogue, text, safe=context.autoescape)


@pass_eval_context
def _text_of_many(
    context: EvalContext, one: str, many: str, number: int, /, **values: object
) -> str:
    """`ngettext('…', '…', n)` in a template."""
    said: str = _speech().catalogue.ungettext(one, many, number)
    values.setdefault("num", number)
    return (Markup(said) if context.autoescape else said) % values  # noqa: S704 (our own catalogue)


# What a catalogue says does not change, and a page says some two hundred things.


@lru_cache(maxsize=4096)
def _said(catalogue: Any, text: str, *, safe: bool) -> str:  # noqa: ANN401 (a catalogue has no type)
    said: str = catalogue.ugettext(text)
    return Markup(said) if safe else said  # noqa: S704 (our own catalogue)


@lru_cache(maxsize=4096)
def _finished(catalogue: Any, text: str, *, safe: bool) -> str:  # noqa: ANN401
    return _said(catalogue, text, safe=safe) % {}


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
    try:
        kept: _Speech | None = g.get("speech")
    except RuntimeError:  # no application is running
        return _Speech("en", get_translations())
    if kept is None:
        kept = g.speech = _Speech(str(get_locale() or "en"), get_translations())
    return kept
