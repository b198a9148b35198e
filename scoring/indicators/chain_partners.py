"""Sub-model ``supply_chain`` (产业链): stable partners, and what happens up and down the chain."""

from __future__ import annotations

import numpy as np

from scoring.inputs.bank_side import Bench, of_pairs
from scoring.inputs.chain import Partners, yearly_growth
from scoring.inputs.companies import Companies
from scoring.inputs.invoices import Side
from scoring.inputs.items import Lines
from scoring.measure import CONTEXT, RISKIER, SAFER, submodel
from scoring.series import ratio, segment_sum, summed
from scoring.value import NOT_AVAILABLE, Bools, Floats

indicator = submodel("supply_chain")


@indicator("链位", "ITM,IND", (), CONTEXT, "SC01")
def chain_position(lines_sold: Lines, bench: Bench) -> Floats:
    """Upstream 1, middle 2, downstream 3: the mean of the item classes sold that have a place, by amount."""
    return np.where(
        np.isnan(lines_sold.gap), lines_sold.gap, _weighted(lines_sold, bench.table("chain_position"))
    )


@indicator("上游价格压力", "INV,IND", (6,), RISKIER, "SC08", needs="INV,ITM,IND")
def upstream_price(lines_bought: Lines, bench: Bench, months: int) -> Floats:
    """Change of prices in a year of the item classes bought, by amount."""
    return np.where(
        np.isnan(lines_bought.gap),
        lines_bought.gap,
        _weighted(lines_bought, bench.table("price_yoy_of"), months),
    )


def _weighted(lines: Lines, tables: list[dict[str, float] | None], months: int = 12) -> Floats:
    """A figure of item classes weighted by the window's amount over those that have one."""
    firm, classes, fen = lines.by_class(months)
    found = np.array(
        [(tables[at] or {}).get(item, np.nan) for at, item in zip(firm.tolist(), classes, strict=True)],
        dtype=np.float64,
    )
    told = np.flatnonzero(~np.isnan(found))
    whole = segment_sum(firm[told], lines.firms, fen[told])
    part = segment_sum(firm[told], lines.firms, (fen * found)[told])
    return np.where(whole > 0, part / whole, NOT_AVAILABLE)


@indicator("买方省份数", "INV", (12,), SAFER, "SC09")
def buyer_region_cnt(sales: Side, months: int) -> Floats:
    """Provinces of customers, by the division code of their id."""
    pairs = sales.pairs
    here = ((sales.net(0, months) > 0.0) & (pairs.places >= 0)).nonzero()[0]
    width = int(pairs.places.max(initial=0)) + 1
    found = np.bincount(pairs.firm[here] * width + pairs.places[here], minlength=pairs.firms * width)
    return summed(found.reshape(pairs.firms, width) > 0)


@indicator("供应商平均合作月", "INV", (), SAFER, "SC10")
def supp_tenure_avg(sellers: Partners) -> Floats:
    """Mean months since the first purchase, over suppliers of the last 12 months."""
    pairs = sellers.side.pairs
    current = (sellers.side.net(0, 12) > 0) & (sellers.first >= 0)
    return ratio(pairs.sum(np.where(current, sellers.first, 0.0)), pairs.count(current))


@indicator("已注销供应商占比", "INV,ENT", (24,), RISKIER, "SC05", needs="INV")
def supp_dead_share(companies: Companies, purchases: Side, months: int) -> Floats:
    """Share of purchases from companies that are revoked or cancelled now."""
    return np.where(
        np.isnan(companies.gap),
        companies.gap,
        companies.pairs.share(purchases.net(0, months), companies.gone),
    )


@indicator("稳定买方数", "INV", (12, 24), SAFER, "SC10")
def stable_buyer_cnt(buyers: Partners, months: int) -> Floats:
    """Customers with an invoice in three quarters of the months."""
    return buyers.side.pairs.count(buyers.stable(months))


@indicator("稳定买方额占比", "INV", (12,), SAFER, "SC10")
def stable_buyer_share(buyers: Partners, months: int) -> Floats:
    """Share of sales to those."""
    side = buyers.side
    return side.pairs.share(side.net(0, months), buyers.stable(months))


@indicator("稳定买方额同比", "INV", (12,), SAFER, "SC10")
def stable_buyer_yoy(buyers: Partners, months: int) -> Floats:
    """Sales to those against the year before, minus 1."""
    return yearly_growth(buyers.side, buyers.stable(months))


@indicator("稳定买方撤销率", "INV", (12,), RISKIER, "SC10")
def stable_buyer_cancel(buyers: Partners, months: int) -> Floats:
    """(void + |red|) / (blue + void) of those, in amounts."""
    side = buyers.side
    recent = ((side.age < months) & (side.pair >= 0)).nonzero()[0]
    recent = recent[buyers.stable(months)[side.pair[recent]]]
    amount, void = side.amount[recent], side.void[recent]

    def fen(mask: Bools) -> Floats:
        return segment_sum(side.firm[recent[mask]], side.firms, np.abs(amount[mask]))

    gone = fen(void & (amount > 0.0))
    return ratio(gone + fen(~void & (amount < 0.0)), fen(~void & (amount >= 0.0)) + gone)


@indicator("稳定供应商占比", "INV", (12,), SAFER, "SC10")
def stable_supp_share(sellers: Partners, months: int) -> Floats:
    """Share of purchases from suppliers with an invoice in three quarters of the months."""
    side = sellers.side
    return side.pairs.share(side.net(0, months), sellers.stable(months))


@indicator("下游行业增速", "INV,IND", (12,), SAFER, "SC08")
def downstream_growth(sales: Side, bench: Bench, months: int) -> Floats:
    """Growth of the customers' industries, weighted by sales over those that have one."""
    growths, gap = of_pairs(
        sales.pairs, bench.table("growth_of"), lambda told: np.nan if told is None else float(told)
    )
    # Which of two NaN a sum hands on differs along an array; the source's reason comes first.
    return np.where(np.isnan(gap), gap, sales.pairs.mean(sales.net(0, months), growths))
