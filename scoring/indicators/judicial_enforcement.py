"""Sub-model ``judicial`` (司法): the enforcement registers (被执行人, 失信, 限高 …)."""

from __future__ import annotations

import numpy as np

from schema.money import FEN_PER_YUAN
from scoring.inputs.court import Enforcements
from scoring.inputs.names import Related
from scoring.measure import RISKIER, submodel
from scoring.series import ratio
from scoring.value import Floats

indicator = submodel("judicial")


@indicator("被执行次数", "EXE", (12, 36), RISKIER, "JU10")
def executed_cnt(enforcements: Enforcements, months: int) -> Floats:
    """Enforcements against the company."""
    return enforcements.on_company("executed").total(months)


@indicator("未结被执行额/年销售", "EXE,INV", (), RISKIER, "JU10")
def executed_amt_ratio(enforcements: Enforcements, out_amt_12m: Floats) -> Floats:
    """What is still enforced over the last 12 months' sales."""
    rows = enforcements.rows
    amount, unpaid = rows.number("amount_fen"), rows.number("unpaid_fen")
    owed = rows.sum(enforcements.lasting("executed"), np.where(np.isnan(unpaid), amount, unpaid))
    return ratio(owed / FEN_PER_YUAN, out_amt_12m)


@indicator("当前被执行", "EXE", (), RISKIER, "JU10")
def executed_active_flag(enforcements: Enforcements) -> Floats:
    """1 while the company is enforced against."""
    return enforcements.active("executed")


@indicator("当前失信被执行", "EXE", (), RISKIER, "JU11")
def dishonest_active_flag(enforcements: Enforcements) -> Floats:
    """1 while the company is listed as dishonest."""
    return enforcements.active("dishonest")


@indicator("失信次数", "EXE", (36, 60), RISKIER, "JU11")
def dishonest_cnt(enforcements: Enforcements, months: int) -> Floats:
    """Listings of the company as dishonest."""
    return enforcements.on_company("dishonest").total(months)


@indicator("限高次数", "EXE", (36,), RISKIER, "JU11")
def consume_limit_cnt(enforcements: Enforcements, months: int) -> Floats:
    """Limits on high spending (限制高消费), on the company or its owner."""
    limits = enforcements.on_company("consumption_limit"), enforcements.on_owner("consumption_limit")
    return limits[0].total(months) + limits[1].total(months)


@indicator("限制出境", "EXE", (), RISKIER, "JU11")
def exit_ban_flag(enforcements: Enforcements) -> Floats:
    """1 while somebody of the company may not leave the country."""
    rows = enforcements.rows
    banned = ~enforcements.related & rows.among("kind", "exit_ban")
    return rows.any(banned & rows.lasting("ended_on"))


@indicator("终本案件数", "EXE", (36,), RISKIER, "JU10")
def final_case_cnt(enforcements: Enforcements, months: int) -> Floats:
    """Enforcements ended for want of assets (终结本次执行)."""
    return enforcements.on_company("final").total(months)


@indicator("实控人被执行次数", "EXE", (36,), RISKIER, "JU12")
def owner_executed_cnt(enforcements: Enforcements, months: int) -> Floats:
    """Enforcements against the owner."""
    return enforcements.on_owner("executed").total(months)


@indicator("实控人失信次数", "EXE", (60,), RISKIER, "JU12")
def owner_dishonest_cnt(enforcements: Enforcements, months: int) -> Floats:
    """Listings of the owner as dishonest."""
    return enforcements.on_owner("dishonest").total(months)


@indicator("关联企业失信占比", "EXE,SHR", (36,), RISKIER, "JU13", needs="EXE")
def related_dishonest_ratio(dishonest_relatives: Floats, related: Related, months: int) -> Floats:
    """Related companies that became dishonest over all related companies; 0 without one."""
    number = np.array([float(len(keys)) for keys in related.keys])
    share = np.where(number > 0, dishonest_relatives / number, np.where(dishonest_relatives > 0, 1.0, 0.0))
    return related.gap + np.minimum(share, 1.0)
