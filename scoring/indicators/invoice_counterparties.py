"""Sub-model ``invoice`` (发票): customers and suppliers. Shares are of positive net amounts."""

from __future__ import annotations

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.invoices import Side
from scoring.measure import INTERIOR, RISKIER, SAFER, derived, submodel
from scoring.series import ratio, since
from scoring.value import NOT_AVAILABLE, Bools, Floats

indicator = submodel("invoice")


def retention(side: Side) -> Floats:
    """Counterparties of the year before that are still there, over all of the year before."""
    before, now = side.net(12, 24) > 0, side.net(0, 12) > 0
    return since(side.history, 24, ratio(side.pairs.count(before & now), side.pairs.count(before)))


def new_share(side: Side, months: int) -> Floats:
    """Net amount with counterparties that had none in the 12 months before the window, over all."""
    fresh = side.net(months, months + 12) <= 0
    return since(side.history, 12 + months, side.pairs.share(side.net(0, months), fresh))


@derived
def away(batch: Batch, sales: Side) -> tuple[Bools, Bools]:
    """Pairs whose province is known, and whose province is another than the firm's."""
    homes = np.array([region[:2] for region in batch.regions], dtype=object)
    places = np.array(sales.pairs.provinces, dtype=object)
    known = np.array([place is not None for place in sales.pairs.provinces], dtype=np.bool_)
    return known, known & (places != homes[sales.pairs.firm]).astype(np.bool_)


@derived
def customers_away(batch: Batch, sales: Side, away: tuple[Bools, Bools]) -> Floats:
    """Share of customers in another province, among those whose province is known."""
    return _outside(batch, sales, away)


@derived
def suppliers_away(batch: Batch, purchases: Side, away: tuple[Bools, Bools]) -> Floats:
    """Share of suppliers in another province, among those whose province is known."""
    return _outside(batch, purchases, away)


def _outside(batch: Batch, side: Side, away: tuple[Bools, Bools]) -> Floats:
    """``NOT_AVAILABLE`` when too little is known of the counterparties."""
    known, other = away
    net = side.net(0, 12)
    told = side.pairs.share(net, known)
    share = side.pairs.share(net * known, other)
    return np.where(told < batch.measurement.least_known_share, NOT_AVAILABLE, share + 0 * told)


@indicator("下游家数", "INV", (3, 6, 12), SAFER, "IV24")
def cust_cnt(sales: Side, months: int) -> Floats:
    """Customers with a positive net amount."""
    return sales.pairs.count(sales.net(0, months) > 0)


@indicator("下游集中度HHI", "INV", (6, 12), RISKIER, "IV26")
def cust_hhi(sales: Side, months: int) -> Floats:
    """Herfindahl index of customers."""
    return sales.pairs.herfindahl(sales.net(0, months))


@indicator("最大客户占比", "INV", (12,), RISKIER, "IV26")
def cust_top1_share(sales: Side, months: int) -> Floats:
    """Share of the largest customer."""
    return sales.top(months, 1)


@indicator("前五客户占比", "INV", (12,), RISKIER, "IV26")
def cust_top5_share(sales: Side, months: int) -> Floats:
    """Share of the five largest customers."""
    return sales.top(months, 5)


@indicator("新客户额占比", "INV", (12,), INTERIOR, "IV28")
def cust_new_ratio(sales: Side, months: int) -> Floats:
    """Share of sales to customers without trade in the 12 months before."""
    return new_share(sales, months)


@indicator("客户留存率", "INV", (12,), SAFER, "IV28")
def cust_retention(sales: Side, months: int) -> Floats:
    """Customers of the year before that still buy."""
    return retention(sales)


@indicator("前十客户稳定度", "INV", (24,), SAFER, "IV28")
def cust_rank_stability(sales: Side, months: int) -> Floats:
    """Jaccard index of the ten largest customers of this year and of the year before."""
    pairs, now, before = sales.pairs, sales.net(0, 12), sales.net(12, 24)
    top_now = (sales.rank(0, 12) < 10) & (now > 0)
    top_before = (sales.rank(12, 24) < 10) & (before > 0)
    both, either = pairs.count(top_now & top_before), pairs.count(top_now | top_before)
    return since(sales.history, months, ratio(both, either))


@indicator("本省客户额占比", "INV", (12,), INTERIOR, "IV28")
def cust_local_ratio(customers_away: Floats, months: int) -> Floats:
    """Share of customers of the borrower's own province, by the division code of their id."""
    return 1.0 - customers_away


@indicator("上游家数", "INV", (6, 12), SAFER, "IV36")
def supp_cnt(purchases: Side, months: int) -> Floats:
    """Suppliers with a positive net amount."""
    return purchases.pairs.count(purchases.net(0, months) > 0)


@indicator("上游集中度HHI", "INV", (12,), RISKIER, "IV36")
def supp_hhi(purchases: Side, months: int) -> Floats:
    """Herfindahl index of suppliers."""
    return purchases.pairs.herfindahl(purchases.net(0, months))


@indicator("前五供应商占比", "INV", (12,), RISKIER, "IV36")
def supp_top5_share(purchases: Side, months: int) -> Floats:
    """Share of the five largest suppliers."""
    return purchases.top(months, 5)


@indicator("供应商留存率", "INV", (12,), SAFER, "IV38")
def supp_retention(purchases: Side, months: int) -> Floats:
    """Suppliers of the year before that still sell to the borrower."""
    return retention(purchases)
