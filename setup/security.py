#!/usr/bin/env python3
"""bandit over every room and a secret scan over every tracked file. What was looked at by a person and found
harmless stands in security.toml with the reason; anything else ends with exit code 1, and so does a review of
something that is no longer there."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
TOOLS = Path(sys.executable).parent

Finding = tuple[str, str]
"""(rule, file)."""


def unreviewed(found: Counter[Finding], reviewed: Counter[Finding]) -> Iterator[str]:
    """What differs: a finding more than was reviewed, or a review more than is found. ``*`` as the file
    stands for every file, however many findings."""
    everywhere = {rule for rule, file in reviewed if file == "*"}
    for rule in sorted(everywhere - {rule for rule, _ in found}):
        yield f"{rule}: reviewed everywhere, found nowhere"
    for rule, file in sorted({*found, *reviewed}):
        number, known = found[rule, file], reviewed[rule, file]
        if rule not in everywhere and number > known:
            yield f"{file}: {number - known} new {rule}"
        if rule not in everywhere and number < known:
            yield f"{file}: {known - number} reviewed {rule} no longer there"


def bandit() -> list[dict[str, Any]]:
    """Every finding of every severity in Python that is shipped or run, tests apart."""
    rooms = [each for each in tracked("*.py") if not each.startswith("tests/")]
    told = output([str(TOOLS / "bandit"), "-q", "-f", "json", *rooms])
    results: list[dict[str, Any]] = json.loads(told)["results"]
    return [
        {"rule": each["test_id"], "file": each["filename"].removeprefix("./"), **each} for each in results
    ]


def secrets() -> list[dict[str, Any]]:
    """Every string in a tracked file, tests included, that looks like a key, a token or a password."""
    told = output([str(TOOLS / "detect-secrets"), "scan", "--no-verify"])
    results: dict[str, list[dict[str, Any]]] = json.loads(told)["results"]
    return [{"rule": each["type"], "file": file, **each} for file, found in results.items() for each in found]


def tracked(pattern: str) -> list[str]:
    return [each for each in output(["git", "ls-files", pattern]).splitlines() if (ROOT / each).exists()]


def output(command: list[str]) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout


def main() -> int:
    known = tomllib.loads((HERE / "security.toml").read_text())
    complaints: list[str] = []
    for name, findings in (("bandit", bandit()), ("secrets", secrets())):
        found = Counter((each["rule"], each["file"]) for each in findings)
        reviewed = Counter[Finding]()
        for each in known[name]:
            for file in each["files"]:
                reviewed[each["rule"], file] += 1
        print(f"{name}: {found.total()} findings, {len(known[name])} reviews")
        complaints += unreviewed(found, reviewed)
    for each in complaints:
        print(each)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
