"""Sub-model ``invoice_tax_fraud`` (票税反欺诈): who the counterparties are, and circles among them."""

from __future__ import annotations

import numpy as np

from scoring.indicators.invoice_counterparties import new_share
from scoring.inputs.bank_side import Known
from scoring.inputs.batch import Batch
from scoring.inputs.invoices import Side
from scoring.measure import CONTEXT, RISKIER, derived, submodel
from scoring.series import ratio, segment_sum
from scoring.value import NOT_AVAILABLE, Floats

indicator = submodel("invoice_tax_fraud")
YOUNG_MONTHS = 6


@indicator("互开占比", "INV", (12,), RISKIER, "FR06")
def mutual_trade_ratio(sales: Side, purchases: Side, months: int) -> Floats:
    """Share of sales to companies that are suppliers too; natural persons left out."""
    mutual = (purchases.net(0, months) > 0) & ~sales.pairs.individual
    return sales.pairs.share(sales.net(0, months), mutual)


@indicator("闭环交易占比", "INV", (12,), RISKIER, "FR06")
def loop_net_ratio(circled: Floats, sales: Side, months: int) -> Floats:
    """Share of sales that comes back to us over at most 4 sales in a circle, through other authorised firms.

    A customer's circle carries its narrowest sale; the widest circle of a customer counts.
    """
    return ratio(circled, sales.pairs.sum(np.maximum(sales.net(0, months), 0)))


@indicator("关联销售占比", "INV,SHR", (12,), RISKIER, "FR07", needs="INV")
def related_sale_ratio(related_pairs: Known, sales: Side, months: int) -> Floats:
    """Share of sales to related parties."""
    return related_pairs.share(sales, months)


@indicator("关联采购占比", "INV,SHR", (12,), RISKIER, "FR07", needs="INV")
def related_buy_ratio(related_pairs: Known, purchases: Side, months: int) -> Floats:
    """Share of purchases from related parties."""
    return related_pairs.share(purchases, months)


@indicator("申请前新客占比", "INV", (3,), RISKIER, "FR08")
def new_cust_spike(sales: Side, months: int) -> Floats:
    """Share of the last 3 months' sales to customers without trade in the 12 months before."""
    return new_share(sales, months)


@indicator("购销两头在外", "INV", (12,), RISKIER, "FR14")
def both_ends_out(customers_away: Floats, suppliers_away: Floats, months: int) -> Floats:
    """The lesser of the shares of customers and of suppliers in other provinces."""
    return np.minimum(customers_away, suppliers_away)


@indicator("个人抬头占比", "INV", (12,), CONTEXT, "FR14")
def individual_share(sales: Side, months: int) -> Floats:
    """Share of sales to natural persons. ``NOT_AVAILABLE`` when invoices carry no names."""
    persons = sales.pairs.count(sales.pairs.individual) > 0
    share = sales.pairs.share(sales.net(0, months), sales.pairs.individual)
    return np.where(sales.told("buyer_name") | persons, share, NOT_AVAILABLE)


@indicator("下游异常户额占比", "INV,ENT", (12,), RISKIER, "FR15", needs="INV")
def cust_abnormal_share(abnormal_pairs: Known, sales: Side, months: int) -> Floats:
    """Share of sales to companies on a list of abnormal ones by ``as_of``."""
    return abnormal_pairs.share(sales, months)


@indicator("上游走逃失控额占比", "INV,TPR", (12, 24), RISKIER, "FR15", needs="INV")
def supp_abnormal_share(abnormal_pairs: Known, purchases: Side, months: int) -> Floats:
    """Share of purchases from companies on a list of runaway ones by ``as_of``."""
    return abnormal_pairs.share(purchases, months)


@derived
def grown(established: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """The day on which each pair's company was 6 months old, NaN when not known, and the gap."""
    born = np.where(np.isnan(established[0]), 0, established[0]).astype("M8[D]")
    within = born - born.astype("M8[M]").astype("M8[D]")
    month = born.astype("M8[M]") + YOUNG_MONTHS
    last = (month + 1).astype("M8[D]") - month.astype("M8[D]") - 1
    until = (month.astype("M8[D]") + np.minimum(within, last)).astype(np.float64)
    return np.where(np.isnan(established[0]), np.nan, until), established[1]


def _young_share(batch: Batch, side: Side, grown: tuple[Floats, Floats]) -> Floats:
    """Share of blue amounts invoiced within 6 months of the counterparty's registration, among known ones."""
    until, gap = grown
    rows = side.year[side.pair[side.year] >= 0]
    pair, amount, firm = side.pair[rows], side.amount[rows], side.firm[rows]
    grown_on = until[pair]
    whole = segment_sum(firm, batch.firms, amount)
    told = segment_sum(firm, batch.firms, amount * ~np.isnan(grown_on))
    young = segment_sum(firm, batch.firms, amount * (side.day[rows] < grown_on))
    enough = ratio(told, whole)
    share = np.where(enough < batch.measurement.least_known_share, NOT_AVAILABLE, ratio(young, told))
    return gap + np.where(np.isnan(enough), enough, share)


@indicator("上游新设<6月占比", "INV,ENT", (12,), RISKIER, "FR16", needs="INV")
def supp_young_share(batch: Batch, purchases: Side, grown: tuple[Floats, Floats], months: int) -> Floats:
    """Share of purchases from companies younger than 6 months at the time."""
    return _young_share(batch, purchases, grown)


@indicator("下游新设<6月占比", "INV,ENT", (12,), RISKIER, "FR16", needs="INV")
def cust_young_share(batch: Batch, sales: Side, grown: tuple[Floats, Floats], months: int) -> Floats:
    """Share of sales to companies younger than 6 months at the time."""
    return _young_share(batch, sales, grown)


@indicator("共用开票设备/IP企业数", "INV", (12,), RISKIER, "FR20")
def shared_device_cnt(batch: Batch, sales: Side, months: int) -> Floats:
    """Other firms seen on the devices that issued our invoices. ``NOT_AVAILABLE`` when none is told."""
    told = [context.device_firms for context in batch.contexts]
    if not any(told):
        return np.full(batch.firms, NOT_AVAILABLE)
    rows = np.flatnonzero(sales.age < months)
    devices, codes = sales.rows.encoded("device_id")
    code = codes[sales.place[rows]]
    used = np.unique((sales.firm[rows] * max(len(devices), 1) + code)[code >= 0]).tolist()
    others: list[set[str]] = [set() for _ in told]
    seen = np.zeros(batch.firms, dtype=np.bool_)
    for firm, device in (divmod(cell, len(devices)) for cell in used):
        others[firm] |= (told[firm] or {}).get(devices[device], frozenset())
        seen[firm] = told[firm] is not None
    counts = [len(firms - {me}) for firms, me in zip(others, batch.taxpayers, strict=True)]
    return np.where(seen, counts, NOT_AVAILABLE)
