"""Sub-model ``industry`` (行业): the industry and the district, as the bank's figures tell."""

from __future__ import annotations

import numpy as np

from scoring.inputs.bank_side import Bench, given, largest_class
from scoring.inputs.batch import Batch
from scoring.inputs.events import ADVERSE, Adverse, Changes
from scoring.inputs.items import Lines
from scoring.inputs.scene import Figures
from scoring.measure import CONTEXT, INTERIOR, RISKIER, SAFER, submodel
from scoring.series import segment_sum
from scoring.value import NOT_AVAILABLE, Floats

indicator = submodel("industry")
_GRADES = ("black", "red", "yellow", "blue", "green")


@indicator("行业准入", "IND", (), SAFER, "ID01")
def ind_allowed_flag(bench: Bench) -> Floats:
    """White list 1, grey 0.5, black 0."""
    return bench.number("allowed")


@indicator("行业不良率", "IND", (12,), RISKIER, "ID02")
def ind_npl_rate(bench: Bench, months: int) -> Floats:
    """Bad-loan rate of the industry, ours or the region's."""
    return bench.number("npl_rate")


@indicator("行业不良趋势", "IND", (12,), RISKIER, "ID02")
def ind_npl_trend(bench: Bench, months: int) -> Floats:
    """Change of that rate in a year."""
    return bench.number("npl_trend")


@indicator("行业开票增速", "IND", (12,), SAFER, "ID03")
def ind_growth(bench: Bench, months: int) -> Floats:
    """Median growth of invoiced sales in the industry."""
    return bench.number("growth")


@indicator("行业景气波动", "IND", (24,), RISKIER, "ID03")
def ind_vol(bench: Bench, months: int) -> Floats:
    """Volatility of the industry's sales."""
    return bench.number("volatility")


@indicator("行业景气指数", "IND", (3,), SAFER, "ID03")
def ind_pmi(bench: Bench, months: int) -> Floats:
    """Business climate index, 50 is neutral."""
    return bench.number("climate")


@indicator("主要品价格同比", "IND", (12,), INTERIOR, "ID03")
def ind_price_yoy(bench: Bench, months: int) -> Floats:
    """Change of the price of the main product in a year."""
    return bench.number("price_yoy")


@indicator("政策导向", "IND", (), SAFER, "ID01")
def ind_policy_tag(bench: Bench) -> Floats:
    """Encouraged 1, allowed 0.5, restricted 0.25, to be phased out 0."""
    return bench.number("policy")


@indicator("两高行业", "IND", (), RISKIER, "ID04")
def ind_energy_flag(bench: Bench) -> Floats:
    """1 for an industry of high energy use and emissions."""
    return bench.number("energy_intensive")


@indicator("环保信用等级", "IND,NEG", (), SAFER, "ID04", needs="NEG")
def ind_env_grade(adverse: Adverse) -> Floats:
    """The newest environmental credit grade: green 5, blue 4, yellow 3, red 2, black 1."""
    rows = adverse.rows
    graded = adverse.kind == ADVERSE.index("environment_grade")
    grade = rows.words("grade", _GRADES) + 1.0
    known = np.flatnonzero(graded & (grade <= len(_GRADES)))
    order = known[np.lexsort((-grade[known], rows.day("event_date")[known], rows.firm[known]))]
    found = np.full(rows.firms, NOT_AVAILABLE)
    found[rows.firm[order]] = grade[order]
    return found


@indicator("产能过剩", "IND", (), RISKIER, "ID04")
def ind_overcap_flag(bench: Bench) -> Floats:
    """1 for an industry with excess capacity."""
    return bench.number("overcapacity")


@indicator("出口依存", "IND", (12,), CONTEXT, "ID05")
def ind_export_dep(bench: Bench, months: int) -> Floats:
    """Exports over sales of the industry."""
    return bench.number("export_dependence")


@indicator("关税敞口", "IND,SCN", (12,), RISKIER, "ID05")
def ind_tariff_exposure(scene: Figures, bench: Bench, months: int) -> Floats:
    """Additional tariff of the countries exported to, weighted by what went there."""
    tariffs = bench.table("tariff_of")
    keep = np.flatnonzero(scene.of("export") & (scene.age < months))
    firm, value = scene.firm[keep], np.maximum(scene.value[keep], 0)
    rate = [
        (tariffs[at] or {}).get(scene.party[row] or "", 0.0)
        for at, row in zip(firm.tolist(), keep.tolist(), strict=True)
    ]
    whole = segment_sum(firm, scene.firms, value)
    paid = segment_sum(firm, scene.firms, value * np.array(rate, dtype=np.float64))
    told = np.array([table is not None for table in tariffs])
    return np.where(told & (whole > 0), paid / whole, NOT_AVAILABLE)


@indicator("行业头部集中度", "IND", (12,), CONTEXT, "ID06")
def ind_top_share(bench: Bench, months: int) -> Floats:
    """Sales of the industry's ten largest firms in all (CR10)."""
    return bench.number("top_share")


@indicator("登记行业=开票品类", "ENT,ITM", (12,), SAFER, "ID07", needs="ITM")
def ind_match_flag(lines_sold: Lines, bench: Bench, months: int) -> Floats:
    """1 when the item class that is sold most is one of the registered industry."""
    classes = bench.table("item_classes")
    most = largest_class(lines_sold)
    found = [
        NOT_AVAILABLE if wanted is None else float(item in wanted)
        for wanted, item in zip(classes, most, strict=True)
    ]
    return lines_sold.gap + np.array(found, dtype=np.float64)


@indicator("行业代码变更", "CHG", (12,), RISKIER, "ID07")
def ind_chg_flag(changes: Changes, months: int) -> Floats:
    """1 when the registered industry changed."""
    return (changes.of("industry").total(months) > 0).astype(np.float64)


@indicator("区域不良率", "REG", (12,), RISKIER, "ID08")
def region_npl(batch: Batch, months: int) -> Floats:
    """Bad-loan rate of the district."""
    return given(batch, lambda context: getattr(context.place, "npl_rate", None))


@indicator("区域用电/开票增速", "REG", (12,), SAFER, "ID08")
def region_growth(batch: Batch, months: int) -> Floats:
    """Growth of the district's electricity use or invoiced sales."""
    return given(batch, lambda context: getattr(context.place, "growth", None))


@indicator("注册地在服务区域", "ENT,REG", (), SAFER, "ID08", needs="REG")
def region_cover_flag(batch: Batch) -> Floats:
    """1 when we serve the district of registration."""
    return given(batch, lambda context: getattr(context.place, "covered", None))
