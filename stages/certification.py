"""Certify routes into regions: on a sandbox started for it, or at a live portal with a consenting account."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.prompt import Prompt
from rich.table import Table

from connectors.overlay import overlay
from connectors.registry import Tools, endpoint
from connectors.rpa.browser import Browser
from connectors.testing.livesite import LiveSite, Terminal
from connectors.testing.promises import PROMISES
from connectors.testing.promises.promise import Promise
from connectors.testing.report import Report
from connectors.testing.runner import Heard, certify, targets
from connectors.testing.sandboxsite import sandbox, sites
from connectors.testing.site import Reading, Site
from connectors.testing.verdict import Result, Target, Verdict
from normalizers.registry import normalize
from schema.clock import BEIJING
from schema.dataset import Dataset, Route
from schema.errors import RouteAbsent
from schema.period import Period
from schema.raw import RawPage
from schema.taxpayer_id import parse
from settings import Settings

Wanted = Mapping[Target, Sequence[type[Promise]]]
Sites = Callable[[Tools], Mapping[Target, Site]]


@dataclass(frozen=True)
class Asked:
    """What the command line asked for. ``region`` None is every region with an overlay."""

    region: str | None
    route: Route | None
    live: bool = False


def run(asked: Asked, screen: Console) -> Report:
    """Certify with a progress bar, then print what each route came to. Raises ``UnknownRegion`` and
    ``RouteAbsent``."""
    if asked.region is not None:
        overlay(asked.region)
    chosen = targets(None if asked.region is None else [asked.region], asked.route)
    if not chosen:
        raise RouteAbsent(f"{asked.region} has no {asked.route} route")
    wanted = dict.fromkeys(chosen, PROMISES)
    if asked.live:
        report = _at_terminal(chosen, screen)
    else:
        with _progress(screen, len(chosen) * len(PROMISES)) as heard:
            report = on_sandbox(wanted, heard)
    _print(report, screen)
    return report


def on_sandbox(wanted: Wanted, heard: Heard = lambda result: None) -> Report:
    """Each target's promises at portals of the sandbox. Raises ``PortalUnavailable`` when they do not
    start."""
    begun_at, begun = datetime.now(BEIJING), time.monotonic()
    with sandbox(sorted({target.region for target in wanted})) as portals, _browser() as tools:
        results = certify(wanted, sites(portals, tools, wanted), read, heard)
    return Report("sandbox", begun_at, time.monotonic() - begun, results)


def read(dataset: Dataset, pages: Sequence[RawPage]) -> Reading:
    """A dataset's pages as the house reads them. See ``connectors.testing.site.Reader``."""
    name = str(dataset)
    tables = normalize(dataset, pages, [f"{name}-{page.sequence}" for page in pages]).tables
    if (table := tables.get(name)) is None:
        return Reading(0, frozenset())
    owned = table["taxpayer_id"] if dataset is Dataset.TAXPAYER else ()
    return Reading(table.height, frozenset(map(str, owned)))


def _at_terminal(chosen: Sequence[Target], screen: Console) -> Report:
    """One route after the other: there is one person to ask."""
    begun_at, begun, results = datetime.now(BEIJING), time.monotonic(), list[Result]()
    terminal = Terminal(
        ask=lambda question, secret: Prompt.ask(question, console=screen, password=secret, default=""),
        tell=screen.print,
    )
    taxpayer_id = parse(terminal.ask("Company id (统一社会信用代码) of the consenting company", False))
    person_id = terminal.ask("Id number of the person who acts for it", False)
    empty = _period(
        terminal.ask("A period without invoices and returns, 2021-01-01..2021-03-31, or nothing", False)
    )
    file = Settings.from_environment().endpoints_file
    listed = json.loads(file.read_text()) if file else {}
    with _browser() as tools:
        for target in chosen:
            reached = endpoint(target.region, Route(target.route), listed)
            site = LiveSite(reached, tools, taxpayer_id, person_id, terminal, empty)
            results += certify({target: PROMISES}, {target: site}, read, lambda result: _tell(result, screen))
    return Report("live", begun_at, time.monotonic() - begun, results)


def _period(text: str) -> Period | None:
    start, _, end = text.partition("..")
    return Period(start=date.fromisoformat(start), end=date.fromisoformat(end)) if end else None


@contextmanager
def _browser() -> Iterator[Tools]:
    """The one browser of all targets; Chromium itself starts when the first page is opened."""
    browser = Browser()
    try:
        yield Tools(browser=lambda: browser)
    finally:
        browser.close()


@contextmanager
def _progress(screen: Console, total: int) -> Iterator[Heard]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen) as bar:
        task = bar.add_task("promises", total=total)

        def heard(result: Result) -> None:
            bar.update(task, advance=1, description=f"{result.target.name:9}")
            if result.verdict is Verdict.BROKEN:
                _tell(result, screen)

        yield heard


def _tell(result: Result, screen: Console) -> None:
    colour = {Verdict.KEPT: "green", Verdict.BROKEN: "red", Verdict.NOT_APPLICABLE: "dim"}[result.verdict]
    screen.print(f"[{colour}]{result.target.name} {result.promise}: {result.verdict}[/]", highlight=False)
    screen.print(f"    {result.message}", markup=False, highlight=False)


def _print(report: Report, screen: Console) -> None:
    table = Table("route", "family", "kept", "broken", "not applicable", "seconds")
    for target, results in report.by_target().items():
        found = {verdict: sum(each.verdict is verdict for each in results) for verdict in Verdict}
        seconds = f"{sum(each.seconds for each in results):.1f}"
        table.add_row(target.name, target.family, *(str(found[verdict]) for verdict in Verdict), seconds)
    screen.print(table)
    told = ", ".join(f"{count} {verdict.replace('_', ' ')}" for verdict, count in report.counts().items())
    screen.print(f"{told} in {report.seconds:.0f} s")
