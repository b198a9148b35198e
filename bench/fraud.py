"""``python -m bench.fraud FOLDER``: fraud put into real invoices, what the default thresholds find of it, and
what they find where nothing was put. Writes the table of ``docs/model.md``.

The thresholds were looked at on the ``labelled`` firms; what is told here is measured on the ``unlabelled``.
Seven firms in ten are left as they are. A finding there counts as false, though nobody knows whether it is.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

import numpy as np
import polars as pl

from bench.injected import GROUP, RATES, Books, added, injected, yearly_sales
from scoring.context import Context
from scoring.facts import everything
from scoring.fraud.examine import examine_all
from scoring.fraud.finding import Examination
from scoring.fraud.terms import load as fraud_terms
from scoring.inputs.batch import gather
from scoring.policy.loader import load
from scoring.training import firms as training

AS_OF = date(2019, 12, 31)
SEEDS, PART, DRAWS = 10, 0.06, 2_000
"""Runs; the part of the firms that each kind is put into; draws of a bootstrap over firms."""
LEAST_INVOICES = 20
DOCUMENT = Path(__file__).parent.parent / "docs" / "model.md"
BEGIN, END = "<!-- fraud: figures -->", "<!-- fraud: end -->"


@dataclass(frozen=True)
class Tried:
    """One firm in one run: what was put into it, and which rules it met."""

    firm: str
    kind: str | None
    rate: float
    found: frozenset[str]
    examined: frozenset[str]


def tried(firms: training.Firms, as_of: date, seeds: Sequence[int], part: float = PART) -> list[Tried]:
    """Every firm that sells, once a seed."""
    eligible = [firm for firm in firms.codes if _sells(firms.invoices, firm, as_of)]
    return [each for seed in seeds for each in _run(firms, eligible, as_of, seed, part)]


def _sells(books: Books, firm: str, as_of: date) -> bool:
    issued = pl.col("issued_at").dt.date() <= as_of
    sold = books[firm].filter((pl.col("direction") == "out") & issued)
    return sold.height >= LEAST_INVOICES and yearly_sales(books, firm, as_of) > 0


def _run(firms: training.Firms, eligible: list[str], as_of: date, seed: int, part: float) -> Iterator[Tried]:
    chosen: dict[str, tuple[str, float]] = {}
    books = dict(firms.invoices)
    free = sorted(eligible, key=lambda firm: yearly_sales(books, firm, as_of))
    random = Random(seed)
    for kind, rates in RATES.items():
        size = GROUP.get(kind, 1)
        for number in range(max(len(rates), round(part * len(eligible) / size))):
            rate = rates[number % len(rates)]
            at = random.randrange(len(free) - size + 1)
            group = free[at : at + size]  # of like size: a scheme among equals
            books = added(books, injected(books, group, kind, rate, as_of, f"{seed} {number}"))
            chosen |= dict.fromkeys(group, (kind, rate))
            del free[at : at + size]
    for firm, each in zip(firms.codes, examined(firms, books, as_of), strict=True):
        if firm in chosen or firm in free:
            found = frozenset(finding.rule for finding in each.findings)
            put = chosen.get(firm)
            yield Tried(firm, put[0] if put else None, put[1] if put else 0.0, found, frozenset(each.figures))


def examined(firms: training.Firms, books: Books, as_of: date) -> list[Examination]:
    """The findings of every firm, in one graph."""
    told = training.Firms(firms.codes, firms.defaulted, dict(books), firms.sha256)
    snapshots = told.snapshots(as_of)
    contexts = [Context()] * len(snapshots)
    batch = gather(snapshots, contexts, training.decided(as_of), load().measurement)
    return examine_all(batch, everything(batch))


def _interval(rows: Sequence[Tried], hit: set[int], of: set[int]) -> str:
    """A share with its 95% interval: a bootstrap over firms, since one firm comes once a seed."""
    if not of:
        return "–"
    names = sorted({each.firm for each in rows})
    place = {firm: number for number, firm in enumerate(names)}
    sums = np.zeros((2, len(names)))
    for number, each in enumerate(rows):
        sums[0, place[each.firm]] += number in hit and number in of
        sums[1, place[each.firm]] += number in of
    drawn = np.random.default_rng(7).multinomial(len(names), np.full(len(names), 1 / len(names)), size=DRAWS)
    top, whole = drawn @ sums[0], drawn @ sums[1]
    low, high = np.quantile(top[whole > 0] / whole[whole > 0], [0.025, 0.975])
    return f"{len(hit & of) / len(of):.0%} ({low:.0%}–{high:.0%})"


def table(rows: Sequence[Tried]) -> str:
    """Markdown: recall by kind and rate, precision by rule, and what is found where nothing was put."""
    lines = ["| kind | rate | firms | recall (95%) |", "|---|---|---|---|"]
    for kind, rates in RATES.items():
        for rate in rates:
            of = {n for n, each in enumerate(rows) if (each.kind, each.rate) == (kind, rate)}
            hit = {n for n in of if kind in rows[n].found}
            told = f"× {rate:g}" if kind == "surge" else f"{rate:.0%}"
            lines.append(f"| {kind} | {told} | {len(of)} | {_interval(rows, hit, of)} |")
    lines += [
        "",
        "| rule | recall, all rates | precision in the mix | found where nothing was put | not examined |",
        "|---|---|---|---|---|",
    ]
    for kind in (*RATES, "digits", "any"):
        lines.append(_of_rule(rows, kind))
    return "\n".join(lines)


def _of_rule(rows: Sequence[Tried], rule: str) -> str:
    every = set(range(len(rows)))
    put = {n for n in every if rows[n].kind == rule or (rule == "any" and rows[n].kind)}
    found = {n for n in every if rule in rows[n].found or (rule == "any" and rows[n].found)}
    clean = {n for n in every if rows[n].kind is None}
    blind = {n for n in every if rule != "any" and rule not in rows[n].examined}
    recall, precision = _interval(rows, found, put), _interval(rows, put, found)
    quiet = _interval(rows, found, clean - blind)
    if rule == "digits":
        recall = precision = "–"
    return f"| {rule} | {recall} | {precision} | {quiet} | {len(blind) / len(rows):.0%} |"


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="bench.fraud", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("folder", type=Path, help="the folder of invoice files (CUMCM 2020-C)")
    parser.add_argument("--group", default="unlabelled")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    asked = parser.parse_args()
    firms = training.read(asked.folder, asked.group)
    rows = tried(firms, AS_OF, range(asked.seeds))
    terms, mixed = fraud_terms(), sum(each.kind is not None for each in rows) / len(rows)
    told = (
        f"Terms `{terms.version}` ({terms.sha256[:12]}), {asked.group} firms (files {firms.sha256[:12]}) "
        f"as of {AS_OF}, {asked.seeds} seeds, {len(rows):,} firm runs, fraud in {mixed:.0%} of them.\n\n"
        f"{table(rows)}"
    )
    print(told)
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{told}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
