"""What keeps the house honest: the audit log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from authz.audit import Value, export
from cli.terminal import Json, desk, screen, show
from schema.errors import AuditBroken
from store.database import reading
from verifier import layout
from verifier.chain import Finding
from verifier.notes import BadCheckpoint

audit = typer.Typer(no_args_is_help=True, help="The audit log.")
Kept = Annotated[
    list[Path] | None, typer.Option("--checkpoint", help="A checkpoint kept elsewhere; may be repeated.")
]


@audit.command("verify")
def audit_verify(
    folder: Annotated[Path | None, typer.Option("--export", help="An export in place of the store.")] = None,
    key: Annotated[Path | None, typer.Option(help="The log's public key (PEM), from elsewhere.")] = None,
    checkpoint: Kept = None,
    as_json: Json = False,
) -> None:
    """Check every record of the audit log. Exit code 1 when it was altered."""
    kept = [path.read_text() for path in checkpoint or []]
    keys = [key.read_text()] if key else []
    if folder is not None:
        try:
            chain, findings = layout.verified(folder, keys, kept)
        except layout.BadExport as error:
            raise AuditBroken(str(error)) from None
        records, head, clock_back = chain.count, chain.head.hex(), chain.clock_back
    else:
        with desk() as (shop, _), reading(shop.store) as connection:
            try:
                report = shop.audit.verify(connection, keys or [shop.checkpoints.public_key], kept)
            except BadCheckpoint as error:
                raise AuditBroken(f"a checkpoint kept elsewhere cannot be trusted: {error}") from None
        findings = list(report.findings)
        records, head, clock_back = report.records, report.head, list(report.clock_back)
    told = {"intact": not findings, "records": records, "head": head, "findings": _told(findings)}
    show(told | ({"clock_back": clock_back} if clock_back else {}), as_json)
    if findings:
        raise typer.Exit(1)


@audit.command("checkpoint")
def audit_checkpoint(
    out: Annotated[Path | None, typer.Option(help="Write it to this file, to be kept elsewhere.")] = None,
) -> None:
    """Sign the audit log as it is now and print the checkpoint."""
    with desk() as (shop, _):
        note = shop.checkpoints.make()
    if out is not None:
        out.write_text(note)
    typer.echo(note, nl=False)


@audit.command("key")
def audit_key() -> None:
    """The public key that checkpoints verify under (PEM); give it to whoever is to check exports."""
    with desk() as (shop, _):
        typer.echo(shop.checkpoints.public_key, nl=False)


@audit.command("prove")
def audit_prove(
    seq: Annotated[int, typer.Argument(help="The record's number; with --since, a checkpoint's size.")],
    since: Annotated[
        bool, typer.Option("--since", help="Prove that the log still begins with that checkpoint.")
    ] = False,
) -> None:
    """Prove that a record is in the log of the newest checkpoint, or that the log only grew. Prints JSON."""
    with desk() as (shop, _):
        note = shop.checkpoints.make()
        newest = shop.checkpoints.opened(note)
        with reading(shop.store) as connection:
            try:
                if since:
                    first = shop.checkpoints.newest(seq)
                    if first is None or first.size != seq:
                        raise typer.BadParameter("there is no checkpoint of this size")
                    proof = export.consistency(connection, first, newest)
                else:
                    proof = export.inclusion(connection, seq, note, newest)
            except ValueError as error:
                raise typer.BadParameter(str(error)) from None
    show(proof, True)


@audit.command("export")
def audit_export(
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    openings: Annotated[
        bool,
        typer.Option("--openings", help="With subjects and data: such a copy can never be unlinked."),
    ] = False,
) -> None:
    """Write the log as JSON lines with its checkpoints and the verifier: python -m verifier FOLDER. That it
    was written is on record."""
    with desk() as (shop, _):
        about: dict[str, Value] = {"openings": openings}
        with shop.store.begin() as connection:
            shop.audit.append(
                connection, actor="operator", action="audit.exported", subject="audit", data=about
            )
        size = shop.checkpoints.opened(shop.checkpoints.make()).size
        with reading(shop.store) as connection:
            lines = export.lines(connection, size, openings=openings)
            export.written(
                connection,
                folder,
                shop.checkpoints.public_key,
                track(lines, "records", total=size, console=screen, transient=True),
            )
    screen.print(f"{size} records in {folder}")


def _told(findings: list[Finding]) -> list[dict[str, object]]:
    return [{"found": each.tampering, "seq": each.seq, "until": each.until} for each in findings]
