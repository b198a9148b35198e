"""Sub-model ``invoice_tax_fraud`` (票税反欺诈): who the counterparties are, and circles among them."""

from __future__ import annotations

import numpy as np

from schema.dataset import Missing
from schema.period import add_months, trailing_months
from scoring.facts import Facts
from scoring.indicators.invoice_counterparties import new_share, outside_share, share_of
from scoring.inputs.invoices import Side
from scoring.inputs.parties import INDIVIDUAL
from scoring.measure import CONTEXT, RISKIER, submodel
from scoring.value import absent, ratio

indicator = submodel("invoice_tax_fraud")
LOOP_STEPS = 4


@indicator(
    "mutual_trade_ratio", "互开占比", windows=(12,), direction=RISKIER, sources="INV", reason_family="FR06"
)
def mutual_trade_ratio(facts: Facts, months: int) -> float:
    """Share of sales to companies that are suppliers too; natural persons left out."""
    side = facts.sales
    mutual = (facts.purchases.party_net(0, months) > 0) & ~side.parties.individual
    return share_of(side, months, mutual)


@indicator(
    "loop_net_ratio", "闭环交易占比", windows=(12,), direction=RISKIER, sources="INV", reason_family="FR06"
)
def loop_net_ratio(facts: Facts, months: int) -> float:
    """Share of sales that comes back to us over at most 4 sales in a circle, through other authorised firms.

    A customer's circle carries its narrowest sale; the widest circle of a customer counts.
    """
    edges = facts.given(facts.context.edges)
    window = trailing_months(facts.as_of, months)
    keys = facts.sales.parties.keys
    sold = facts.sales.party_net(0, months)
    back = zip(keys, facts.purchases.party_net(0, months).tolist(), strict=True)
    widest = {key: amount for key, amount in back if amount > 0}
    flow: dict[tuple[str, str], float] = {}
    for edge in edges:
        if window.start <= edge.event_date <= window.end:
            pair = (edge.seller, edge.buyer)
            flow[pair] = flow.get(pair, 0.0) + edge.amount_fen
    for _ in range(LOOP_STEPS - 2):
        longer = dict(widest)
        for (seller, buyer), amount in flow.items():
            longer[seller] = max(longer.get(seller, 0.0), min(amount, widest.get(buyer, 0.0)))
        widest = longer
    outgoing = [(key, amount) for key, amount in zip(keys, sold.tolist(), strict=True) if amount > 0]
    circled = sum(min(amount, widest.get(key, 0.0)) for key, amount in outgoing)
    return ratio(circled, sold[sold > 0].sum())


@indicator(
    "related_sale_ratio",
    "关联销售占比",
    windows=(12,),
    direction=RISKIER,
    sources="INV,SHR",
    reason_family="FR07",
)
def related_sale_ratio(facts: Facts, months: int) -> float:
    """Share of sales to related parties."""
    return share_of(facts.sales, months, facts.sales.parties.among(facts.given(facts.context.related)))


@indicator(
    "related_buy_ratio",
    "关联采购占比",
    windows=(12,),
    direction=RISKIER,
    sources="INV,SHR",
    reason_family="FR07",
)
def related_buy_ratio(facts: Facts, months: int) -> float:
    """Share of purchases from related parties."""
    side = facts.purchases
    return share_of(side, months, side.parties.among(facts.given(facts.context.related)))


@indicator(
    "new_cust_spike", "申请前新客占比", windows=(3,), direction=RISKIER, sources="INV", reason_family="FR08"
)
def new_cust_spike(facts: Facts, months: int) -> float:
    """Share of the last 3 months' sales to customers without trade in the 12 months before."""
    return new_share(facts.sales, months)


@indicator(
    "both_ends_out", "购销两头在外", windows=(12,), direction=RISKIER, sources="INV", reason_family="FR14"
)
def both_ends_out(facts: Facts, months: int) -> float:
    """The lesser of the shares of customers and of suppliers in other provinces."""
    return min(outside_share(facts, facts.sales, months), outside_share(facts, facts.purchases, months))


@indicator(
    "individual_share", "个人抬头占比", windows=(12,), direction=CONTEXT, sources="INV", reason_family="FR14"
)
def individual_share(facts: Facts, months: int) -> float:
    """Share of sales to natural persons. ``NOT_AVAILABLE`` when invoices carry no names."""
    side = facts.sales
    nameless = side.frame["buyer_name"].null_count() == len(side.age) > 0
    if nameless and INDIVIDUAL not in side.parties.keys:
        absent(Missing.NOT_AVAILABLE)
    return share_of(side, months, side.parties.individual)


def _abnormal_share(facts: Facts, side: Side, months: int) -> float:
    listed = facts.given(facts.context.abnormal)
    by_now = frozenset(key for key, day in listed.items() if day <= facts.as_of)
    return share_of(side, months, side.parties.among(by_now))


@indicator(
    "cust_abnormal_share",
    "下游异常户额占比",
    windows=(12,),
    direction=RISKIER,
    sources="INV,ENT",
    reason_family="FR15",
)
def cust_abnormal_share(facts: Facts, months: int) -> float:
    """Share of sales to companies on a list of abnormal ones by ``as_of``."""
    return _abnormal_share(facts, facts.sales, months)


@indicator(
    "supp_abnormal_share",
    "上游走逃失控额占比",
    windows=(12, 24),
    direction=RISKIER,
    sources="INV,TPR",
    reason_family="FR15",
)
def supp_abnormal_share(facts: Facts, months: int) -> float:
    """Share of purchases from companies on a list of runaway ones by ``as_of``."""
    return _abnormal_share(facts, facts.purchases, months)


def _young_share(facts: Facts, side: Side, months: int) -> float:
    """Share of blue amounts invoiced within 6 months of the counterparty's registration, among known ones."""
    registered = facts.given(facts.context.registered)
    grown = np.array(
        [add_months(registered[key], 6) if key in registered else None for key in side.parties.keys],
        dtype="M8[D]",
    )
    rows = side.window(side.blue, months) & (side.party >= 0)
    party, amount, day = side.party[rows], side.amount[rows], side.day[rows].astype("M8[D]")
    known = ~np.isnat(grown[party])
    if ratio(amount[known].sum(), amount.sum()) < facts.measurement.least_known_share:
        absent(Missing.NOT_AVAILABLE)
    return ratio(amount[known & (day < grown[party])].sum(), amount[known].sum())


@indicator(
    "supp_young_share",
    "上游新设<6月占比",
    windows=(12,),
    direction=RISKIER,
    sources="INV,ENT",
    reason_family="FR16",
)
def supp_young_share(facts: Facts, months: int) -> float:
    """Share of purchases from companies younger than 6 months at the time."""
    return _young_share(facts, facts.purchases, months)


@indicator(
    "cust_young_share",
    "下游新设<6月占比",
    windows=(12,),
    direction=RISKIER,
    sources="INV,ENT",
    reason_family="FR16",
)
def cust_young_share(facts: Facts, months: int) -> float:
    """Share of sales to companies younger than 6 months at the time."""
    return _young_share(facts, facts.sales, months)


@indicator(
    "shared_device_cnt",
    "共用开票设备/IP企业数",
    windows=(12,),
    direction=RISKIER,
    sources="INV",
    reason_family="FR20",
)
def shared_device_cnt(facts: Facts, months: int) -> float:
    """Other firms seen on the devices that issued our invoices."""
    firms = facts.given(facts.context.device_firms)
    side = facts.sales
    devices = side.frame["device_id"].filter(side.age < months).drop_nulls().unique().to_list()
    if not devices:
        absent(Missing.NOT_AVAILABLE)
    others = frozenset().union(*(firms.get(device, frozenset()) for device in devices))
    return len(others - {facts.snapshot.taxpayer_id})
