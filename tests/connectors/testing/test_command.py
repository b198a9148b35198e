"""``taxlink certify``: what it writes, and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"TAXLINK_HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "cli", "certify", *arguments]
    return subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True)


def test_a_region_is_certified_with_both_reports(tmp_path: Path) -> None:
    done = run(tmp_path, "31", "--html", "out.html", "--json", "out.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "31.api" in done.stdout
    told = json.loads((tmp_path / "out.json").read_text())
    assert told["site"] == "sandbox"
    assert {(each["region"], each["route"], each["family"]) for each in told["results"]} == {
        ("31", "api", "gateway")
    }
    assert "上海" in (tmp_path / "out.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name one region"),
        (("31", "--all"), "name one region"),
        (("99",), "unknown_region"),
        (("31", "--route", "rpa"), "route_absent"),
    ],
)
def test_what_cannot_be_certified_is_said(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
