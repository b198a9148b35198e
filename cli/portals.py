"""The regions' portals: how their routes stand, and whether they keep their promises."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.terminal import Json, screen, show, table, workshop
from schema.clock import BEIJING
from schema.dataset import Route
from schema.region import REGIONS
from settings import Settings
from stages import health

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
