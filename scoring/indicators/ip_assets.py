"""Sub-model ``ip`` (知识产权): patents, software, trademarks and standards."""

from __future__ import annotations

import numpy as np

from scoring.inputs.assets import Assets, Inventors
from scoring.measure import RISKIER, SAFER, submodel
from scoring.series import ratio
from scoring.value import INSUFFICIENT, Floats

indicator = submodel("ip")
DAYS_A_YEAR = 365.25
MILLION = 1_000_000.0


@indicator("有效发明专利数", "IPR", (), SAFER, "IP01")
def ip_invention_valid(assets: Assets) -> Floats:
    """Inventions in force."""
    return assets.rows.count(assets.of("invention") & assets.valid)


@indicator("发明申请数", "IPR", (12, 36), SAFER, "IP01")
def ip_invention_apply(assets: Assets, months: int) -> Floats:
    """Inventions applied for."""
    return assets.rows.count(assets.of("invention") & (assets.applied < months))


@indicator("有效实用新型数", "IPR", (), SAFER, "IP02")
def ip_utility_valid(assets: Assets) -> Floats:
    """Utility models in force."""
    return assets.rows.count(assets.of("utility") & assets.valid)


@indicator("有效外观数", "IPR", (), SAFER, "IP02")
def ip_design_valid(assets: Assets) -> Floats:
    """Designs in force."""
    return assets.rows.count(assets.of("design") & assets.valid)


@indicator("软著数", "IPR", (), SAFER, "IP02")
def ip_software_cnt(assets: Assets) -> Floats:
    """Registered software (软件著作权)."""
    return assets.rows.count(assets.of("software") & assets.valid)


@indicator("有效商标数", "IPR", (), SAFER, "IP02")
def ip_trademark_valid(assets: Assets) -> Floats:
    """Trademarks in force."""
    return assets.rows.count(assets.of("trademark") & assets.valid)


@indicator("新增知产数", "IPR", (12, 36), SAFER, "IP03")
def ip_new_cnt(assets: Assets, months: int) -> Floats:
    """Assets granted or registered."""
    granted = assets.rows.age("granted_on")
    return assets.rows.count((granted >= 0) & (granted < months))


@indicator("发明占比", "IPR", (), SAFER, "IP01")
def ip_invention_ratio(assets: Assets) -> Floats:
    """Inventions over all patents in force."""
    patents = assets.rows.count(assets.patents & assets.valid)
    return ratio(assets.rows.count(assets.of("invention") & assets.valid), patents)


@indicator("平均剩余年限", "IPR", (), SAFER, "IP04")
def ip_remain_years(assets: Assets) -> Floats:
    """Mean years until patents in force end."""
    left = -assets.rows.days_ago("expires_on") / DAYS_A_YEAR
    return assets.rows.mean(assets.patents & assets.valid, left)


@indicator("发明授权率", "IPR", (60,), SAFER, "IP05")
def ip_grant_rate(assets: Assets, months: int) -> Floats:
    """Inventions granted over those whose examination ended in the window."""
    granted, refused = _examined(assets, months)
    return ratio(granted, granted + refused)


@indicator("驳回视撤率", "IPR", (60,), RISKIER, "IP05")
def ip_reject_rate(assets: Assets, months: int) -> Floats:
    """Inventions rejected or withdrawn over those whose examination ended in the window."""
    granted, refused = _examined(assets, months)
    return ratio(refused, granted + refused)


def _examined(assets: Assets, months: int) -> tuple[Floats, Floats]:
    """Inventions granted, and rejected or withdrawn, in the window."""
    age = assets.rows.age("granted_on")
    granted = assets.rows.count(assets.of("invention") & (age >= 0) & (age < months))
    return granted, assets.closed(months, "rejected", "withdrawn")


@indicator("欠费失效数", "IPR", (24,), RISKIER, "IP04")
def ip_lapse_cnt(assets: Assets, months: int) -> Floats:
    """Patents that lapsed for want of the yearly fee."""
    age = assets.rows.age("state_since")
    lapsed = assets.patents & assets.rows.among("state", "lapsed")
    return assets.rows.count(lapsed & (age >= 0) & (age < months))


@indicator("被引次数", "IPR", (60,), SAFER, "IP06")
def ip_cited_cnt(assets: Assets, months: int) -> Floats:
    """Times that patents in force were cited, as the source counts them."""
    return assets.rows.sum(assets.patents & assets.valid, assets.rows.number("cited_count"))


@indicator("同族国家数", "IPR", (), SAFER, "IP06")
def ip_family_cnt(family_countries: Floats) -> Floats:
    """Different countries among the families of patents in force."""
    return family_countries


@indicator("PCT申请数", "IPR", (36,), SAFER, "IP06")
def ip_pct_cnt(assets: Assets, months: int) -> Floats:
    """International applications (PCT)."""
    return assets.rows.count(assets.rows.true("pct") & (assets.applied < months))


@indicator("平均权利要求数", "IPR", (), SAFER, "IP06")
def ip_claim_avg(assets: Assets) -> Floats:
    """Mean number of claims of inventions and utility models in force."""
    return assets.rows.mean(
        assets.of("invention", "utility") & assets.valid, assets.rows.number("claims_count")
    )


@indicator("第一权利人占比", "IPR", (), SAFER, "IP07")
def ip_first_owner_ratio(assets: Assets) -> Floats:
    """Patents in force of which the firm is the first owner over those where it is told."""
    told = assets.patents & assets.valid & ~np.isnan(assets.rows.number("first_owner"))
    return ratio(assets.rows.count(told & assets.rows.true("first_owner")), assets.rows.count(told))


@indicator("发明人数", "IPR", (60,), SAFER, "IP08")
def ip_inventor_cnt(inventors: Inventors, months: int) -> Floats:
    """Different inventors of what was applied for."""
    return inventors.number


@indicator("核心发明人在册率", "IPR,SOC", (36,), SAFER, "IP08")
def ip_inventor_stability(inventors: Inventors, months: int) -> Floats:
    """Inventors of the window who are insured with the firm at ``as_of`` over all of them."""
    return ratio(inventors.employed, inventors.recent)


@indicator("专利IPC-主营匹配", "IPR,ENT", (), SAFER, "IP07", needs="IPR")
def ip_match_main(patent_fields: Floats) -> Floats:
    """Share of patents in force in the classes of the industry's products."""
    return patent_fields


@indicator("距最近申请月数", "IPR", (), RISKIER, "IP03")
def ip_gap_months(assets: Assets) -> Floats:
    """Months since the last patent was applied for; ``INSUFFICIENT`` without one."""
    return assets.rows.smallest(assets.patents, assets.applied, INSUFFICIENT)


@indicator("知产密度", "IPR,INV", (12,), SAFER, "IP01")
def ip_density(ip_invention_valid: Floats, out_amt_12m: Floats, months: int) -> Floats:
    """Inventions in force a million yuan of sales."""
    return ratio(ip_invention_valid, out_amt_12m / MILLION)


@indicator("参与标准数", "IPR", (60,), SAFER, "IP06")
def ip_standard_cnt(assets: Assets, months: int) -> Floats:
    """Standards that the firm took part in."""
    return assets.rows.count(assets.of("standard") & (assets.applied < months))
