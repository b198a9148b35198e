"""Ten real firms through both routes: what the house holds must equal the files to the fen."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from connectors.testing.person import Person, people
from connectors.testing.portals import Portals
from demo.clients import LoanSystem
from demo.stories import Story, by_link

FIRMS = 10
MOST_INVOICES = 6_000
"""Firms of a size that both routes carry in a demonstration."""
REGIONS = ("31", "51")
"""One region by API, one by pages: each firm is in both."""
AS_OF = "2020-01-31"
"""The files end in early 2020, so the score looks back from there."""
SCOPE = {"from": "2016-10-01", "to": "2020-12-31"}
_SIDES = {"output": "out", "input": "in"}
_STATES = {"有效发票": "valid", "作废发票": "void"}


@dataclass
class Sums:
    """Of one direction: 金额 in yuan and the count by 发票状态."""

    amount: Decimal = Decimal(0)
    states: Counter[str] = field(default_factory=Counter)


def sandbox(companies: Path | None) -> tuple[str, ...]:
    """The sandbox's options: both regions know all ten firms."""
    assert companies is not None
    codes = ",".join(firms(companies))
    regions = ",".join(REGIONS)
    return ("--regions", regions, "--companies", str(companies.absolute()), "--codes", codes, "--everywhere")


def plan(portals: Portals, companies: Path | None) -> list[list[Story]]:
    """Every firm by API, then every firm by pages."""
    assert companies is not None
    truth = read(companies, firms(companies))
    return [
        [_story(person, name, truth) for name, person in _by_code(portals, portal)]
        for portal in (f"{REGIONS[0]}.api", f"{REGIONS[1]}.rpa")
    ]


def firms(companies: Path) -> list[str]:
    """The first ten of moderate size, in the order of the files."""
    sizes: Counter[str] = Counter()
    for _, row in _rows(companies):
        sizes[row["企业代号"]] += 1
    return [code for code, size in sizes.items() if size <= MOST_INVOICES][:FIRMS]


def read(companies: Path, codes: list[str]) -> dict[tuple[str, str], Sums]:
    """The files' own sums by (firm, direction), with nothing of the house but exact decimals."""
    wanted = set(codes)
    sums: dict[tuple[str, str], Sums] = {}
    for side, row in _rows(companies):
        if row["企业代号"] in wanted:
            each = sums.setdefault((row["企业代号"], side), Sums())
            each.amount += Decimal(row["金额"])
            each.states[_STATES[row["发票状态"]]] += 1
    return sums


def _rows(companies: Path) -> Iterator[tuple[str, dict[str, str]]]:
    for side, direction in _SIDES.items():
        for path in sorted(companies.glob(f"*_{side}_invoice.csv*")):
            raw = path.read_bytes()
            text = gzip.decompress(raw) if path.suffix == ".gz" else raw
            for row in csv.DictReader(io.StringIO(text.decode("utf-8-sig"))):
                yield direction, row


def _by_code(portals: Portals, portal: str) -> list[tuple[str, Person]]:
    """The firms' people with the firm's code, which the sandbox keeps in the company's name."""
    names = {each["taxpayer_id"]: each["name"] for each in portals.companies(portal)}
    return [(names[person.taxpayer_id].removeprefix("企业"), person) for person in people(portals, portal)]


def _story(person: Person, code: str, truth: dict[tuple[str, str], Sums]) -> Story:
    datasets = ("taxpayer", "tax_credit_rating", "tax_return", "invoice")
    scopes = [{"dataset": dataset, **SCOPE} for dataset in datasets]
    story = by_link(f"real firm {code}", person, as_of=AS_OF, scopes=scopes)

    def check(loans: LoanSystem, id: str) -> str:
        held = loans.table(id, "invoice")
        wrong = [
            direction
            for direction in _SIDES.values()
            if _sums(held, direction) != truth.get((code, direction), Sums())
        ]
        return f"✗ differs from the file: {', '.join(wrong)}" if wrong else "✓ equals the file to the fen"

    return replace(story, check=check)


def _sums(held: pl.DataFrame, direction: str) -> Sums:
    side = held.filter(pl.col("direction") == direction)
    counts: dict[str, Any] = dict(side.group_by("state").len().iter_rows())
    return Sums(Decimal(int(side["amount_fen"].sum())) / 100, Counter(counts))
