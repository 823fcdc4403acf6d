"""Text from the environment and `.env` to typed values; what is misspelt or unreadable is refused."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import Field, field
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from bookingapp.settings_checks import SettingsError

# A misspelt name with one of these beginnings is a mistake worth stopping for; PATH and HOME are not.
OUR_PREFIXES = (
    "MAIL_",
    "MAIL2_",
    "OUTBOX_",
    "RAZORPAY_",
    "HOLD_",
    "MATINEE_",
    "GATEWAY_",
    "SANDBOX_",
    "LIMIT_",
    "SELLER_",
    "CANCEL_",
    "SETTLEMENT_",
)
EXAMPLE = """\
# Every setting of Matinee with its default and meaning. Copy to .env and change what you need.
# A value may stand in a file instead: NAME_FILE=/path/to/file (for secrets).
"""


def setting(
    default: object, meaning: str, *, kind: type | None = None, secret: bool = False
) -> Any:  # noqa: ANN401
    """A settings field with its meaning, which `.env.example` repeats.

    `kind` is needed where the default is None: not given, so another setting decides.
    """
    facts = {"meaning": meaning, "secret": secret, "kind": kind or type(default)}
    return field(default=default, metadata=facts)


def read(
    known: Iterable["Field[Any]"], environ: Mapping[str, str], env_file: Path
) -> dict[str, Any]:
    """The values given, by field. Raises SettingsError with one clear line."""
    by_name = {f.name.upper(): f for f in known}
    file = dotenv_values(env_file) if env_file.is_file() else {}
    from_file = {name: value or "" for name, value in file.items()}
    _refuse_unknown(from_file, environ, set(by_name))
    given = {**from_file, **environ}
    return {
        f.name: _read(f, raw)
        for name, f in by_name.items()
        if (raw := _raw(name, given)) is not None
    }


def example(known: Iterable["Field[Any]"]) -> str:
    """The text of `.env.example`."""
    lines = [EXAMPLE]
    for f in known:
        default = "" if f.default is None else f.default
        shown = str(default).lower() if isinstance(default, bool) else str(default)
        # the instance folder's default depends on where this stands
        shown = "" if f.name == "instance_dir" else shown
        lines.append(f"# {f.metadata['meaning']}\n# {f.name.upper()}={shown}\n")
    return "\n".join(lines)


def _raw(name: str, given: Mapping[str, str]) -> str | None:
    """The text given for a setting, from itself or from the file its NAME_FILE points to."""
    if path := given.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{name}_FILE", f"can't be read: {error.strerror}") from None
    # An empty value means "not set", so that `.env` may keep the name without one.
    return given.get(name) or None


def _read(field_: "Field[Any]", raw: str) -> object:
    """Text to the field's type."""
    name, kind = field_.name.upper(), field_.metadata["kind"]
    if kind is bool:
        if raw.lower() in {"1", "true", "yes", "on"}:
            return True
        if raw.lower() in {"0", "false", "no", "off"}:
            return False
        raise SettingsError(name, f"is {raw!r}; write true or false")
    try:
        value: object = kind(raw)
        # "nan" and "inf" are numbers to Python, and to nobody else
        finite = not isinstance(value, float) or math.isfinite(value)
    except ValueError:
        finite = False
    if not finite:
        raise SettingsError(name, f"is {raw!r}; a number is needed")
    return value


def _refuse_unknown(
    from_file: Mapping[str, str], environ: Mapping[str, str], known: set[str]
) -> None:
    """A misspelt setting is an operator's mistake, not a thing to pass over."""
    ours = {name for name in environ if name.startswith(OUR_PREFIXES)}
    for name in sorted(from_file.keys() | ours):
        if name not in known and name.removesuffix("_FILE") not in known:
            raise SettingsError(name, "is not a setting; .env.example lists them all")
