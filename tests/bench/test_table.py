"""results.json and the rows on the terminal."""

import json
from pathlib import Path

from bench import table
from bench.maths import Result


def test_results_of_names_not_run_now_stay_and_the_others_are_replaced(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    table.write([Result("rss_mib", [90.0]), Result("cpu_ms_per_mail", [1.0])], file)
    table.write([Result("rss_mib", [80.0])], file)
    kept = {entry["name"]: entry["value"] for entry in json.loads(file.read_text())["results"]}
    assert kept == {"cpu_ms_per_mail": 1.0, "rss_mib": 80.0}


def test_results_of_another_machine_do_not_mix_with_ours(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    old = {"machine": "a faster one", "results": [Result("rss_mib", [1.0]).as_json()]}
    file.write_text(json.dumps(old))
    table.write([Result("cpu_ms_per_mail", [1.0])], file)
    kept = json.loads(file.read_text())
    assert kept["machine"] == table.machine()
    assert [entry["name"] for entry in kept["results"]] == ["cpu_ms_per_mail"]


def test_a_row_names_value_targets_verdict_and_spread() -> None:
    row = table.line(Result("rss_mib", [160.0, 170.0, 180.0], "a remark")).split()
    assert row == [
        "rss_mib",
        "170",
        "MiB",
        "150",
        "100",
        "MISSED",
        "160",
        "to",
        "180",
        "(3)",
        "a",
        "remark",
    ]


def test_what_was_asked_for_and_not_measured_is_named() -> None:
    assert table.missing([Result("rss_mib", [1.0])], ["rss_mib", "seatmap_rps"]) == ["seatmap_rps"]
