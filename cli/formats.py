"""``python -m cli.formats FOLDER > docs/formats.md``: what becomes of every real file of a folder."""

from __future__ import annotations

import gzip
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from normalizers import handover
from normalizers.documents import Document, readers
from normalizers.handover import Outcome
from schema.money import yuan

FILES = (
    *("bank_cn/*", "bank_mt940/*", "bank_camt/*", "bank_ofx/*"),
    *("einvoice_xml/*", "einvoice_ofd/*", "einvoice_pdf/*", "voucher_xbrl/invoice-precheck/*"),
    "sme_invoices/*_invoice.csv.gz",
)
"""Files that are meant to be read, and those broken on purpose beside them."""
_PAGE = """# Formats

Every file that a person or a loan system hands over, as it is told by its content. This page is written by
`python -m cli.formats FOLDER > docs/formats.md` over a folder of real files that nobody on this project
wrote, and a test holds it against them; the files themselves are not part of the repository.
`taxlink normalize FILE…` tells the same of any file.

{formats} formats are known: {names}. A bank without a layout of its own is read by the usual headings
(`normalizers/bank/layouts/usual.toml`); a layout is one TOML beside it.

Sums are in the file's own currency. *Findings* are what was noticed and kept on record; several of these
files have their figures masked, so that balances and totals need not agree. A file that cannot be read ends
in a named error with the line or path, and nothing of it is kept. The answers of portals are read by the
families' own normalizers and are held against real ones in `tests/normalizers/<family>/test_real_answers.py`.

| file | format | rows | period | sums | findings, or the error |
|---|---|---|---|---|---|
{rows}

{read} of {all} files are read, {refused} end in a named error.
"""


def page(folder: Path) -> str:
    """The page. The same files give the same text."""
    outcomes = [outcome for path in files(folder) for outcome in outcomes_of(folder, path)]
    names = [reader.format for reader in readers()]
    refused = sum(outcome.error is not None for outcome in outcomes)
    return _PAGE.format(
        formats=len(names),
        names=", ".join(f"`{name}`" for name in names),
        rows="\n".join(map(row, outcomes)),
        all=len(outcomes),
        read=len(outcomes) - refused,
        refused=refused,
    )


def files(folder: Path) -> Iterator[Path]:
    """All of ``FILES``, in their order."""
    for glob in FILES:
        yield from sorted(folder.glob(glob))


def outcomes_of(folder: Path, path: Path) -> list[Outcome]:
    """What becomes of one file."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    name = str(path.relative_to(folder)).removesuffix(".gz")
    return handover.read(Document(name, content, datetime(2026, 1, 1, tzinfo=UTC)))


def row(outcome: Outcome) -> str:
    """Its line of the table."""
    name = outcome.document.name.replace("|", "\\|")
    if outcome.error is not None:
        where = outcome.error.detail.replace(outcome.document.name, "").lstrip(": ")
        return f"| `{name}` | – | – | – | – | **{outcome.error.code}**: {where} |"
    assert outcome.reader is not None
    assert outcome.normalized is not None
    found = handover.summary(outcome.normalized)
    rows = "<br>".join(f"{count:,} {table}" for table, count in found.rows.items())
    sums = "<br>".join(
        f"{key}: " + ", ".join(f"{column.removesuffix('_fen')} {yuan(fen):,}" for column, fen in each.items())
        for key, each in sorted(found.sums.items())
    )
    counted = Counter(finding.code for finding in outcome.normalized.findings)
    findings = ", ".join(
        f"{code}{f' ×{count}' if count > 1 else ''}" for code, count in sorted(counted.items())
    )
    days = "{} – {}".format(*found.days) if found.days else "–"
    return f"| `{name}` | `{outcome.reader.format}` | {rows} | {days} | {sums or '–'} | {findings or '–'} |"


if __name__ == "__main__":
    sys.stdout.write(page(Path(sys.argv[1])))
