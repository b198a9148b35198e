"""Sub-model ``scenario`` (场景): manufacturing (制造) and science and technology (科企)."""

from __future__ import annotations

import numpy as np

from scoring.indicators.registration_status import licensed
from scoring.inputs.bank_side import given
from scoring.inputs.batch import Batch
from scoring.inputs.electricity import Power
from scoring.inputs.events import Adverse
from scoring.inputs.items import Lines
from scoring.inputs.scene import Figures
from scoring.inputs.statements import Books
from scoring.measure import CONTEXT, INTERIOR, RISKIER, SAFER, submodel
from scoring.series import ratio, segment_max
from scoring.value import Bools, Floats

indicator = submodel("scenario")
EQUIPMENT = ("109",)
"""Machinery and equipment among tax classes (税收分类编码)."""
RAW_MATERIALS = ("101", "102", "105", "106", "107", "108")
"""Farm products, ores, wood and paper, fuels, chemicals, metals."""
SOFTWARE_SERVICES = ("30401", "30402")
"""Research and technical services, information technology services."""


@indicator("设备类进项占比", "ITM", (12, 24), SAFER, "SN01")
def mfg_equip_in_share(lines_bought: Lines, months: int) -> Floats:
    """Machinery and equipment in what is bought."""
    return lines_bought.window_share(months, *EQUIPMENT)


@indicator("原材料进项占比", "ITM", (12,), INTERIOR, "SN01")
def mfg_raw_in_share(lines_bought: Lines, months: int) -> Floats:
    """Raw materials in what is bought."""
    return lines_bought.window_share(months, *RAW_MATERIALS)


@indicator("固定资产占比", "FIN", (), SAFER, "SN02")
def mfg_fixed_asset_ratio(books: Books) -> Floats:
    """Fixed assets over assets."""
    return ratio(books.balance["fixed_assets"], books.balance["assets"])


@indicator("产能利用(电/IoT)", "ELE,SCN", (3, 12), SAFER, "SN03", needs="")
def mfg_capacity_util(scene: Figures, power: Power, batch: Batch, months: int) -> Floats:
    """Capacity used over designed, by connected machines; else mean monthly kWh over the year's highest."""
    made = ratio(scene.mean("capacity_used", months), scene.mean("capacity_designed", months))
    load = ratio(power.every_month(power.energy, months) / months, power.energy.last(12).max(axis=1))
    made = batch.masked(made, "SCN")
    return np.where(np.isnan(made), batch.masked(load, "ELE"), made)


@indicator("设备开机时长", "SCN", (3,), SAFER, "SN03")
def mfg_iot_hours(scene: Figures, months: int) -> Floats:
    """Hours that a machine ran in the window."""
    return ratio(scene.total("machine_hours", months), scene.latest("machines"))


@indicator("存货周转", "FIN", (12,), SAFER, "SN02")
def mfg_inventory_turn(books: Books, months: int) -> Floats:
    """Yearly cost over inventory."""
    return ratio(books.income["cost"] * 365 / books.days, books.balance["inventory"])


@indicator("排污许可有效", "NEG", (), SAFER, "SN04", needs="licence")
def mfg_env_permit(batch: Batch) -> Floats:
    """1 when a permit to discharge is in force. ``NOT_AVAILABLE`` without one on record."""
    return licensed(batch, "pollution")


@indicator("安全事故数", "NEG", (36,), RISKIER, "SN04")
def mfg_accident_cnt(adverse: Adverse, months: int) -> Floats:
    """Accidents at work on record."""
    return adverse.of("accident").total(months)


@indicator("亩均税收等级", "REG", (), SAFER, "SN02")
def mfg_land_eff(batch: Batch) -> Floats:
    """Grade of tax yield by area (亩均论英雄): A 4, B 3, C 2, D 1."""
    grades = {"A": 4.0, "B": 3.0, "C": 2.0, "D": 1.0}
    return given(batch, lambda context: grades.get(getattr(context.place, "land_grade", None) or ""))


def _titles(scene: Figures) -> Bools:
    """Titles in force at ``as_of``."""
    return scene.of("title") & ~(scene.ahead < 0)


@indicator("科创称号级别", "SCN", (), SAFER, "SN05")
def tech_title_level(scene: Figures) -> Floats:
    """The highest title in force: national 4, provincial 3, high-tech 2, small tech firm 1; 0 without one."""
    mine = _titles(scene)
    return segment_max(scene.value[mine], scene.firm[mine], scene.firms, 0.0)


@indicator("称号持续月数", "SCN", (), SAFER, "SN05")
def tech_title_months(scene: Figures) -> Floats:
    """Months since the first title; 0 without one in force."""
    held = segment_max(scene.age[scene.of("title")], scene.firm[scene.of("title")], scene.firms, 0.0)
    return np.where(tech_title_level(scene) > 0, held, 0.0)


@indicator("称号剩余月数", "SCN", (), SAFER, "SN05")
def tech_title_expire_m(scene: Figures) -> Floats:
    """Months until the last title in force ends; 0 without one."""
    mine = _titles(scene) & ~np.isnan(scene.ahead)
    return segment_max(scene.ahead[mine], scene.firm[mine], scene.firms, 0.0)


@indicator("研发人员占比", "SCN,SOC", (), SAFER, "SN06")
def tech_rd_head_ratio(scene: Figures, insured_cnt: Floats) -> Floats:
    """Research persons over insured persons."""
    return ratio(scene.latest("research_heads"), insured_cnt)


@indicator("股权融资轮次", "SCN", (36,), SAFER, "SN06")
def tech_equity_round(scene: Figures, months: int) -> Floats:
    """Rounds of equity finance."""
    return scene.count("equity_round", months)


@indicator("财政补助/销售", "SCN,FIN", (24,), INTERIOR, "SN06", needs="FIN")
def tech_subsidy_ratio(scene: Figures, books: Books, batch: Batch, months: int) -> Floats:
    """Public subsidies over revenue: what the programme tells, a year, else what the books show."""
    revenue = books.income["revenue"]
    told = batch.masked(scene.total("subsidy", months) * 12 / months * 100, "SCN")
    return ratio(np.where(np.isnan(told), books.income["subsidy"], told), revenue)


@indicator("创新积分", "SCN", (), SAFER, "SN05")
def tech_points(scene: Figures) -> Floats:
    """The government's innovation points, the newest."""
    return scene.latest("points")


@indicator("软件/技术服务收入占比", "ITM", (12,), CONTEXT, "SN06")
def tech_sw_sales_share(lines_sold: Lines, months: int) -> Floats:
    """Software and technical services in what is sold."""
    return lines_sold.window_share(months, *SOFTWARE_SERVICES)
