"""What the security scan lets pass: what was reviewed, as often as it was reviewed, and nothing else."""

import runpy
import tomllib
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
security = SimpleNamespace(**runpy.run_path(str(ROOT / "setup" / "security.py")))
REVIEWED = tomllib.loads((ROOT / "setup" / "security.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("found", "reviewed", "complaint"),
    [
        ([("B1", "a.py")], [], "a.py: 1 new B1"),
        ([("B1", "a.py")] * 2, [("B1", "a.py")], "a.py: 1 new B1"),
        ([("B1", "b.py")], [("B1", "a.py")], "b.py: 1 new B1"),
        ([], [("B1", "a.py")], "a.py: 1 reviewed B1 no longer there"),
        ([], [("B1", "*")], "B1: reviewed everywhere, found nowhere"),
    ],
)
def test_a_new_finding_and_a_stale_review_are_told(found: list, reviewed: list, complaint: str) -> None:
    assert complaint in list(security.unreviewed(Counter(found), Counter(reviewed)))


def test_what_was_reviewed_passes() -> None:
    found = Counter({("B1", "a.py"): 2, ("B2", "a.py"): 1, ("B2", "b.py"): 5})
    assert not list(security.unreviewed(found, Counter({("B1", "a.py"): 2, ("B2", "*"): 1})))


def test_every_review_says_why_and_one_rule_alone_is_reviewed_everywhere() -> None:
    entries = REVIEWED["bandit"] + REVIEWED["secrets"]
    assert all(len(each["why"]) > 5 for each in entries)
    assert [each["rule"] for each in entries if "*" in each["files"]] == ["B101"]
