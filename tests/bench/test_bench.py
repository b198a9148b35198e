"""Each benchmark runs, in a very short form, and says how it compares. No figure of it means anything."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.figures import Figure, median_ratio, write

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("api_route", [r"product ÷ bare loop: [\d.]+ \(at most 1\.5"]),
        pytest.param(
            "rpa_route", [r"product ÷ bare Playwright: [\d.]+ \(at least 0\.8"], marks=pytest.mark.browser
        ),
        (
            "waiting",
            [
                r"memory of serve.*: [\d.]+ MiB \(under 500 MiB",
                r"processor time of serve.*% of a core \(under 3%",
                r"slowest: [\d.]+ ms \(within 500 ms",
            ],
        ),
        ("large_pull", [r"product ÷ bare loop: [\d.]+ \(at most 1"]),
        (
            "vault",
            [
                r"seal \+ open of 1 KiB.*: [\d.]+ \(at most 5",
                r"seal \+ open of 1 MiB.*: [\d.]+ \(at most 1\.3",
                r"SM2 signatures.*: [\d.]+ \(at least 3",
            ],
        ),
        (
            "scoring",
            [
                r"573 columns: [\d.e+]+ ms",
                r"the same 50 columns, pandas ÷ product: [\d.e+-]+ \(at least 10",
                r"firms.* s \(at most 0\.6",
            ],
        ),
        ("decision", [r"beyond measurement: [\d.e+]+ ms \(at most 1 ms"]),
        ("vault_scale", [r"rotation of the root.* s \(under 60 s", r"slowest: [\d.]+ s \(under 1 s"]),
        (
            "portfolio",
            [r"memory: [\d.]+ MiB \(at most 2 GiB: met", r"left out: 0 \(none: met", r"twice: 0 \(none: met"],
        ),
        ("audit", [r"append, sha256: [\d.e+]+/s \(at least 5,000", r"verify, sm3: [\d.]+ s \(a million"]),
        pytest.param(
            "fleet",
            [
                r"one route, no retry: completed: \d+",
                r"one route, with retry: completed: \d+",
                r"suite: completed of what is achievable: [\d.]+% \(at least 99\.5%",
                r"completed an hour: suite ÷ one route, no retry: [\d.a-z]+ \(at least 4",
            ],
            marks=pytest.mark.browser,
        ),
    ],
)
def test_a_benchmark_runs_and_prints_what_it_found(name: str, told: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", name, "--quick"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for pattern in told:
        assert re.search(pattern, done.stdout), done.stdout


def test_a_ratio_is_the_median_over_pairs_so_that_a_noisy_round_does_not_decide() -> None:
    assert median_ratio([(1.0, 1.2), (2.0, 2.6), (1.0, 9.0)]) == pytest.approx(1.3)


def test_figures_go_between_their_markers_and_nothing_else_changes(tmp_path: Path) -> None:
    document = tmp_path / "figures.md"
    document.write_text("before\n<!-- a: figures -->\nold\n<!-- a: end -->\nafter\n", encoding="utf-8")
    write("a", "python -m bench a", [Figure("ratio", 1.234, "", "at most 2", True)], document)
    text = document.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("<!-- a: end -->\nafter\n")
    assert "old" not in text
    assert "| ratio | 1.23 | at most 2 | yes |" in text


def test_a_document_without_the_markers_is_refused(tmp_path: Path) -> None:
    document = tmp_path / "figures.md"
    document.write_text("nothing here", encoding="utf-8")
    with pytest.raises(ValueError, match="no markers"):
        write("a", "python -m bench a", [], document)
