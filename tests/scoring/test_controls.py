"""Hard controls: hit, pass or unknown."""

from __future__ import annotations

import pytest

from schema.dataset import Missing
from scoring.conditions import every, some
from scoring.controls import check_controls
from scoring.policy.loader import load
from scoring.result import ControlResult, Effect, Status

POLICY = load()


def test_three_valued_logic() -> None:
    assert (every([True, None]), every([False, None]), every([True, True])) == (None, False, True)
    assert (some([True, None]), some([False, None]), some([False, False])) == (True, None, False)


def _facts(**facts: float | str | Missing) -> dict[str, float | str | Missing]:
    """Every figure that a rule may read, missing unless given."""
    keys = {condition.key for rule in POLICY.controls for condition in rule.when}
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
        ("K01", {"reg_status_normal": 0.0}, Status.HIT),
        ("K03", {"applicant_unfit": 1.0}, Status.HIT),
        ("K04", {"applicant_age": 66.0}, Status.HIT),
        ("K05", {"legal_rep_share": 0.05, "actual_ctrl_share": 0.3}, Status.PASS),
        ("K09", {"ind_policy_tag": 0.0}, Status.HIT),
        ("K17", {"behaviour_fine_cnt_6m": 2.0}, Status.HIT),
        ("K29", {"bankrupt_flag": 1.0}, Status.HIT),
        ("K30A", {"executed_cnt_12m": 1.0, "executed_amt_ratio": 0.01}, Status.PASS),
        ("K30A", {"executed_cnt_12m": 1.0, "executed_amt_ratio": 0.03}, Status.HIT),
        ("K35", {"owner_overdue_max_24m": 3.0}, Status.HIT),
        ("K38", {"post_loan_debt_sales_12m": 0.81}, Status.HIT),
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
    for product, terms in POLICY.products.items():
        for control in check_controls(POLICY, _facts(), product, quarterly=False):
            assert control.status is Status.UNKNOWN
            assert control.must is (control.id in terms.must)
            stopped = control.effect in (Effect.REFER, Effect.DECLINE)
            assert stopped is control.must


def test_every_control_of_the_design_is_there_with_its_basis() -> None:
    assert {rule.id[:3] for rule in POLICY.controls} == {f"K{number:02}" for number in range(1, 45)}
    assert all(rule.basis and rule.version >= 1 for rule in POLICY.controls)


def test_a_product_of_no_policy_must_know_every_rule() -> None:
    for control in check_controls(POLICY, _facts(), "unheard-of", quarterly=False):
        assert control.must
