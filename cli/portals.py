"""The regions' portals: how their routes stand, what has drifted, and whether they keep their promises."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from cli.terminal import Json, screen, show, table, workshop
from connectors.overlay import overlay
from connectors.places import Place
from schema.clock import BEIJING
from schema.dataset import Route
from schema.region import REGIONS
from settings import Settings
from stages import canaries, health
from stages import doctor as drift
from stages.workshop import Workshop

app = typer.Typer()


@app.command()
def regions(as_json: Json = False) -> None:
    """Every region with its routes and how they stand: breaker, maintenance window, visits and limit."""
    with workshop(Settings.from_environment(), "cli") as shop:
        found = list(health.routes(shop))
    header = ["code", "region", "route", "family", "address", "verified", "breaker", "closed_until", "visits"]
    rows = [
        [
            each.place.region,
            f"{REGIONS[each.place.region].zh} {REGIONS[each.place.region].en}",
            each.place.route,
            each.family,
            each.address,
            "yes" if each.verified else "no",
            each.breaker,
            each.closed_until.astimezone(BEIJING).isoformat(timespec="minutes") if each.closed_until else "",
            f"{each.under_way}/{each.concurrency}" + (f" +{each.waiting}" if each.waiting else ""),
        ]
        for each in found
    ]
    show([dict(zip(header, row, strict=True)) for row in rows], as_json, table(header, rows))


@app.command()
def doctor(
    region: Annotated[str | None, typer.Argument(help="GB/T 2260 prefix, e.g. 44.")] = None,
    route: Annotated[Route | None, typer.Option(help="With --accept: one route alone.")] = None,
    probe: Annotated[bool, typer.Option(help="Send the anonymous canaries now.")] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="What the region shows now counts as right: you have looked.")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write the report as a page, with pictures.")] = None,
    as_json: Json = False,
) -> None:
    """Which portal has drifted: the region, the step, and what changed. Exit code 1 when one has."""
    if region is None and accept:
        raise typer.BadParameter("name the region whose pages you have looked at")
    with workshop(Settings.from_environment(), "cli") as shop:
        if probe:
            places = _places(shop, region)
            looking = canaries.look_at(shop, places)
            for _ in track(looking, "canaries", total=len(places), console=screen, disable=as_json):
                pass
        if region is not None and accept:
            drift.accept(shop, region, route)
        report = drift.examine(shop, region)
    if html is not None:
        html.write_text(report.html(), encoding="utf-8")
    header = ["region", "route", "step", "since", "what changed", "what to do"]
    rows = [
        [
            f"{each.place.region} {REGIONS[each.place.region].zh}",
            each.place.route,
            each.step,
            each.since.astimezone(BEIJING).isoformat(timespec="minutes"),
            "\n".join(each.changed),
            each.advice,
        ]
        for each in report.drifts
    ]
    if not as_json:
        screen.print(", ".join(f"{count} {standing}" for standing, count in report.counts().items()))
    if rows or as_json:
        show(report.plain(), as_json, table(header, rows))
    if report.drifts:
        raise typer.Exit(1)


def _places(shop: Workshop, region: str | None) -> list[Place]:
    """All routes of the region asked for; else those that this deployment works with."""
    if region is None:
        return canaries.watched(shop)
    return [Place(region, each) for each in overlay(region).routes]


@app.command()
def certify(
    region: Annotated[str | None, typer.Argument(help="GB/T 2260 prefix, e.g. 44.")] = None,
    route: Annotated[Route | None, typer.Option(help="One route alone.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every region with an overlay.")] = False,
    at_live: Annotated[
        bool, typer.Option("--live", help="The real portal, with a consenting account at this terminal.")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write the report as a page.")] = None,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the report as JSON.")] = None,
) -> None:
    """Check every promise of a region's routes. Exit code 1 when one is broken."""
    from stages.certification import Asked, run

    if (region is None) is not every:
        raise typer.BadParameter("name one region, or --all")
    report = run(Asked(region, route, at_live), screen)
    for file, content in ((html, report.html), (as_json, report.json)):
        if file is not None:
            file.write_text(content(), encoding="utf-8")
            screen.print(f"report: {file}")
    if report.broken:
        raise typer.Exit(1)
