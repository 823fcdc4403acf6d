"""A message to JSON for the outbox row, and back. Instants travel as ISO text in UTC.

Reading is forgiving on purpose: a row may have been written by the version before this one. Fields
that are no longer known are passed over; a missing one must have a default.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache, partial
from types import UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

from bookingapp.email.messages import KINDS, Message

Reader = Callable[[Any], Any]


def to_payload(message: Message) -> dict[str, Any]:
    """All a letter says, as JSON takes it."""
    return cast("dict[str, Any]", _plain(message))


def from_payload(kind: str, payload: dict[str, Any]) -> Message:
    """The message a row holds."""
    return cast("Message", _build(KINDS[kind].cls, payload))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if not is_dataclass(value):
        return value
    values = dict(vars(value))
    for name in _not_plain(type(value)):  # type: ignore[arg-type]
        values[name] = _plain(values[name])
    return values


@cache
def _not_plain(cls: Any) -> tuple[str, ...]:  # noqa: ANN401 (a dataclass)
    """The fields JSON does not take as they are; most are words and numbers."""
    return tuple(name for name, read in _readers(cls).items() if read is not None)


def _build(cls: Any, values: dict[str, Any]) -> object:  # noqa: ANN401 (a dataclass)
    readers = _readers(cls)
    return cls(**{
        name: value if (read := readers[name]) is None or value is None else read(value)
        for name, value in values.items()
        if name in readers
    })  # fmt: skip


@cache
def _readers(cls: Any) -> dict[str, Reader | None]:  # noqa: ANN401
    """How each field is read; None: as it is. Looked up once: asking types takes longer than reading."""
    return {name: _reader(hint) for name, hint in _hints(cls).items()}


def _reader(hint: Any) -> Reader | None:  # noqa: ANN401 (a type hint may be anything)
    if get_origin(hint) is UnionType:
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
    if hint is datetime:
        return datetime.fromisoformat
    if get_origin(hint) is tuple:
        return partial(_several, _reader(get_args(hint)[0]))
    return partial(_build, hint) if is_dataclass(hint) else None


def _several(read: Reader | None, values: list[Any]) -> tuple[Any, ...]:
    return tuple(values) if read is None else tuple(map(read, values))


@cache
def _hints(cls: Any) -> dict[str, Any]:  # noqa: ANN401
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in fields(cls)}
