"""Every number's name, its unit, and what it must and should reach."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """`must` binds, `aim` is what we are after. `more`: larger is better."""

    name: str
    unit: str
    must: float | None
    aim: float | None
    more: bool = False


TARGETS = {
    target.name: target
    for target in (
        Target("drain_vs_seed_design", "x", 6, 12, more=True),
        Target("cpu_ms_per_mail", "ms", 2.5, 1.2),
        Target("rtt_share_of_limit", "share", 0.8, 0.95, more=True),
        Target("commit_to_accepted_ms_p50", "ms", 25, 8),
        Target("commit_to_accepted_ms_p99", "ms", 100, 30),
        Target("outbox_row_ms", "ms", 0.3, 0.1),
        Target("page_p95_ratio_while_draining", "x", 1.5, 1.3),
        Target("rss_mib", "MiB", 150, 100),
        Target("programme_page_cpu_ms", "ms", 4, 1.5),
        Target("seatmap_cpu_ms", "ms", 8, 3),
        Target("purchases_per_s_1", "1/s", None, None, more=True),
        Target("purchases_per_s_8", "1/s", 15, 30, more=True),
        Target("purchases_per_s_32", "1/s", None, None, more=True),
        Target("programme_rps", "1/s", None, None, more=True),
        Target("seatmap_rps", "1/s", None, None, more=True),
        Target("purchase_cpu_ms", "ms", 60, 25),
        Target("history_cost_ratio", "x", 1.3, 1.1),
    )
}
