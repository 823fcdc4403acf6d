"""`python -m bench [NAME…]`: run the benchmarks, print the table, write results.json."""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from bench import (
    acceptance,
    drain,
    history,
    house,
    memory,
    pages,
    purchases,
    round_trips,
    row,
    sinks,
    table,
    while_draining,
)
from bench.house import House
from bench.maths import Result
from bench.targets import TARGETS

BENCHMARKS: tuple[ModuleType, ...] = (
    drain,
    round_trips,
    acceptance,
    row,
    while_draining,
    memory,
    pages,
    purchases,
    history,
)


def main(names: list[str]) -> int:
    """Exit 1 when something asked for could not be measured; a missed target is only told."""
    if unknown := [name for name in names if name not in TARGETS]:
        print(f"Unknown: {', '.join(unknown)}. Known: {', '.join(TARGETS)}")
        return 2
    asked = names or list(TARGETS)
    chosen = [module for module in BENCHMARKS if set(module.NAMES) & set(asked)]
    with tempfile.TemporaryDirectory(prefix="matinee-bench-") as folder, sinks.quick() as sink:
        print(f"{table.machine()}; mails go to {sink.name}", flush=True)
        built = house.build(Path(folder), sink)
        print(table.heading(), flush=True)
        results = [result for module in chosen for result in _run(module.run, built)]
    table.write(results)
    for name in table.missing(results, asked):
        print(f"{name}: not measured")
    return 1 if table.missing(results, asked) else 0


def _run(benchmark: Callable[[House], list[Result]], built: House) -> list[Result]:
    """One group; what breaks it is told, and the others go on."""
    started = time.monotonic()
    try:
        results = benchmark(built)
    except Exception as error:  # noqa: BLE001 (the other benchmarks are worth having)
        print(
            f"{benchmark.__module__} broke: {type(error).__name__}: {error}",
            file=sys.stderr,
            flush=True,
        )
        return []
    for result in results:
        print(table.line(result), flush=True)
    print(
        f"  ({benchmark.__module__.removeprefix('bench.')}: {time.monotonic() - started:.0f} s)",
        flush=True,
    )
    return results


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
