"""The evidence of one authorization as a file, and the check of such a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.terminal import Json, desk, screen, show
from stages.evidencefile import exported
from verifier import evidence

app = typer.Typer(no_args_is_help=True, help="The evidence of an authorization.")


@app.command("export")
def export(
    authorization_id: str,
    out: Annotated[Path | None, typer.Option(help="The file to write; ID.zip unless told.")] = None,
) -> None:
    """Write the evidence file of an authorization, for a court to follow. It is on record that it was."""
    path = out or Path(f"{authorization_id}.zip")
    with desk() as (shop, _):
        path.write_bytes(exported(shop, authorization_id, actor="operator"))
    screen.print(f"{path}, {path.stat().st_size:,} bytes")


@app.command("verify")
def verify(
    file: Path,
    key: Annotated[Path | None, typer.Option(help="The log's public key (PEM), from elsewhere.")] = None,
    as_json: Json = False,
) -> None:
    """Check an evidence file without a database; name what is broken. Exit code 1 when something is."""
    try:
        broken = evidence.problems(evidence.unpacked(file.read_bytes()), [key.read_text()] if key else [])
    except evidence.BadEvidence as error:
        broken = [str(error)]
    show({"intact": not broken, "broken": broken}, as_json)
    if broken:
        raise typer.Exit(1)
