"""Sub-model ``ip`` (知识产权): transfers, pledges, licences, disputes, and what research costs."""

from __future__ import annotations

import numpy as np

from schema.money import FEN_PER_YUAN
from scoring.inputs.assets import Assets, Deals
from scoring.inputs.court import Cases
from scoring.inputs.research import Research
from scoring.inputs.statements import Books
from scoring.measure import CONTEXT, RISKIER, SAFER, submodel
from scoring.series import growth, ratio
from scoring.value import Bools, Floats

indicator = submodel("ip")
BURST_SHARE = 0.5


def _recent(deals: Deals, kind: str, months: int) -> Bools:
    return deals.of(kind) & (deals.age < months)


@indicator("受让专利占比", "IPR", (), RISKIER, "IP09", needs="IPR,intellectual_property_deal")
def ip_transfer_in_ratio(assets: Assets, deals: Deals) -> Floats:
    """Patents taken over from others over patents in force."""
    bought = deals.rows.distinct(deals.of("transfer_in") & deals.patent, deals.asset)
    return np.minimum(ratio(bought, assets.rows.count(assets.patents & assets.valid)), 1.0)


@indicator("转出专利数", "IPR", (24,), RISKIER, "IP09", needs="IPR,intellectual_property_deal")
def ip_transfer_out_cnt(deals: Deals, months: int) -> Floats:
    """Assets given away."""
    return deals.rows.count(_recent(deals, "transfer_out", months))


@indicator("申请前突击受让", "IPR", (6,), RISKIER, "IP09", needs="IPR,intellectual_property_deal")
def ip_burst_flag(assets: Assets, deals: Deals, months: int) -> Floats:
    """1 when half of the patents in force or more were taken over in the window."""
    bought = deals.rows.distinct(_recent(deals, "transfer_in", months) & deals.patent, deals.asset)
    patents = assets.rows.count(assets.patents & assets.valid)
    return ((bought > 0) & (bought >= BURST_SHARE * patents)).astype(np.float64)


@indicator("许可收入/销售", "IPR,FIN", (24,), SAFER, "IP10", needs="IPR,intellectual_property_deal,FIN")
def ip_license_income(deals: Deals, books: Books, months: int) -> Floats:
    """Earned by licences in the window, a year, over revenue."""
    earned = deals.rows.sum(_recent(deals, "licence", months), deals.rows.number("amount_fen"))
    return ratio(earned * 12 / months, books.income["revenue"])


@indicator("已质押", "IPR", (), CONTEXT, "IP10", needs="IPR,intellectual_property_deal")
def ip_pledge_flag(deals: Deals) -> Floats:
    """1 while an asset is pledged."""
    return deals.rows.any(deals.of("pledge") & deals.rows.lasting("ended_on"))


@indicator("质押融资额", "IPR", (36,), CONTEXT, "IP10", needs="IPR,intellectual_property_deal")
def ip_pledge_amt(deals: Deals, months: int) -> Floats:
    """Financed by pledges, yuan."""
    return deals.rows.sum(_recent(deals, "pledge", months), deals.rows.number("amount_fen")) / FEN_PER_YUAN


@indicator("权属/侵权纠纷", "JUD", (36,), RISKIER, "IP11")
def ip_dispute_cnt(cases: Cases, months: int) -> Floats:
    """Cases of the company over the ownership or infringement of intellectual property."""
    over = cases.rows.among("cause", "ip_infringement", "ip_ownership")
    return cases.rows.count(cases.company & over & (cases.age < months))


@indicator("研发费用率", "DEC,FIN", (12,), SAFER, "IP12", needs="")
def rd_expense_ratio(research: Research, months: int) -> Floats:
    """Research expense over revenue: by the annual income-tax return (加计扣除), else by the books."""
    return research.ratio


@indicator("研发费用同比", "DEC", (24,), SAFER, "IP12")
def rd_expense_yoy(research: Research, months: int) -> Floats:
    """Research expense of the newest annual return against the year before, minus 1."""
    return growth(research.now, research.before)
