"""The catalogue as a page, from the code: ``python -m cli.indicators > docs/indicators.md``."""

from __future__ import annotations

import inspect
from itertools import groupby

from scoring.indicators import CATALOGUE
from scoring.measure import Indicator

_PAGE = """# Indicators

{base} indicators, {columns} columns with their windows, in 14 sub-models; written by
`python -m cli.indicators > docs/indicators.md`, and a test holds it against the code. The definition is what
the function that measures it says. Money is yuan. ↑ more is safer, ↓ more is riskier, ∩ an interior optimum,
○ context without points.

Sources: ENT registration, SHR shareholders and officers, CHG changes, NEG adverse entries, JUD court cases,
EXE enforcement, TPR tax master record, TCR tax credit rating, DEC returns, PAY payments, VIO violations and
inspections, FIN statements, CRE and CRP credit reports of company and owner, INV and ITM invoices and their
lines, TXN bank flow, ELE electricity, SOC social insurance, IPR intellectual property, IND industry, REG
region, SCN scenario platforms, LON the bank's own loans.
{submodels}"""


def page() -> str:
    """The whole page."""
    entries = sorted(CATALOGUE.values(), key=_place)
    columns = sum(len(entry.columns) for entry in entries)
    parts = [_submodel(name, list(held)) for name, held in groupby(entries, key=lambda entry: entry.submodel)]
    return _PAGE.format(base=len(entries), columns=columns, submodels="".join(parts))


def _place(entry: Indicator) -> tuple[int, str, int]:
    """Sub-model, file and line: the catalogue itself stands in whatever order its files were imported."""
    code = inspect.unwrap(entry.measure).__code__
    return _ORDER.index(entry.submodel), entry.measure.__module__, code.co_firstlineno


def _submodel(name: str, entries: list[Indicator]) -> str:
    return "\n".join(
        [
            f"\n## {name}\n",
            "| name | label | definition | sources | windows, months | |",
            "|---|---|---|---|---|---|",
            *(_row(entry) for entry in entries),
            "",
        ]
    )


def _row(entry: Indicator) -> str:
    told = " ".join((inspect.getdoc(entry.measure) or "").split()).replace("|", "\\|")
    windows = ", ".join(str(months) for months in entry.windows) or "–"
    cells = (
        f"`{entry.name}`",
        entry.label,
        told,
        " ".join(entry.sources),
        windows,
        entry.direction,
    )
    return f"| {' | '.join(cells)} |"


_ORDER = (
    *("registration", "judicial", "tax_behaviour", "tax_operation", "credit_bureau", "invoice", "bank_flow"),
    *("electricity", "invoice_tax_fraud", "repayment", "industry", "supply_chain", "scenario", "ip"),
)
"""As the catalogue numbers them."""

if __name__ == "__main__":
    print(page(), end="")
