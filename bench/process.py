"""What the kernel says of a process: its CPU time, its memory, its children."""

import psutil  # type: ignore[import-untyped]


def cpu_ms(pid: int) -> float:
    """User and system time a process has used so far, in milliseconds."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system) * 1000


def rss_mib(pid: int) -> float:
    """Memory a process holds."""
    return float(psutil.Process(pid).memory_info().rss) / 2**20


def children(pid: int) -> dict[int, str]:
    """A process's children and their command lines."""
    found = psutil.Process(pid).children(recursive=True)
    return {child.pid: " ".join(child.cmdline()) for child in found}
