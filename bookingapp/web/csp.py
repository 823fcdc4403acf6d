"""One strict Content-Security-Policy, and the few routes that need more, each with its reason."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, request

View = TypeVar("View", bound=Callable[..., Any])
STRICT: dict[str, tuple[str, ...]] = {
    "default-src": ("'none'",),
    "base-uri": ("'none'",),
    "connect-src": ("'self'",),
    "font-src": ("'self'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
    "img-src": ("'self'",),
    "manifest-src": ("'self'",),
    "script-src": ("'self'",),
    "style-src": ("'self'",),
}


def csp_needs(
    reason: str, sources: Callable[[], dict[str, Iterable[str]]]
) -> Callable[[View], View]:
    """Give one view more than the strict policy.

    `sources` is asked at each request and may name a directive with what is added to it. A directive
    without sources (such as `sandbox`) is written as its bare name.
    """
    if not reason:
        raise ValueError("an exception needs its reason")

    def declare(view: View) -> View:
        view.csp = (reason, sources)  # type: ignore[attr-defined]
        return view

    return declare


def policy(more: dict[str, Iterable[str]] | None = None) -> str:
    """The header's text."""
    return _written(more) if more else _STRICT


def _written(more: dict[str, Iterable[str]]) -> str:
    merged = {name: list(values) for name, values in STRICT.items()}
    for name, values in more.items():
        # 'none' means nothing beside other sources, and browsers complain about it.
        strict = [source for source in merged.get(name, []) if source != "'none'"]
        merged[name] = [*strict, *values]
    return "; ".join(" ".join([name, *values]) for name, values in merged.items())


_STRICT = _written({})


def install(app: Flask) -> None:
    """Set the headers of every answer."""
    app.after_request(_headers)


def _headers(response: Response) -> Response:
    view = current_app.view_functions.get(request.endpoint or "")
    exception = getattr(view, "csp", None)
    response.headers.setdefault(
        "Content-Security-Policy", policy(exception[1]() if exception else None)
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "geolocation=(), microphone=(), camera=()")
    # What a person sees belongs to them: nothing but posters and static files is kept by caches.
    response.headers.setdefault("Cache-Control", "no-store" if _personal() else "private, no-cache")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def _personal() -> bool:
    return request.path.startswith(("/b/", "/t/", "/office"))
