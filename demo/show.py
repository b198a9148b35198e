"""``taxlink demo``: loan applications over three regions on real processes, and what became of them."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from connectors.testing.portals import Portals
from demo import real, stories, users
from demo.clients import LoanSystem
from demo.processes import House
from demo.stories import Story

HOME = Path("var/demo")
AT_A_TIME = 6


@dataclass
class Told:
    """How one story ended."""

    story: Story
    seconds: float
    authorization: dict[str, Any]
    score: dict[str, Any] | None
    invoices: int | None
    note: str

    @property
    def as_expected(self) -> bool:
        state, error = self.authorization["state"], (self.authorization["error"] or {}).get("code")
        return (state, error) == (self.story.state, self.story.error) and not self.note.startswith("✗")

    def row(self) -> dict[str, Any]:
        score = self.score or {}
        return {
            "region": f"{self.authorization['region']['code']} {self.authorization['region']['zh']}",
            "story": self.story.title,
            "route": self.authorization["route"],
            "state": self.authorization["state"],
            "error": (self.authorization["error"] or {}).get("code"),
            "seconds": round(self.seconds, 1),
            "invoices": self.invoices,
            "score": score.get("score"),
            "decision": score.get("decision"),
            "limit": score["limit"]["limit_fen"] // 100 if score else None,
            "rate": score["rate"]["annual_rate"] if score else None,
            "note": self.note,
            "as_expected": self.as_expected,
        }


def run(companies: Path | None, *, keep: bool, as_json: bool, screen: Console) -> int:
    """Run the stories; 0 when every one ended as it should."""
    shutil.rmtree(HOME, ignore_errors=True)
    talk = Console(stderr=True) if as_json else screen
    with House(HOME.absolute(), _variables()) as house:
        sandbox, plan = (real.sandbox(companies), real.plan) if companies else (stories.SANDBOX, stories.plan)
        (HOME / "watchlists.json").write_text('{"abnormal": {}, "controlled_numbers": []}')
        key = house.issue_key("demo")
        house.add_users()
        house.start(*sandbox)
        loans = LoanSystem(house.url, key)
        portals = Portals(house.endpoints())
        told = _tell(plan(portals, companies), loans, talk)
        if as_json:
            screen.print_json(data=[each.row() for each in told])
        else:
            screen.print(_table(told))
        talk.print(f"Console: {house.url}/console   API key: {key}")
        talk.print(*users.lines(house.home), "  later codes: make codes", sep="\n", highlight=False)
        _linger(house, talk, keep)
    return 0 if all(each.as_expected for each in told) else 1


def _variables() -> dict[str, str]:
    HOME.mkdir(parents=True, exist_ok=True)
    return {"TAXLINK_WATCHLISTS": str((HOME / "watchlists.json").absolute())}


def _tell(plan: list[list[Story]], loans: LoanSystem, talk: Console) -> list[Told]:
    """Wave by wave, six stories at a time."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    told: list[Told] = []
    with Progress(*columns, TimeElapsedColumn(), console=talk, transient=True) as progress:
        bar = progress.add_task("loan applications", total=sum(len(wave) for wave in plan))
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            for wave in plan:
                for each in pool.map(lambda story: _one(story, loans), wave):
                    told.append(each)
                    progress.advance(bar)
    return told


def _one(story: Story, loans: LoanSystem) -> Told:
    started = time.monotonic()
    submitted = loans.submit(story.application)
    with story.around():
        story.act(submitted)
    seconds = time.monotonic() - started
    authorization = loans.get(submitted["id"])
    scored = authorization["progress"] == "done"
    tables = loans.get(submitted["id"], "datasets")["tables"] if scored else {}
    return Told(
        story,
        seconds,
        authorization,
        loans.get(submitted["id"], "score") if scored else None,
        tables.get("invoice"),
        story.check(loans, submitted["id"]) if scored else "",
    )


def _table(told: list[Told]) -> Table:
    headings: dict[str, Callable[[Any], str]] = {
        "region": str,
        "story": str,
        "route": lambda route: route or "–",
        "state": str,
        "seconds": str,
        "invoices": lambda count: f"{count:,}" if count is not None else "–",
        "score": lambda points: f"{points:.0f}" if points is not None else "–",
        "decision": lambda decision: decision or "–",
        "limit": lambda amount: f"¥{amount:,}" if amount is not None else "–",
        "rate": lambda rate: f"{rate:.2%}" if rate else "–",
        "note": str,
    }
    table = Table(*headings, title="Taxlink demonstration: synthetic portals, uncalibrated score")
    for each in told:
        row = each.row()
        row["state"] = f"{row['state']} ({row['error']})" if row["error"] else row["state"]
        style = None if each.as_expected else "red"
        table.add_row(*(show(row[name]) for name, show in headings.items()), style=style)
    return table


def _linger(house: House, talk: Console, keep: bool) -> None:
    """Somebody at a terminal looks around until Enter; a script goes on at once."""
    if keep or (sys.stdin.isatty() and sys.stdout.isatty()):
        talk.print("The console stays open until you press Enter.")
        input()
    else:
        talk.print(f"To look around again: make console   (TAXLINK_HOME={house.home})")
