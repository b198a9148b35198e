"""Sub-model ``electricity`` (电力): how much is used, how steadily, and against what is invoiced."""

from __future__ import annotations

from typing import cast

import numpy as np

from schema.money import FEN_PER_YUAN
from scoring.inputs.bank_side import Bench
from scoring.inputs.electricity import Power
from scoring.measure import CONTEXT, INTERIOR, RISKIER, SAFER, submodel
from scoring.series import (
    Cube,
    correlation,
    flag,
    growth,
    longest_run,
    ratio,
    slope,
    variation,
)
from scoring.value import INSUFFICIENT, Floats

indicator = submodel("electricity")
LOW_LOAD, STOPPED = 0.3, 0.2
HOURS_A_MONTH = 730.0


@indicator("用电数据月数", "ELE", (24,), SAFER, "EL01")
def ele_cov_months(power: Power, months: int) -> Floats:
    """Months with a bill."""
    return power.months_billed(months)


@indicator("用电量", "ELE", (3, 6, 12), SAFER, "EL02")
def ele_kwh(power: Power, months: int) -> Floats:
    """kWh; ``INSUFFICIENT`` when a month of the window has no bill."""
    return power.every_month(power.energy, months)


@indicator("用电同比", "ELE", (3, 6, 12), SAFER, "EL03")
def ele_yoy(power: Power, months: int) -> Floats:
    """kWh against the same months a year before, minus 1."""
    return growth(power.every_month(power.energy, months), power.every_month(power.energy, months, 12))


@indicator("用电环比", "ELE", (6,), SAFER, "EL03")
def ele_hoh(power: Power, months: int) -> Floats:
    """kWh of the last 3 months against the 3 before, minus 1."""
    return growth(power.every_month(power.energy, 3), power.every_month(power.energy, 3, 3))


@indicator("用电波动", "ELE", (12,), RISKIER, "EL04")
def ele_cv(power: Power, months: int) -> Floats:
    """Standard deviation of monthly kWh over their mean."""
    return power.complete(months, variation(power.energy.last(months)))


@indicator("用电趋势", "ELE", (12,), SAFER, "EL03")
def ele_slope(power: Power, months: int) -> Floats:
    """Least-squares slope of monthly kWh, a month, over their mean."""
    return power.complete(months, slope(power.energy.last(months)))


@indicator("零电量月数", "ELE", (12,), RISKIER, "EL05")
def ele_zero_months(power: Power, months: int) -> Floats:
    """Months with a bill of no kWh."""
    idle = (power.energy.last(months) == 0) & (power.billed.last(months) > 0)
    return cast(Floats, np.where(power.months_billed(months) > 0, idle.sum(axis=1), INSUFFICIENT))


@indicator("低负荷最长月数", "ELE", (12,), RISKIER, "EL05")
def ele_low_run(power: Power, months: int) -> Floats:
    """Longest run of months below 30% of the highest month."""
    window = power.energy.last(months)
    return power.complete(months, longest_run(window < LOW_LOAD * window.max(axis=1)[:, None]))


@indicator("产能利用率", "ELE", (12,), SAFER, "EL06")
def ele_util_rate(power: Power, months: int) -> Floats:
    """kWh of the last month over the highest of the window."""
    return power.complete(months, ratio(power.energy.month[:, 0], power.energy.last(months).max(axis=1)))


@indicator("用电恢复率", "ELE", (12,), SAFER, "EL03")
def ele_recovery_rate(power: Power, months: int) -> Floats:
    """Mean kWh of the last 3 months over that of the same months a year before."""
    return ratio(power.every_month(power.energy, 3), power.every_month(power.energy, 3, months))


@indicator("电费金额", "ELE", (12,), SAFER, "EL02")
def ele_bill_amt(power: Power, months: int) -> Floats:
    """Billed, yuan."""
    return power.every_month(power.cost, months) / FEN_PER_YUAN


@indicator("电费/销售", "ELE,INV", (12,), INTERIOR, "EL07")
def ele_cost_ratio(ele_bill_amt_12m: Floats, out_amt_12m: Floats, months: int) -> Floats:
    """Electricity billed over sales."""
    return ratio(ele_bill_amt_12m, out_amt_12m)


@indicator("电量-开票相关", "ELE,INV", (24,), SAFER, "EL07")
def ele_sales_corr(power: Power, sold: Cube, months: int) -> Floats:
    """Correlation of monthly kWh and sales."""
    return power.complete(months, correlation(power.energy.last(months), sold.last(months)))


@indicator("电量-开票弹性", "ELE,INV", (12,), INTERIOR, "EL07")
def ele_sales_elast(power: Power, sold: Cube, selling_history: Floats, months: int) -> Floats:
    """Change of the logarithm of sales over that of kWh, a year on the year before; ``INSUFFICIENT`` when
    kWh did not change."""
    energy = growth(power.every_month(power.energy, months), power.every_month(power.energy, months, 12)) + 1
    invoiced = growth(sold.total(months), sold.total(months, 12)) + 1
    change = np.log(np.where(energy > 0, energy, energy * 0 + INSUFFICIENT))
    moved = np.log(np.where(invoiced > 0, invoiced, invoiced * 0 + INSUFFICIENT))
    found = np.where(change == 0, INSUFFICIENT, moved / change)
    return np.where(selling_history < 12 + months, INSUFFICIENT, found)


@indicator("单位产值电耗偏离", "ELE,INV,IND", (12,), INTERIOR, "EL07")
def ele_vs_ind(power: Power, out_amt_12m: Floats, bench: Bench, months: int) -> Floats:
    """Deviations of kWh a yuan of sales from the industry's mean, less below it and more above."""
    centre, spread = bench.norm("energy_per_yuan")
    return ratio(ratio(power.every_month(power.energy, months), out_amt_12m) - centre, spread)


@indicator("近2月骤停(<20%上年)", "ELE", (2,), RISKIER, "EL05")
def ele_shutdown_flag(power: Power, months: int) -> Floats:
    """1 when the last months used less than 20% of the same months a year before."""
    part = ratio(power.every_month(power.energy, months), power.every_month(power.energy, months, 12))
    return flag(part < STOPPED, part)


@indicator("负荷率", "ELE", (12,), INTERIOR, "EL06")
def ele_load_rate(power: Power, ele_capacity_kva: Floats, months: int) -> Floats:
    """Mean load, kWh over the hours of the window, over the installed capacity."""
    load = power.every_month(power.energy, months) / (months * HOURS_A_MONTH)
    return ratio(load, ele_capacity_kva)


@indicator("峰谷比", "ELE", (12,), CONTEXT, "EL08")
def ele_peak_valley(power: Power, months: int) -> Floats:
    """kWh at peak over kWh in the valley."""
    return ratio(power.part("peak_kwh", months), power.part("valley_kwh", months))


@indicator("夜间用电占比", "ELE", (12,), CONTEXT, "EL08")
def ele_night_share(power: Power, months: int) -> Floats:
    """kWh in the valley (谷) over all."""
    return ratio(power.part("valley_kwh", months), power.energy.total(months))
