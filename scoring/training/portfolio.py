"""A sum lent over many firms: by the policy's limits and rates, in equal parts, and at best.

The return of a yuan offered for a year at rate r is (1 − churn(r))·(r·(1 − PD) − PD·LGD − funding −
operating cost) (indicators.md §D): a customer who is lost to the rate costs nothing and brings nothing. PD
is the fitted card's, uncalibrated; all else is policy.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array, vstack

from scoring.policy.data import GRADES, Grade
from scoring.policy.terms import RatePolicy
from scoring.value import Floats

CHURN_OF: Mapping[Grade, str] = {"G1": "A", "G2": "B", "G3": "B", "G4": "C", "G5": "C"}
"""The curve of lost customers that a grade is taken to follow: the curves are for ratings A, B and C."""
MOST_A_FIRM = 1_000_000.0
"""Yuan, the contest's own cap."""


@dataclass(frozen=True)
class Churn:
    """Share of customers lost at each rate, by rating."""

    rates: Floats
    lost: Mapping[str, Floats]


@dataclass(frozen=True)
class Borrower:
    """One firm: what the policy would lend at most and for how much, and its probability of default."""

    code: str
    grade: Grade
    pd: float
    limit: float
    rate: float


@dataclass(frozen=True)
class Plan:
    """Yuan offered at each rate, shape (firms, rates), and what is expected of it, each one a firm."""

    offered: Floats
    earned: Floats
    lost: Floats
    """Expected credit loss, a part of what is earned already."""


def churn(path: Path) -> Churn:
    """Reads ``rate_churn.csv``: columns rate, churn_A, churn_B, churn_C."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    lost = {name: np.array([float(row[f"churn_{name}"]) for row in rows]) for name in "ABC"}
    return Churn(np.array([float(row["rate"]) for row in rows]), lost)


class Market:
    """What each firm brings a yuan at each rate."""

    def __init__(self, borrowers: Sequence[Borrower], churn: Churn, terms: RatePolicy) -> None:
        self.borrowers, self.rates = tuple(borrowers), churn.rates
        self._limits = np.array([each.limit for each in borrowers])
        pd = np.array([each.pd for each in borrowers])[:, None]
        stays = 1 - np.stack([churn.lost[CHURN_OF[each.grade]] for each in borrowers])
        cost = terms.funding + terms.operating_cost
        self.loss = stays * pd * terms.loss_given_default
        self.margin = stays * (churn.rates * (1 - pd) - pd * terms.loss_given_default - cost)
        asked = np.array([each.rate for each in borrowers])
        self._own = np.minimum(np.searchsorted(churn.rates, asked - 1e-9), len(churn.rates) - 1)

    def by_policy(self, total: float) -> Plan:
        """The policy's limit at the policy's rate (the next one of the curve), the best margins first, no
        firm that is expected to lose."""
        margin = self.margin[np.arange(len(self._own)), self._own]
        amounts, left = np.zeros(len(margin)), total
        for firm in np.argsort(-margin, kind="stable"):
            if margin[firm] > 0:
                amounts[firm] = min(self._limits[firm], left)
                left -= amounts[firm]
        return self._at_own_rate(amounts)

    def equal(self, total: float) -> Plan:
        """The same amount to every firm at its own rate."""
        return self._at_own_rate(np.full(len(self._own), min(total / len(self._own), MOST_A_FIRM)))

    def best(self, total: float, *, limits: bool) -> Plan:
        """The linear programme: any split over firms and rates up to the policy's limits, or without
        ``limits`` up to the contest's cap. No plan of the same bounds earns more."""
        firms, rates = self.margin.shape
        caps = self._limits if limits else np.full(firms, MOST_A_FIRM)
        cells = np.arange(firms * rates)
        each_firm = coo_array((np.ones(len(cells)), (cells // rates, cells)))
        everyone = coo_array(np.ones((1, len(cells))))
        found = linprog(
            -self.margin.ravel(),
            A_ub=vstack([each_firm, everyone]).tocsr(),
            b_ub=np.append(caps, total),
            method="highs",
        )
        return self._plan(np.asarray(found.x).reshape(firms, rates))

    def _at_own_rate(self, amounts: Floats) -> Plan:
        offered = np.zeros_like(self.margin)
        offered[np.arange(len(amounts)), self._own] = amounts
        return self._plan(offered)

    def _plan(self, offered: Floats) -> Plan:
        return Plan(offered, (offered * self.margin).sum(axis=1), (offered * self.loss).sum(axis=1))


def by_grade(market: Market, plan: Plan) -> dict[str, tuple[int, float, float, float, float]]:
    """Firms lent to, yuan offered, mean rate, expected return and loss, of each grade and of ``all``."""
    grades = np.array([each.grade for each in market.borrowers])
    found = {}
    for name in (*GRADES, "all"):
        of = np.ones(len(grades), dtype=bool) if name == "all" else grades == name
        offered = plan.offered[of]
        total = float(offered.sum())
        mean = float((offered * market.rates).sum() / total) if total else 0.0
        lent = int((offered.sum(axis=1) > 1).sum())
        found[name] = (lent, total, mean, float(plan.earned[of].sum()), float(plan.lost[of].sum()))
    return found
