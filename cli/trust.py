"""What keeps the house honest: the audit log and the keys of its callers."""

from __future__ import annotations

import typer

from cli.terminal import Json, desk, show
from store.database import reading

audit = typer.Typer(no_args_is_help=True, help="The audit log.")
key = typer.Typer(no_args_is_help=True, help="API keys of loan systems.")


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


@key.command("issue")
def key_issue(name: str, tenant: str = "bank", as_json: Json = False) -> None:
    """A new bearer key with the secret that signs its webhooks. Both are shown once."""
    with desk() as (shop, _):
        bearer, signing = shop.api_keys.issue(tenant, name)
        show({"bearer": bearer, "webhook_secret": signing}, as_json)
