"""The portfolio scored anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from cli.policy import chosen
from cli.terminal import Json, screen, show, table, workshop
from schema.money import yuan
from settings import Settings

app = typer.Typer()


@app.command()
def rescore(
    name: Annotated[str, typer.Argument(help="Its name. The same name goes on with what is left.")],
    policy: Annotated[
        Path | None, typer.Option(help="A policy's folder; the one in force unless told.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Score every firm anew from its sealed snapshot; no decision is changed. Shows what would differ."""
    from stages import rescoring

    wanted = chosen(policy)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with workshop(Settings.from_environment(), "rescore") as shop:
        with Progress(*columns, console=screen, transient=True) as bar:
            task = bar.add_task("")
            for done, total in rescoring.rescore(shop, name, wanted):
                bar.update(task, completed=done, total=total)
        found = rescoring.changes(shop, name)
    rows = [
        [
            each["before"] or "–",
            each["after"],
            f"{each['firms']:,}",
            f"{yuan(each['limit_before_fen'] or 0):,}",
            f"{yuan(each['limit_after_fen'] or 0):,}",
        ]
        for each in found
    ]
    show(found, as_json, table(["decided", "now", "firms", "limits decided", "limits now"], rows))
