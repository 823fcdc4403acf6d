"""How large a scenario is, and where it plays: small always, full size under the mark `torture`."""

from collections.abc import Iterator, Sequence

import pytest

BOTH = ("sqlite", "postgresql")
SMALL_SECONDS, FULL_SECONDS = 300, 3600


def sizes(
    small: int, full: int, *, small_on: Sequence[str] = BOTH, full_on: Sequence[str] = BOTH
) -> pytest.MarkDecorator:
    """Give a test `ground` (an engine's) and `size`, twice: for `make test` and `make torture`."""
    return pytest.mark.parametrize(
        ("ground", "size"),
        [*_small(small, small_on), *_full(full, full_on)],
        indirect=["ground"],
    )


def _small(size: int, engines: Sequence[str]) -> Iterator[object]:
    # a busy machine makes everything slow; that fails nothing
    for engine in engines:
        slow = pytest.mark.timeout(SMALL_SECONDS)
        yield pytest.param(engine, size, id=f"{engine}-small", marks=slow)


def _full(size: int, engines: Sequence[str]) -> Iterator[object]:
    for engine in engines:
        marks = [pytest.mark.torture, pytest.mark.timeout(FULL_SECONDS)]
        yield pytest.param(engine, size, id=f"{engine}-full", marks=marks)
