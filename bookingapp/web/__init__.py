"""What every page needs: who may see it, its security headers, its words for a refusal, its filters.

Start at `install()`. A view says who may see it with `@access(...)`; one that says nothing is refused.
"""

from flask import Flask

from bookingapp.web import (
    access,
    csp,
    errors,
    filters,
    fragments,
    i18n,
    numbers,
    requests,
    session,
    uploads,
    zeros,
)


def install(app: Flask) -> None:
    """Teach `app` the house rules of pages."""
    app.session_interface = session.Sessions()
    numbers.install(app)
    i18n.install(app)
    requests.install(app)
    access.install(app)
    uploads.install(app)
    zeros.install(app)
    csp.install(app)
    errors.install(app)
    filters.install(app)
    fragments.install(app)
