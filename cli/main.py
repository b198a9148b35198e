"""Entry point: the commands of every module, as one."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.markup import escape

from cli import (
    access,
    authorizations,
    connectors,
    evidence,
    model,
    normalize,
    policy,
    portals,
    report,
    rescore,
    schema,
    servers,
    trust,
    vault,
)
from schema.errors import TaxlinkError
from vault.redaction import said

# Every command pays for what these modules import: scoring, reports and the readers of files are imported by
# the commands that need them.
# A pretty traceback would print local variables, and those can be a taxpayer's.
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Taxlink: one tap in, one scored file out.",
)
for each in (servers, authorizations, portals, normalize, report, rescore):
    app.add_typer(each.app)
app.add_typer(connectors.app, name="connector")
app.add_typer(schema.app, name="schema")
app.add_typer(policy.app, name="policy")
app.add_typer(trust.audit, name="audit")
app.add_typer(evidence.app, name="evidence")
app.add_typer(model.app, name="model")
app.add_typer(vault.app, name="vault")
app.add_typer(access.key, name="key")
app.add_typer(access.user, name="user")


def main() -> None:
    """A named error ends with its code and message, not with a traceback."""
    if not __debug__:
        sys.exit("taxlink does not run with python -O: what it asserts would go unchecked")
    try:
        app()
    except TaxlinkError as error:
        told = f"[red]{error.code}[/]: {error.message()} {error.zh}\n{escape(said(error.detail))}"
        Console(stderr=True).print(told)
        sys.exit(1)
