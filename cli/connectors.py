"""Authoring: a new region, a new family, a recorded sign-in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.terminal import screen
from connectors.authoring import family as families
from connectors.authoring import region as regions
from connectors.authoring.drafts import save
from connectors.overlay import FOLDER
from schema.errors import InvalidRequest
from schema.region import region as known
from settings import Settings

app = typer.Typer(no_args_is_help=True, help="Write a region or a family; record a sign-in.")

CHECKOUT = Path(__file__).parents[1]
Into = Annotated[
    Path | None,
    typer.Option(
        help="Unless given: of an overlay TAXLINK_REGIONS, else the package; of a family this checkout."
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


@app.command()
def new(
    region: Annotated[str, typer.Argument(help="GB/T 2260 prefix, e.g. 53.")],
    family: Annotated[str, typer.Option(help="A family that there is: write the region's route to it.")] = "",
    new_family: Annotated[
        str, typer.Option(help="A family to be: write it, certified as this region's.")
    ] = "",
    into: Into = None,
    force: Force = False,
) -> None:
    """Write a region's overlay and its test, or the file set of a family."""
    if bool(family) is bool(new_family):
        raise typer.BadParameter("name one: --family or --new-family")
    if family:
        folder = into or Settings.from_environment().regions_folder or FOLDER
        drafts = regions.drafts(region, family, folder, force=force)
    else:
        drafts = families.drafts(new_family, region, into or CHECKOUT)
    for path in save(drafts, force=force):
        screen.print(f"written: {path}", highlight=False, soft_wrap=True)


@app.command()
def record(
    url: Annotated[str, typer.Argument(help="The portal's sign-in page.")],
    into: Annotated[Path, typer.Option(help="A folder for what was recorded.")],
    region: Annotated[
        str | None, typer.Option(help="GB/T 2260 prefix; told from the address unless given.")
    ] = None,
    family: Annotated[
        str, typer.Option(help="The browser family that the overlay is proposed for.")
    ] = "unified",
    headless: Annotated[
        bool,
        typer.Option("--headless", help="No window and nobody to sign in: the page as a visitor sees it."),
    ] = False,
    force: Force = False,
) -> None:
    """Record a sign-in in a browser window; close it when you are done. Nothing that is typed is read."""
    from connectors.authoring import proposal
    from connectors.authoring.recorder import record as recorded

    code = known(region).code if region else proposal.region_of(url)
    if into.exists() and any(into.iterdir()) and not force:
        raise InvalidRequest(f"{into} is not empty; --force writes there all the same")
    into.mkdir(parents=True, exist_ok=True)
    found = recorded(url, into, headless=headless)
    for path in save(proposal.drafts(found, code, family, into), force=True):
        screen.print(f"written: {path}", highlight=False, soft_wrap=True)
    screen.print(f"{len(found.steps)} steps over {len(found.pages)} pages; read {into / 'README.md'} next")
