"""Sub-model ``scenario`` (场景): shops and services (普适), foreign trade, tenders, logistics, e-commerce."""

from __future__ import annotations

import numpy as np

from schema.money import FEN_PER_YUAN
from scoring.inputs.flows import Flows
from scoring.inputs.payments import Payments
from scoring.inputs.scene import Figures
from scoring.inputs.staff import Staff
from scoring.measure import RISKIER, SAFER, submodel
from scoring.series import Cube, correlation, growth, longest_run, ratio, summed
from scoring.value import INSUFFICIENT, Floats

indicator = submodel("scenario")


@indicator("租金缴付月数", "TXN", (12,), SAFER, "SN07")
def gen_rent_months(rent: Cube, flows: Flows, months: int) -> Floats:
    """Months in which rent was paid."""
    return flows.covered(summed(rent.last(months) > 0), months)


@indicator("收单流水", "SCN", (3, 12), SAFER, "SN08")
def gen_pos_amt(scene: Figures, months: int) -> Floats:
    """Takings by card and code (收单), yuan."""
    return scene.total("pos_amount", months)


@indicator("收单退款率", "SCN", (3,), RISKIER, "SN08")
def gen_pos_refund(scene: Figures, months: int) -> Floats:
    """Refunds over takings."""
    return ratio(scene.month("pos_refund").total(months), scene.total("pos_amount", months))


@indicator("门店数", "SCN", (), SAFER, "SN08")
def gen_store_cnt(scene: Figures) -> Floats:
    """Shops, the newest count."""
    return scene.latest("stores")


@indicator("平台评分", "SCN", (3,), SAFER, "SN08")
def gen_platform_rating(scene: Figures, months: int) -> Floats:
    """Mean of the ratings that platforms give, 0 to 5."""
    return scene.mean("rating", months)


@indicator("公积金连续缴存月", "SOC", (24,), SAFER, "SN07")
def gen_fund_months(staff: Staff, months: int) -> Floats:
    """Longest run of months with housing-fund contributions."""
    fund = staff.fund[:, :months]
    told = ~np.isnan(staff.fund).all(axis=1)
    return np.where(told, longest_run(fund > 0), INSUFFICIENT)


@indicator("报关出口额", "SCN", (12,), SAFER, "SN09")
def trade_customs_amt(scene: Figures, months: int) -> Floats:
    """Exports declared at customs, yuan."""
    return scene.total("customs_amount", months)


@indicator("报关同比", "SCN", (12,), SAFER, "SN09")
def trade_customs_yoy(scene: Figures, months: int) -> Floats:
    """Those against the year before, minus 1."""
    return growth(scene.total("customs_amount", months), scene.total("customs_amount", months, 12))


@indicator("出口退税周期", "PAY", (12,), RISKIER, "SN09")
def trade_refund_days(payments: Payments, months: int) -> Floats:
    """Mean days from the application for a refund to the refund."""
    rows = payments.rows
    taken = rows.day("event_date") - rows.day("applied_on")
    return rows.mean(rows.among("nature", "refund") & (payments.age < months), taken)


@indicator("收汇/报关匹配", "SCN,TXN", (12,), SAFER, "SN09")
def trade_fx_match(scene: Figures, flows: Flows, months: int) -> Floats:
    """Receipts from abroad over exports declared at customs."""
    received = flows.covered(
        flows.cube(flows.into & flows.says("foreign")).total(months) / FEN_PER_YUAN, months
    )
    return ratio(received, scene.total("customs_amount", months))


@indicator("中标额/年销售", "SCN", (12,), SAFER, "SN10", needs="SCN,INV")
def bid_win_amt(scene: Figures, out_amt_12m: Floats, months: int) -> Floats:
    """Tenders won over sales."""
    return ratio(scene.month("bid_win").total(months), out_amt_12m)


@indicator("中标次数", "SCN", (12, 24), SAFER, "SN10")
def bid_win_cnt(scene: Figures, months: int) -> Floats:
    """Tenders won."""
    return scene.count("bid_win", months)


@indicator("物流单量", "SCN", (3, 12), SAFER, "SN11")
def logi_order_cnt(scene: Figures, months: int) -> Floats:
    """Shipments."""
    return scene.total("logistics_orders", months)


@indicator("物流-开票相关", "SCN,INV", (12,), SAFER, "SN11")
def logi_inv_corr(scene: Figures, sold: Cube, months: int) -> Floats:
    """Correlation of monthly shipments and sales."""
    found = correlation(scene.month("logistics_orders").last(months), sold.last(months))
    shipped = scene.total("logistics_orders", months)
    return np.where(np.isnan(shipped), shipped, found)


@indicator("电商GMV(剔刷单)", "SCN", (3, 12), SAFER, "SN12")
def ecom_gmv(scene: Figures, months: int) -> Floats:
    """Sales on platforms without those that look faked, yuan."""
    return scene.total("ecom_amount", months) - scene.month("ecom_fake").total(months)


@indicator("电商退款率", "SCN", (3,), RISKIER, "SN12")
def ecom_refund_rate(scene: Figures, months: int) -> Floats:
    """Refunds over sales on platforms."""
    return ratio(scene.month("ecom_refund").total(months), scene.total("ecom_amount", months))


@indicator("刷单疑似率", "SCN", (6,), RISKIER, "SN12")
def ecom_fake_rate(scene: Figures, months: int) -> Floats:
    """Sales that look faked, as the platform's model tells, over sales on platforms."""
    return ratio(scene.month("ecom_fake").total(months), scene.total("ecom_amount", months))
