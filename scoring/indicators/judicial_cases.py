"""Sub-model ``judicial`` (司法): court cases. Civil and administrative ones of the company unless said."""

from __future__ import annotations

import numpy as np

from schema.money import FEN_PER_YUAN
from scoring.inputs.court import Cases
from scoring.measure import CONTEXT, RISKIER, SAFER, submodel
from scoring.series import growth, ratio
from scoring.value import INSUFFICIENT, Floats

indicator = submodel("judicial")
LEAST_JUDGEMENTS = 3
PENDING_MONTHS = 24
"""A case without a judgement for longer is no longer expected to be heard."""
NEVER_DAYS = 3650.0
"""Days since the last case of a firm that never had one."""


@indicator("作被告案件数", "JUD", (12, 24, 60), RISKIER, "JU01")
def defendant_cnt(cases: Cases, months: int) -> Floats:
    """Cases as defendant."""
    return cases.sued_month.total(months)


@indicator("作原告案件数", "JUD", (24,), CONTEXT, "JU01")
def plaintiff_cnt(cases: Cases, months: int) -> Floats:
    """Cases as plaintiff."""
    plaintiff = cases.company & cases.rows.among("role", "plaintiff")
    return cases.rows.count(plaintiff & (cases.age < months))


@indicator("被诉标的/年销售", "JUD,INV", (24,), RISKIER, "JU02")
def defendant_amt_ratio(cases: Cases, out_amt_12m: Floats, months: int) -> Floats:
    """What is claimed in cases as defendant over the last 12 months' sales."""
    claimed = cases.rows.sum(cases.sued & (cases.age < months), cases.rows.number("amount_fen"))
    return ratio(claimed / FEN_PER_YUAN, out_amt_12m)


@indicator("借贷纠纷被告数", "JUD", (24, 60), RISKIER, "JU03")
def loan_dispute_cnt(cases: Cases, months: int) -> Floats:
    """Cases as defendant over loans of banks and of persons."""
    bank, private = cases.of("financial_loan", "private_loan")
    return bank.total(months) + private.total(months)


@indicator("买卖合同被告数", "JUD", (24,), RISKIER, "JU04")
def sale_dispute_cnt(cases: Cases, months: int) -> Floats:
    """Cases as defendant over contracts of sale."""
    return cases.of("sale")[0].total(months)


@indicator("劳动争议被告数", "JUD", (24,), RISKIER, "JU04")
def labor_dispute_cnt(cases: Cases, months: int) -> Floats:
    """Cases as defendant over labour."""
    return cases.of("labour")[0].total(months)


@indicator("知产侵权被告数", "JUD", (24,), RISKIER, "JU04")
def tort_ip_dispute_cnt(cases: Cases, months: int) -> Floats:
    """Cases as defendant over infringed intellectual property."""
    return cases.of("ip_infringement")[0].total(months)


@indicator("担保追偿被告数", "JUD", (36,), RISKIER, "JU03")
def guarantee_dispute_cnt(cases: Cases, months: int) -> Floats:
    """Cases as defendant over guarantees."""
    return cases.of("guarantee")[0].total(months)


@indicator("刑事案件标记", "JUD", (60,), RISKIER, "JU05")
def criminal_case_flag(cases: Cases, months: int) -> Floats:
    """1 when the company was accused of a crime."""
    accused = cases.company & cases.defendant & cases.kind("criminal")
    return cases.rows.any(accused & (cases.age < months))


@indicator("涉税刑事标记", "JUD", (60,), RISKIER, "JU05")
def tax_crime_flag(cases: Cases, months: int) -> Floats:
    """1 when the company or its owner was accused of false invoices or tax evasion."""
    accused = (cases.company | cases.owner) & cases.defendant & cases.rows.among("cause", "tax_crime")
    return cases.rows.any(accused & (cases.age < months))


@indicator("涉诉趋势", "JUD", (24,), RISKIER, "JU01")
def lawsuit_trend(cases: Cases, months: int) -> Floats:
    """Cases as defendant in the last 12 months against the 12 before, minus 1; 0 without any."""
    now, before = cases.sued_month.total(12), cases.sued_month.total(12, 12)
    return np.where(now + before == 0, 0.0, growth(now, np.maximum(before, 1)))


@indicator("胜诉率", "JUD", (36,), SAFER, "JU06")
def win_rate(cases: Cases, months: int) -> Floats:
    """Judgements won over judgements; needs three."""
    judged = cases.company & (cases.rows.age("decided_on") < months) & (cases.rows.age("decided_on") >= 0)
    judged &= cases.rows.among("outcome", "won", "lost", "partly")
    number = cases.rows.count(judged)
    won = cases.rows.count(judged & cases.rows.among("outcome", "won"))
    return np.where(number < LEAST_JUDGEMENTS, INSUFFICIENT, won / number)


@indicator("距最近被告天数", "JUD", (), SAFER, "JU01")
def days_since_last_case(cases: Cases) -> Floats:
    """Days since the last case as defendant; ten years when there was none, at most that."""
    found = cases.rows.smallest(cases.sued, cases.rows.days_ago("event_date"), NEVER_DAYS)
    return np.minimum(found, NEVER_DAYS)


@indicator("待开庭公告数", "JUD", (), RISKIER, "JU07")
def hearing_pending_cnt(cases: Cases) -> Floats:
    """Hearings of the company as defendant that are still to come, or whose case is not decided."""
    told = ~np.isnan(cases.rows.day("hearing_on"))
    undecided = cases.rows.lasting("decided_on")
    recent = cases.age < PENDING_MONTHS
    return cases.rows.count(cases.company & cases.defendant & told & undecided & recent)


@indicator("被申请财产保全数", "JUD", (24,), RISKIER, "JU07")
def asset_preserve_cnt(cases: Cases, months: int) -> Floats:
    """Applications to secure the company's assets."""
    against = cases.company & cases.defendant & cases.kind("preservation")
    return cases.rows.count(against & (cases.age < months))


@indicator("破产/清算标记", "JUD", (), RISKIER, "JU08")
def bankrupt_flag(cases: Cases) -> Floats:
    """1 when a court has accepted a bankruptcy or liquidation of the company and not closed it in its
    favour."""
    accepted = cases.company & cases.defendant & cases.kind("bankruptcy")
    return cases.rows.any(accepted & ~cases.rows.among("outcome", "won", "settled"))


@indicator("实控人刑事标记", "JUD", (60,), RISKIER, "JU09")
def owner_criminal_flag(cases: Cases, months: int) -> Floats:
    """1 when the owner was accused of a crime."""
    accused = cases.owner & cases.defendant & cases.kind("criminal")
    return cases.rows.any(accused & (cases.age < months))
