"""Processes that get ready, wait for a word, work, and say what it took.

A worker imports and opens what it needs, prints "ready", reads a line, works, and prints one line of
numbers: how many, wall seconds, CPU milliseconds.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from bench.house import ROOT


@dataclass(frozen=True)
class Took:
    """What a worker said."""

    done: int
    seconds: float
    cpu_ms: float


class Worker:
    """A waiting one, from outside."""

    def __init__(self, module: str, *given: str, env: dict[str, str] | None = None) -> None:
        """Start it and wait until it is ready."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *given], cwd=ROOT, env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        if self._line() != "ready":
            raise RuntimeError(f"{module} did not get ready")

    def go(self) -> Self:
        """Say the word."""
        if self.process.stdin is not None:
            self.process.stdin.write("go\n")
            self.process.stdin.flush()
        return self

    def took(self) -> Took:
        """Wait until it is done."""
        done, seconds, cpu = self._line().split()
        self.process.wait(30)
        return Took(int(done), float(seconds), float(cpu))

    def _line(self) -> str:
        line = self.process.stdout.readline() if self.process.stdout is not None else ""
        if not line:
            raise RuntimeError(f"a worker ended with {self.process.wait(30)}")
        return line.strip()


def at_once(workers: Sequence[Worker]) -> tuple[float, list[Took]]:
    """Let them all go; seconds until the last one is done."""
    started = time.monotonic()
    for worker in workers:
        worker.go()
    took = [worker.took() for worker in workers]
    return time.monotonic() - started, took


def serve(work: Callable[[], int]) -> None:
    """The worker's own side: ready, wait, work, tell."""
    print("ready", flush=True)
    sys.stdin.readline()
    began, cpu = time.monotonic(), _cpu_ms()
    done = work()
    print(done, time.monotonic() - began, _cpu_ms() - cpu, flush=True)


def _cpu_ms() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1000
