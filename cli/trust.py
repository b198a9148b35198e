"""What keeps the house honest: the audit log."""

from __future__ import annotations

import typer

from cli.terminal import Json, desk, show
from store.database import reading

audit = typer.Typer(no_args_is_help=True, help="The audit log.")


@audit.command("verify")
def audit_verify(as_json: Json = False) -> None:
    """Check every record of the audit log. Exit code 1 when it was altered."""
    with desk() as (shop, _), reading(shop.store) as connection:
        report = shop.audit.verify(connection)
    findings = [str(finding) for finding in report.findings]
    show(
        {"intact": report.intact, "records": report.records, "head": report.head, "findings": findings},
        as_json,
    )
    if not report.intact:
        raise typer.Exit(1)
