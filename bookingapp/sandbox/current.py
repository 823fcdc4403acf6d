"""The running sandbox as its request handlers see it."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from .config import Config
from .events import Announce
from .faults import Faults
from .store import Store

EXTENSION = "sandbox"


@dataclass(frozen=True)
class Sandbox:
    config: Config
    store: Store
    faults: Faults
    announce: Announce


def sandbox() -> Sandbox:
    return cast("Sandbox", current_app.extensions[EXTENSION])
