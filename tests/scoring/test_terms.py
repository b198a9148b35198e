"""Limit and rate as pure functions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.dataset import Missing
from scoring.limit import Sizing, size
from scoring.policy.data import GRADES
from scoring.policy.loader import load
from scoring.rate import least_rate, price
from scoring.value import Value

POLICY = load()
PRODUCT = POLICY.products["general"]
MONEY = (
    *("sales", "vat", "cit", "inflow", "outflow", "own_funds", "wc_loans", "other_funding"),
    *("debt", "service", "ebitda", "peer", "confirmed"),
)
SOUND = Sizing(
    values={
        "sales": 3_000_000.0,
        "growth": 0.05,
        "top_share": 0.4,
        "related": 0.0,
        "loop": 0.0,
        "vat": 60_000.0,
        "cit": 20_000.0,
        "inflow": 3_300_000.0,
        "outflow": 2_900_000.0,
        "net_margin": 0.05,
        "turnover_days": 90.0,
        "own_funds": 100_000.0,
        "wc_loans": 0.0,
        "other_funding": 0.0,
        "debt": 200_000.0,
        "service": 50_000.0,
        "ebitda": 900_000.0,
        "peer": 500_000.0,
        "confirmed": 0.0,
        "backlog": 0.0,
        "collected": 0.9,
    },
    grade="G2",
    fraud_light="green",
    tax_rating="A",
    tax_basis="tax_payment",
    sector="services",
    missing_sources=0,
    requested=1e9,
    term_months=12,
    annual_rate=0.05,
)
amounts = st.floats(0, 2_000_000)


def limit(sizing: Sizing) -> int:
    return size(sizing, POLICY.limit, PRODUCT).limit_fen


def changed(**values: Value) -> Sizing:
    return replace(SOUND, values={**SOUND.values, **values})


@settings(deadline=None)
@given(factor=st.floats(0.2, 3))
def test_the_limit_scales_with_money_until_a_policy_cap(factor: float) -> None:
    money = {name: SOUND.values[name] for name in MONEY}
    scaled = changed(
        **{name: value * factor for name, value in money.items() if not isinstance(value, Missing)}
    )
    one, other = (size(sizing, POLICY.limit, PRODUCT) for sizing in (SOUND, scaled))
    assert one.binding == other.binding
    assert other.limit_fen == pytest.approx(one.limit_fen * factor, abs=1_000_000 * (1 + factor))


@settings(deadline=None)
@given(
    name=st.sampled_from(["debt", "service", "own_funds", "wc_loans", "other_funding"]),
    low=amounts,
    more=amounts,
)
def test_more_debt_never_raises_the_limit(name: str, low: float, more: float) -> None:
    assert limit(changed(**{name: low + more})) <= limit(changed(**{name: low}))


@settings(deadline=None)
@given(
    name=st.sampled_from(["vat", "cit", "inflow", "outflow", "sales", "ebitda", "peer"]),
    low=amounts,
    more=amounts,
)
def test_more_tax_sales_and_flow_never_lower_the_limit(name: str, low: float, more: float) -> None:
    assert limit(changed(**{name: low + more})) >= limit(changed(**{name: low}))


@settings(deadline=None)
@given(name=st.sampled_from(["top_share", "related", "loop"]), low=st.floats(0, 1), high=st.floats(0, 1))
def test_concentration_and_circles_never_raise_the_limit(name: str, low: float, high: float) -> None:
    low, high = sorted((low, high))
    assert limit(changed(**{name: high})) <= limit(changed(**{name: low}))


def test_a_worse_grade_and_a_worse_light_never_raise_the_limit() -> None:
    by_grade = [limit(replace(SOUND, grade=one)) for one in GRADES]
    assert by_grade == sorted(by_grade, reverse=True)
    by_light = [limit(replace(SOUND, fraud_light=light)) for light in ("green", "amber", "red")]
    assert by_light == sorted(by_light, reverse=True)
    assert by_light[-1] == 0
    by_gap = [limit(replace(SOUND, missing_sources=count)) for count in range(6)]
    assert by_gap == sorted(by_gap, reverse=True)


def test_a_cap_without_its_source_is_skipped_with_the_reason() -> None:
    sized = size(changed(inflow=Missing.NOT_AUTHORISED, debt=Missing.NOT_AVAILABLE), POLICY.limit, PRODUCT)
    assert sized.caps["L_flow"].skipped is Missing.NOT_AUTHORISED
    assert sized.caps["L_lev"].skipped is Missing.NOT_AVAILABLE
    assert sized.binding not in ("L_flow", "L_lev")


def test_without_tax_and_invoices_there_is_no_limit_and_nothing_binds() -> None:
    sized = size(changed(sales=Missing.NOT_AUTHORISED, vat=Missing.NOT_AUTHORISED), POLICY.limit, PRODUCT)
    assert (sized.limit_fen, sized.binding, sized.source) == (0, None, None)


def test_m_rated_and_untaxed_firms_have_their_own_ceilings() -> None:
    assert (
        size(replace(SOUND, tax_rating="M"), POLICY.limit, PRODUCT).caps["L_grade"].amount_fen == 100_000_000
    )
    assert size(changed(vat=0.0, cit=0.0), POLICY.limit, PRODUCT).caps["L_grade"].amount_fen == 30_000_000


@pytest.mark.parametrize("pd", [0.002, 0.02, 0.08])
def test_the_rate_rises_with_term_and_grade_and_covers_its_cost(pd: float) -> None:
    table = {
        (one, term): price(one, pd, term, "general", "none", POLICY).annual_rate or 0.0
        for one in GRADES
        for term in (6, 12, 18, 24, 36, 60)
    }
    for (one, term), rate in table.items():
        assert rate >= least_rate(pd, POLICY) - 1e-9
        assert all(rate <= table[other] for other in table if other[0] >= one and other[1] >= term)


def test_a_discount_never_goes_below_the_least_rate() -> None:
    for pd in (0.001, 0.02, 0.1):
        cheap = price("G3", pd, 12, "scenario", "payroll", POLICY)
        assert cheap.annual_rate is not None
        assert cheap.annual_rate >= least_rate(pd, POLICY) - 1e-9
        assert cheap.annual_rate <= (price("G3", pd, 12, "general", "none", POLICY).annual_rate or 0)


def test_orders_in_hand_add_what_will_be_paid_up_to_the_base() -> None:
    scene = POLICY.products["scenario"]
    some = size(changed(backlog=0.1), POLICY.limit, scene)
    assert some.caps["L_coll"].amount_fen == round(0.6 * 0.1 * 3_000_000 * 0.9 * 100)
    unpaid = size(changed(backlog=0.1, collected=Missing.NOT_AUTHORISED), POLICY.limit, scene)
    assert unpaid.caps["L_coll"].amount_fen == 0
    most = size(changed(backlog=9.0, confirmed=1e9), POLICY.limit, scene)
    assert most.binding is not None
    assert most.caps["L_coll"].amount_fen == most.caps[most.binding].amount_fen
