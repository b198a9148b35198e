"""The common schema, for those who read our data."""

from __future__ import annotations

import json
import sys

import typer

from schema import hubcontract, publication
from schema.dataset import Dataset
from schema.errors import InvalidRequest
from schema.hubcontract import VERSIONS

app = typer.Typer(no_args_is_help=True, help="The common schema.")


@app.command("export")
def export() -> None:
    """Write the tables as JSON Schema."""
    json.dump(publication.json_schema(), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


@app.command("docs")
def docs() -> None:
    """Write the page that describes every table: docs/schema.md."""
    sys.stdout.write(publication.markdown())


@app.command("contract")
def contract(dataset: Dataset) -> None:
    """Write the contract of the data hub for a dataset as JSON Schema."""
    if dataset not in VERSIONS:
        raise InvalidRequest(f"the data hub serves {', '.join(VERSIONS)}")
    json.dump(hubcontract.json_schema(dataset), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
