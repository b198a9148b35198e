"""Sub-model ``invoice`` (发票): customers and suppliers. Shares are of positive net amounts."""

from __future__ import annotations

import numpy as np

from schema.dataset import Missing
from scoring.facts import Facts
from scoring.inputs.invoices import Side
from scoring.measure import INTERIOR, RISKIER, SAFER, submodel
from scoring.series import Bools, count, shares
from scoring.value import absent, ratio

indicator = submodel("invoice")


def top_share(side: Side, months: int, count: int) -> float:
    """Share of the largest counterparties."""
    return float(shares(side.party_net(0, months))[:count].sum())


def herfindahl(side: Side, months: int) -> float:
    """Σ share²."""
    return float(np.square(shares(side.party_net(0, months))).sum())


def retention(side: Side) -> float:
    """Counterparties of the year before that are still there, over all of the year before."""
    side.need_history(24)
    before, now = side.party_net(12, 24) > 0, side.party_net(0, 12) > 0
    return ratio(count(before & now), count(before))


def new_share(side: Side, months: int) -> float:
    """Net amount with counterparties that had none in the 12 months before the window, over all."""
    side.need_history(12 + months)
    now = np.maximum(side.party_net(0, months), 0)
    return ratio(now[side.party_net(months, months + 12) <= 0].sum(), now.sum())


def share_of(side: Side, months: int, members: Bools) -> float:
    """Share of the counterparties flagged in ``members``."""
    now = np.maximum(side.party_net(0, months), 0)
    return ratio(now[members].sum(), now.sum())


def outside_share(facts: Facts, side: Side, months: int) -> float:
    """Share of counterparties in another province, among those whose province is known.

    ``NOT_AVAILABLE`` when too little is known of them.
    """
    known, other = side.parties.outside(facts.snapshot.region[:2])
    if share_of(side, months, known) < facts.measurement.least_known_share:
        absent(Missing.NOT_AVAILABLE)
    now = np.maximum(side.party_net(0, months), 0)
    return ratio(now[other].sum(), now[known].sum())


@indicator("cust_cnt", "下游家数", windows=(3, 6, 12), direction=SAFER, sources="INV", reason_family="IV24")
def cust_cnt(facts: Facts, months: int) -> float:
    """Customers with a positive net amount."""
    return count(facts.sales.party_net(0, months) > 0)


@indicator(
    "cust_hhi", "下游集中度HHI", windows=(6, 12), direction=RISKIER, sources="INV", reason_family="IV26"
)
def cust_hhi(facts: Facts, months: int) -> float:
    """Herfindahl index of customers."""
    return herfindahl(facts.sales, months)


@indicator(
    "cust_top1_share", "最大客户占比", windows=(12,), direction=RISKIER, sources="INV", reason_family="IV26"
)
def cust_top1_share(facts: Facts, months: int) -> float:
    """Share of the largest customer."""
    return top_share(facts.sales, months, 1)


@indicator(
    "cust_top5_share", "前五客户占比", windows=(12,), direction=RISKIER, sources="INV", reason_family="IV26"
)
def cust_top5_share(facts: Facts, months: int) -> float:
    """Share of the five largest customers."""
    return top_share(facts.sales, months, 5)


@indicator(
    "cust_new_ratio", "新客户额占比", windows=(12,), direction=INTERIOR, sources="INV", reason_family="IV28"
)
def cust_new_ratio(facts: Facts, months: int) -> float:
    """Share of sales to customers without trade in the 12 months before."""
    return new_share(facts.sales, months)


@indicator(
    "cust_retention", "客户留存率", windows=(12,), direction=SAFER, sources="INV", reason_family="IV28"
)
def cust_retention(facts: Facts, _: int) -> float:
    """Customers of the year before that still buy."""
    return retention(facts.sales)


@indicator(
    "cust_rank_stability",
    "前十客户稳定度",
    windows=(24,),
    direction=SAFER,
    sources="INV",
    reason_family="IV28",
)
def cust_rank_stability(facts: Facts, _: int) -> float:
    """Jaccard index of the ten largest customers of this year and of the year before."""
    side = facts.sales
    side.need_history(24)
    now, before = _largest(side, 0, 12), _largest(side, 12, 24)
    return ratio(len(now & before), len(now | before))


def _largest(side: Side, start: int, stop: int) -> set[int]:
    net = side.party_net(start, stop)
    ranked = np.argsort(-net, kind="stable")[:10]
    return set(ranked[net[ranked] > 0].tolist())


@indicator(
    "cust_local_ratio",
    "本省客户额占比",
    windows=(12,),
    direction=INTERIOR,
    sources="INV",
    reason_family="IV28",
)
def cust_local_ratio(facts: Facts, months: int) -> float:
    """Share of customers of the borrower's own province, by the division code of their id."""
    return 1.0 - outside_share(facts, facts.sales, months)


@indicator("supp_cnt", "上游家数", windows=(6, 12), direction=SAFER, sources="INV", reason_family="IV36")
def supp_cnt(facts: Facts, months: int) -> float:
    """Suppliers with a positive net amount."""
    return count(facts.purchases.party_net(0, months) > 0)


@indicator("supp_hhi", "上游集中度HHI", windows=(12,), direction=RISKIER, sources="INV", reason_family="IV36")
def supp_hhi(facts: Facts, months: int) -> float:
    """Herfindahl index of suppliers."""
    return herfindahl(facts.purchases, months)


@indicator(
    "supp_top5_share", "前五供应商占比", windows=(12,), direction=RISKIER, sources="INV", reason_family="IV36"
)
def supp_top5_share(facts: Facts, months: int) -> float:
    """Share of the five largest suppliers."""
    return top_share(facts.purchases, months, 5)


@indicator(
    "supp_retention", "供应商留存率", windows=(12,), direction=SAFER, sources="INV", reason_family="IV38"
)
def supp_retention(facts: Facts, _: int) -> float:
    """Suppliers of the year before that still sell to the borrower."""
    return retention(facts.purchases)
