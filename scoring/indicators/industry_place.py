"""Sub-model ``industry`` (行业): where the firm stands among its peers, 0 to 1."""

from __future__ import annotations

from scoring.inputs.bank_side import Bench
from scoring.inputs.electricity import Power
from scoring.measure import INTERIOR, RISKIER, SAFER, submodel
from scoring.series import ratio
from scoring.value import Floats

indicator = submodel("industry")


@indicator("增速差", "INV,IND", (12,), SAFER, "ID09")
def gap_growth(out_yoy_12m: Floats, bench: Bench, months: int) -> Floats:
    """The firm's growth of sales minus the industry's."""
    return out_yoy_12m - bench.number("growth")


@indicator("规模分位", "INV,IND", (12,), SAFER, "ID10")
def pct_scale(out_amt_12m: Floats, bench: Bench, months: int) -> Floats:
    """Place by sales."""
    return bench.place("out_amt_12m", out_amt_12m)


@indicator("毛利分位", "INV,IND", (12,), SAFER, "ID10")
def pct_margin(gross_margin_proxy_12m: Floats, bench: Bench, months: int) -> Floats:
    """Place by gross margin."""
    return bench.place("gross_margin_proxy_12m", gross_margin_proxy_12m)


@indicator("税负分位", "DEC,IND", (12,), INTERIOR, "ID10")
def pct_burden(vat_burden_12m: Floats, bench: Bench, months: int) -> Floats:
    """Place by VAT burden."""
    return bench.place("vat_burden_12m", vat_burden_12m)


@indicator("人效分位", "INV,SOC,IND", (12,), SAFER, "ID10")
def pct_eff(out_amt_12m: Floats, insured_cnt: Floats, bench: Bench, months: int) -> Floats:
    """Place by sales an insured person."""
    return bench.place("out_amt_per_head_12m", ratio(out_amt_12m, insured_cnt))


@indicator("波动分位", "INV,IND", (12,), RISKIER, "ID10")
def pct_out_cv(out_cv_12m: Floats, bench: Bench, months: int) -> Floats:
    """Place by volatility of sales."""
    return bench.place("out_cv_12m", out_cv_12m)


@indicator("客户集中度分位", "INV,IND", (12,), RISKIER, "ID10")
def pct_cust_hhi(cust_hhi_12m: Floats, bench: Bench, months: int) -> Floats:
    """Place by concentration of customers."""
    return bench.place("cust_hhi_12m", cust_hhi_12m)


@indicator("撤销率分位", "INV,IND", (12,), RISKIER, "ID10")
def pct_cancel(out_cancel_rate_12m: Floats, bench: Bench, months: int) -> Floats:
    """Place by cancelled sales."""
    return bench.place("out_cancel_rate_12m", out_cancel_rate_12m)


@indicator("电耗分位", "ELE,IND", (12,), INTERIOR, "ID10", needs="ELE,IND,INV")
def pct_ele(power: Power, out_amt_12m: Floats, bench: Bench, months: int) -> Floats:
    """Place by kWh a yuan of sales."""
    used = power.every_month(power.energy, months)
    return bench.place("energy_per_yuan_12m", ratio(used, out_amt_12m))
