"""Matinee, an online box office for a small cinema, in one process.

`create_app(settings)` builds it, see build.py. It is imported when somebody asks for it: the payment
sandbox is a process of its own in this package and needs nothing of the cinema.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bookingapp.build import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 (whatever is asked for)
    if name != "create_app":
        raise AttributeError(name)
    from bookingapp import build  # noqa: PLC0415 (see above)

    return build.create_app
