"""docs/security.md names files and tests that exist, and every row says which test, or that there is none."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
QUOTED = sorted(set(re.findall(r"`([^`\n]+)`", PAGE)))
TESTS = [each for each in QUOTED if "::" in each]
PATHS = [each for each in QUOTED if re.fullmatch(r"[a-z_/0-9]+(\.(py|toml|md)|/)", each)]


@pytest.mark.parametrize("path", PATHS)
def test_a_file_that_is_named_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("named", TESTS)
def test_a_test_that_is_named_exists(named: str) -> None:
    file, _, name = named.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_every_row_that_promises_names_its_test_or_says_that_there_is_none() -> None:
    rows = header = 0
    for line in PAGE.splitlines():
        cells = [each.strip() for each in line.strip("|").split("|")]
        if not line.startswith("|"):
            header = 0
        elif cells[-1] == "test":
            header = 1
        elif header and not cells[-1].startswith("---"):
            rows += 1
            assert "::" in cells[-1] or cells[-1].startswith("none: "), line
    assert rows > 60
