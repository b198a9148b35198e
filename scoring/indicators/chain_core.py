"""Sub-model ``supply_chain`` (产业链): core enterprises, and the kind of customers."""

from __future__ import annotations

from typing import cast

import numpy as np

from schema.money import FEN_PER_YUAN
from scoring.inputs.bank_side import Bench, Known, given, placed
from scoring.inputs.batch import Batch
from scoring.inputs.chain import Partners, lag_days, yearly_growth
from scoring.inputs.companies import Companies
from scoring.inputs.flows import Flows
from scoring.inputs.invoices import Side
from scoring.inputs.scene import Figures
from scoring.measure import RISKIER, SAFER, submodel
from scoring.series import longest_run, ratio, segment_max, since
from scoring.value import INSUFFICIENT, Floats

indicator = submodel("supply_chain")


@indicator("在册产业链", "SCN,IND", (), SAFER, "SC01", needs="IND")
def chain_link_flag(bench: Bench) -> Floats:
    """1 when the industry belongs to a key chain (重点产业链)."""
    return bench.number("chain")


@indicator("核心企业买方占比", "INV,SCN", (6, 12), SAFER, "SC02", needs="INV")
def core_buyer_share(core: Known, sales: Side, months: int) -> Floats:
    """Share of sales to core enterprises."""
    return core.share(sales, months)


@indicator("核心买方家数", "INV,SCN", (12,), SAFER, "SC02", needs="INV")
def core_buyer_cnt(core: Known, sales: Side, months: int) -> Floats:
    """Core enterprises among customers."""
    return np.where(np.isnan(core.gap), core.gap, core.pairs.count(core.flag & (sales.net(0, months) > 0)))


@indicator("核心买方合作月数", "INV", (), SAFER, "SC03")
def core_buyer_tenure(core: Known, buyers: Partners) -> Floats:
    """Months since the first sale to a core enterprise, the longest; 0 without one."""
    return cast(
        Floats,
        core.gap
        + segment_max(buyers.first[core.flag], core.pairs.firm[core.flag], core.pairs.firms, 0.0).clip(0),
    )


@indicator("核心买方连续交易月", "INV", (12,), SAFER, "SC03")
def core_buyer_run(core: Known, buyers: Partners, months: int) -> Floats:
    """Longest run of months with a sale to a core enterprise."""
    traded = np.zeros((core.pairs.firms, months), dtype=np.bool_)
    np.logical_or.at(traded, core.pairs.firm[core.flag], buyers.traded[core.flag, :months])
    return core.gap + longest_run(traded)


@indicator("核心买方额同比", "INV", (12,), SAFER, "SC03")
def core_buyer_yoy(core: Known, sales: Side, months: int) -> Floats:
    """Sales to core enterprises against the year before, minus 1."""
    return np.where(np.isnan(core.gap), core.gap, yearly_growth(sales, core.flag))


@indicator("核心供应商占比", "INV,SCN", (12,), SAFER, "SC02", needs="INV")
def core_supp_share(core: Known, purchases: Side, months: int) -> Floats:
    """Share of purchases from core enterprises."""
    return core.share(purchases, months)


@indicator("新增核心买方", "INV", (6,), SAFER, "SC02")
def new_core_win(core: Known, buyers: Partners, sales: Side, months: int) -> Floats:
    """Core enterprises first sold to within the window; needs 12 months of invoices before it."""
    won = core.flag & (buyers.first >= 0) & (buyers.first < months)
    return np.where(np.isnan(core.gap), core.gap, since(sales.history, 12 + months, core.pairs.count(won)))


@indicator("政府/事业单位占比", "INV,ENT", (12,), SAFER, "SC04", needs="INV")
def gov_buyer_share(companies: Companies, sales: Side, months: int) -> Floats:
    """Share of sales to public bodies."""
    return companies.kind("government").share(sales, months)


@indicator("国企买方占比", "INV,ENT", (12,), SAFER, "SC04", needs="INV")
def soe_buyer_share(companies: Companies, sales: Side, months: int) -> Floats:
    """Share of sales to state-owned companies."""
    return companies.kind("state").share(sales, months)


@indicator("上市公司买方占比", "INV,ENT", (12,), SAFER, "SC04", needs="INV")
def listed_buyer_share(companies: Companies, sales: Side, months: int) -> Floats:
    """Share of sales to listed companies."""
    return companies.kind("listed").share(sales, months)


@indicator("买方资质加权", "INV,ENT", (12,), SAFER, "SC04", needs="INV")
def buyer_grade_avg(companies: Companies, sales: Side, months: int) -> Floats:
    """Grade of customers, 0 to 1, weighted by sales over those that have one."""
    return np.where(
        np.isnan(companies.gap), companies.gap, companies.pairs.mean(sales.net(0, months), companies.grade)
    )


@indicator("买方失信/异常额占比", "INV,EXE", (12,), RISKIER, "SC05", needs="INV")
def buyer_bad_share(abnormal_pairs: Known, sales: Side, months: int) -> Floats:
    """Share of sales to dishonest, abnormal or cancelled companies."""
    return abnormal_pairs.share(sales, months)


@indicator("最大买方应收敞口", "INV,TXN,FIN", (), RISKIER, "SC05")
def buyer_ar_exposure(buyers: Partners, paid_by_pair: Floats, flows: Flows, fin_equity: Floats) -> Floats:
    """The most that a customer was invoiced in 12 months and has not paid, over owners' equity."""
    pairs = buyers.side.pairs
    owed = np.maximum(buyers.amounts[:, :12].sum(axis=1) - paid_by_pair, 0) * ~pairs.individual
    largest = segment_max(owed, pairs.firm, pairs.firms, 0.0)
    covered = flows.unclassified + np.where(flows.history < 12, INSUFFICIENT, largest)
    return ratio(covered / FEN_PER_YUAN, fin_equity)


@indicator("核心买方账期", "INV,TXN", (12,), RISKIER, "SC06")
def core_pay_days(core: Known, buyers: Partners, core_receipts: Floats, flows: Flows, months: int) -> Floats:
    """The lag at which receipts from core enterprises follow what they were invoiced."""
    lag = lag_days(buyers.months_of(core.flag), core_receipts)
    known = np.where(np.isnan(flows.unclassified), flows.unclassified, lag)
    return np.where(np.isnan(core.gap), core.gap, known)


@indicator("在手订单额/年销售", "SCN", (), SAFER, "SC07", needs="SCN,INV")
def order_backlog(scene: Figures, out_amt_12m: Floats) -> Floats:
    """Orders in hand over the last 12 months' sales."""
    return ratio(scene.latest("order_backlog"), out_amt_12m)


@indicator("平台确权应收", "SCN", (), SAFER, "SC07", needs="")
def confirmed_ar(scene: Figures, batch: Batch) -> Floats:
    """Receivables that a core buyer confirmed, yuan."""
    told = given(batch, lambda context: context.confirmed_ar_fen) / FEN_PER_YUAN
    return np.where(np.isnan(told), batch.masked(scene.latest("confirmed_ar"), "SCN"), told)


@indicator("产业集群分位", "REG,INV", (12,), SAFER, "SC08")
def cluster_rank(batch: Batch, out_amt_12m: Floats, months: int) -> Floats:
    """Place by sales within the park or cluster."""
    return placed([getattr(context.place, "cluster_sales", None) for context in batch.contexts], out_amt_12m)
