"""Limit, rate, scorecard, controls and policy as pure functions."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from schema.dataset import Missing
from scoring.controls import check_controls, check_warnings, every, some
from scoring.limit import Sizing, size
from scoring.measure import CATALOGUE, RISKIER, SAFER
from scoring.policy import loader
from scoring.policy.loader import load, load_folder
from scoring.policy.model import GRADES, Grade, SubModelCard
from scoring.rate import least_rate, price
from scoring.result import ControlResult, Effect, Status
from scoring.scorecard import combine, default_probability, grade, points, score_submodel
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


def test_probability_falls_with_score_and_grades_follow() -> None:
    pds = [default_probability(score, POLICY.scale) for score in range(0, 1001, 50)]
    assert pds == sorted(pds, reverse=True)
    grades: list[Grade] = [grade(pd, POLICY.scale) for pd in pds]
    assert grades == sorted(grades, reverse=True)


SCORED = [
    (card, key)
    for card in POLICY.submodels.values()
    for key in card.columns
    if next(entry for entry in CATALOGUE.values() if key in entry.columns).direction in (SAFER, RISKIER)
]


@settings(deadline=None)
@given(where=st.sampled_from(SCORED), low=st.floats(-1e8, 1e8), high=st.floats(-1e8, 1e8))
def test_a_less_favourable_value_never_earns_more_points(
    where: tuple[SubModelCard, str], low: float, high: float
) -> None:
    card, key = where
    low, high = sorted((low, high))
    safer = next(entry for entry in CATALOGUE.values() if key in entry.columns).direction == SAFER
    worse, better = (low, high) if safer else (high, low)
    bins = card.columns[key]
    assert points(worse, bins, card, quarterly=False) <= points(better, bins, card, quarterly=False)


def test_quarterly_thresholds_are_a_third() -> None:
    card = POLICY.submodels["tax_operation"]
    bins = card.columns["declared_active_periods_12m"]
    assert points(4.0, bins, card, quarterly=True) == points(12.0, bins, card, quarterly=False)


def test_a_submodel_without_data_is_dropped_and_its_weight_goes_to_the_others() -> None:
    values = {
        name: dict.fromkeys(card.columns, Missing.NOT_AUTHORISED if name == "invoice" else 1.0)
        for name, card in POLICY.submodels.items()
    }
    scored = {
        name: score_submodel(values[name], card, 60, quarterly=False)
        for name, card in POLICY.submodels.items()
    }
    total, weights = combine(scored, POLICY)
    assert scored["invoice"].score is None
    assert weights == pytest.approx({"invoice": 0, "tax_operation": 0.6, "invoice_tax_fraud": 0.4})
    assert total is not None
    assert combine(dict.fromkeys(scored, scored["invoice"]), POLICY)[0] is None


def test_three_valued_logic() -> None:
    assert (every([True, None]), every([False, None]), every([True, True])) == (None, False, True)
    assert (some([True, None]), some([False, None]), some([False, False])) == (True, None, False)


def _copy(tmp_path: Path, name: str, old: str, new: str) -> Path:
    folder = tmp_path / "policy"
    shutil.copytree(Path(loader.__file__).parent / loader.DEFAULT, folder)
    content = (folder / name).read_text(encoding="utf-8")
    assert old in content
    (folder / name).write_text(content.replace(old, new, 1), encoding="utf-8")
    return folder


def test_the_hash_is_of_the_content(tmp_path: Path) -> None:
    changed_folder = _copy(tmp_path, "policy.toml", "offset = 330", "offset = 331")
    assert load_folder(changed_folder).sha256 != POLICY.sha256
    assert load_folder(Path(loader.__file__).parent / loader.DEFAULT).sha256 == POLICY.sha256


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("invoice.toml", "points = [10, 35, 55, 75, 95]", "points = [95, 75, 55, 35, 10]"),
        ("invoice.toml", "out_amt_1m =", "out_amt_2m ="),
        ("invoice.toml", "STALE = 40", ""),
        ("controls.toml", 'reason = "HC02"', 'reason = "HC99"'),
        ("controls.toml", 'on_missing = "refer"', 'on_missing = "pass"'),
        ("limit.toml", 'route = "full"', 'route = "full"\nmax_flags = 1'),
        ("policy.toml", "calibrated = false", "calibrated = true"),
        ("policy.toml", "pd_max = 0.03", "pd_max = 0.01"),
    ],
)
def test_an_unsound_policy_is_refused(tmp_path: Path, name: str, old: str, new: str) -> None:
    with pytest.raises((ValueError, ValidationError)):
        load_folder(_copy(tmp_path, name, old, new))


def _facts(**facts: float | str | Missing) -> dict[str, float | str | Missing]:
    """Every figure that a rule may read, missing unless given."""
    keys = {condition.key for rule in POLICY.controls for condition in rule.when}
    keys |= {signal.when.key for signal in POLICY.warnings}
    return {key: facts.get(key, Missing.NOT_AVAILABLE) for key in keys}


def _control(
    name: str, facts: dict[str, float | str], product: str = "general", *, quarterly: bool = False
) -> ControlResult:
    controls = check_controls(POLICY, _facts(**facts), product, quarterly=quarterly)
    return next(control for control in controls if control.id == name)


@pytest.mark.parametrize(
    ("name", "facts", "status"),
    [
        ("K11", {"tax_credit_grade": "D"}, Status.HIT),
        ("K11", {"tax_credit_grade": "B"}, Status.PASS),
        ("K11", {}, Status.UNKNOWN),
        ("K11C", {"tax_credit_grade": "C"}, Status.HIT),
        ("K12", {"taxpayer_normal_flag": 0.0}, Status.HIT),
        ("K21", {"tax_contribution_12m": 9_999.0}, Status.HIT),
        ("K22", {"declared_sales_12m": 1.0}, Status.UNKNOWN),
        ("K22", {"declared_sales_12m": 600_000.0}, Status.PASS),
        ("K22", {"declared_sales_12m": 1.0, "out_amt_12m": 1.0}, Status.HIT),
        ("K23", {"last_two_periods_sales": 0.0}, Status.HIT),
        ("K24", {"declared_yoy_6m": -0.31}, Status.HIT),
        ("K25", {"out_zero_run_12m": 3.0}, Status.HIT),
        ("K26", {"out_active_months_12m": 9.0}, Status.PASS),
        ("K27", {"fin_equity": 0.0}, Status.HIT),
        ("K28", {"fin_net_profit": -200_000.0, "fin_net_margin_12m": -0.2}, Status.HIT),
        ("K39", {"supp_abnormal_share_24m": 0.06}, Status.HIT),
        ("K39", {"supp_abnormal_share_24m": 0.0}, Status.UNKNOWN),
        ("K40", {"mutual_trade_ratio_12m": 0.31}, Status.HIT),
        ("K41", {"inv_declared_ratio_12m": 1.0}, Status.PASS),
        ("K41", {"inv_declared_ratio_12m": 1.4}, Status.UNKNOWN),
        ("K42", {"pre_apply_surge_12m": 3.5, "new_cust_spike_3m": 0.7}, Status.HIT),
        ("K43", {"doc_tamper_flag": 1.0}, Status.HIT),
    ],
)
def test_hard_controls_hit_pass_or_stay_unknown(
    name: str, facts: dict[str, float | str], status: Status
) -> None:
    assert _control(name, facts).status is status


def test_thresholds_follow_product_and_filing_period() -> None:
    assert _control("K21", {"tax_contribution_12m": 5_000.0}, "small").status is Status.PASS
    assert _control("K14", {"filing_period_cnt_24m": 8.0}).status is Status.HIT
    assert _control("K14", {"filing_period_cnt_24m": 8.0}, quarterly=True).status is Status.PASS
    assert "K11C" not in {
        control.id for control in check_controls(POLICY, _facts(), "scenario", quarterly=False)
    }


def test_no_must_passes_when_nothing_is_known() -> None:
    for control in check_controls(POLICY, _facts(), "general", quarterly=False):
        assert control.status is Status.UNKNOWN
        assert not control.must or control.effect in (Effect.REFER, Effect.DECLINE)


def test_an_unknown_figure_raises_no_warning() -> None:
    assert check_warnings(POLICY, _facts(), "general", quarterly=False) == []
    raised = check_warnings(POLICY, _facts(out_days_since_last=46.0), "general", quarterly=False)
    assert [signal.id for signal in raised] == ["W03"]
