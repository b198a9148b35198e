"""Tables in Markdown, and a section of a page that is written anew."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from scoring.training.measures import Calibration

HEADING = "## Results"


def written(page: str, section: str) -> str:
    """The page with the section in the place of its older self, or at the end."""
    found = re.search(rf"^{HEADING}\n.*?(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    if found is None:
        return page.rstrip("\n") + "\n\n" + section
    return page[: found.start()] + section + ("\n" if found.end() < len(page) else "") + page[found.end() :]


def rewrite(path: Path, section: str) -> None:
    """Writes the section into the page."""
    path.write_text(written(path.read_text(encoding="utf-8"), section), encoding="utf-8")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def reliability(one: Calibration) -> str:
    """Mean probability and rate of default by fifth."""
    return table(
        ["fifth", "firms", "mean PD", "defaulted"],
        [[str(n + 1), str(f), f"{pd:.3f}", f"{rate:.3f}"] for n, (pd, rate, f) in enumerate(one.bins)],
    )
