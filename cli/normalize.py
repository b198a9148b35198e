"""``taxlink normalize``: what a file is, what it holds, and what of it could not be read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.terminal import Json, screen, show, table
from schema.money import yuan
from stages.export import Format, pieces

if TYPE_CHECKING:
    from normalizers.handover import Outcome, Summary

app = typer.Typer()
_FAILED = 1
_COLOURS = {"info": "dim", "warning": "yellow", "error": "red"}
_SHOWN = 20


@app.command("normalize")
def normalize(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True)],
    owner: Annotated[
        str | None,
        typer.Option(help="Id of the company the files are of: tells issued from received."),
    ] = None,
    out: Annotated[Path | None, typer.Option(file_okay=False, help="Folder to write the tables to.")] = None,
    form: Annotated[Format, typer.Option("--format", help="Of the tables written.")] = Format.PARQUET,
    as_json: Json = False,
) -> None:
    """Tell of each file its format, rows, period, sums and findings, and what could not be read and where."""
    from normalizers import handover
    from normalizers.documents import Document

    at = datetime.now(UTC)
    outcomes = [
        outcome
        for file in files
        for outcome in handover.read(Document(file.name, file.read_bytes(), at, owner=owner))
    ]
    if out is not None:
        for outcome in outcomes:
            _write(outcome, out, form)
    if as_json:
        show([_told(outcome) for outcome in outcomes], as_json=True)
    else:
        for outcome in outcomes:
            _print(outcome)
    if any(outcome.error for outcome in outcomes):
        raise typer.Exit(_FAILED)


def _told(outcome: Outcome) -> dict[str, Any]:
    from normalizers.handover import summary

    told: dict[str, Any] = {"file": outcome.document.name, "bytes": len(outcome.document.content)}
    if outcome.error:
        return told | {"error": outcome.error.code, "where": outcome.error.detail}
    assert outcome.reader is not None
    assert outcome.normalized is not None
    found = summary(outcome.normalized)
    return told | {
        "format": outcome.reader.parser,
        "dataset": outcome.reader.dataset,
        "rows": found.rows,
        "period": found.days,
        "sums": {
            key: {name.removesuffix("_fen"): str(yuan(fen)) for name, fen in sums.items()}
            for key, sums in found.sums.items()
        },
        "findings": [
            {"code": each.code, "severity": each.severity, "detail": each.detail}
            for each in outcome.normalized.findings
        ],
    }


def _print(outcome: Outcome) -> None:
    from normalizers.handover import summary

    name = outcome.document.name
    if outcome.error:
        screen.print(f"[bold]{name}[/]  [red]{outcome.error.code}[/] {outcome.error.zh}")
        screen.print(f"  {outcome.error.detail}", markup=False)
        return
    assert outcome.reader is not None
    assert outcome.normalized is not None
    found = summary(outcome.normalized)
    days = "{} – {}".format(*found.days) if found.days else "no days"
    rows = ", ".join(f"{count} {each}" for each, count in found.rows.items())
    screen.print(f"[bold]{name}[/]  [green]{outcome.reader.parser}[/]  {days}  {rows}")
    if found.sums:
        screen.print(_sums(found))
    for each in outcome.normalized.findings[:_SHOWN]:
        colour = _COLOURS[each.severity]
        screen.print(f"  [{colour}]{each.code}[/] ", end="")
        screen.print(each.detail, markup=False)
    if (more := len(outcome.normalized.findings) - _SHOWN) > 0:
        screen.print(f"  and {more} findings more: --json has all")


def _sums(found: Summary) -> Any:
    columns = list(next(iter(found.sums.values())))
    header = ["", *(column.removesuffix("_fen") for column in columns)]
    rows = [[key, *(f"{yuan(sums[column]):,}" for column in columns)] for key, sums in found.sums.items()]
    return table(header, rows)


def _write(outcome: Outcome, folder: Path, form: Format) -> None:
    """``<file>.<table>.<format>`` for each table; a file that could not be read leaves nothing."""
    if outcome.normalized is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    stem = outcome.document.name.replace("/", "_")
    for name, frame in outcome.normalized.tables.items():
        with (folder / f"{stem}.{name}.{form}").open("wb") as file:
            file.writelines(pieces(frame, form))
