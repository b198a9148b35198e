"""The policy that decisions follow: checking an edited one, exporting its decision table."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schema.errors import InvalidRequest

if TYPE_CHECKING:
    from scoring.policy.model import Policy

app = typer.Typer(no_args_is_help=True, help="The policy that decisions follow.")

Folder = Annotated[Path | None, typer.Argument(help="A policy folder; the one in use when left out.")]


@app.command("check")
def check(folder: Folder = None) -> None:
    """Check a policy against the catalogue, and write its version and the hash to pin."""
    policy = chosen(folder)
    sys.stdout.write(f"{policy.version} {policy.sha256}\n")


@app.command("routes")
def routes(folder: Folder = None) -> None:
    """Write the table of approval routes as a JSON Decision Model (JDM)."""
    from scoring.routes import jdm

    json.dump(jdm(chosen(folder).routes), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def chosen(folder: Path | None) -> Policy:
    """The policy in this folder, or the one in force. Raises ``InvalidRequest``."""
    from scoring.policy.loader import load, load_folder

    if folder is None:
        return load()
    try:
        return load_folder(folder)
    except (ValueError, OSError) as error:
        raise InvalidRequest(str(error)) from error
