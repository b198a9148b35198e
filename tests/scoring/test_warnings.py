"""Warning signals: what raises one, and how it lives on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.dataset import Missing
from scoring.control_facts import Fact
from scoring.policy.loader import load
from scoring.result import WarningSignal
from scoring.warnings import Kept, check_warnings, follow

POLICY = load()
TERMS = POLICY.warning_terms
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEYS = {
    key
    for signal in POLICY.warnings
    for condition in signal.conditions
    for key in (condition.key, condition.than)
    if key
}


def known(facts: Mapping[str, float | str]) -> dict[str, Fact]:
    """Every figure that a signal may read, missing unless given."""
    return {key: facts.get(key, Missing.NOT_AVAILABLE) for key in KEYS}


def raised(
    facts: Mapping[str, float | str],
    product: str = "general",
    granted: Mapping[str, float | None] | None = None,
) -> list[WarningSignal]:
    return check_warnings(POLICY, known(facts), product, quarterly=False, granted=granted)


def told(
    facts: Mapping[str, float | str],
    product: str = "general",
    granted: Mapping[str, float | None] | None = None,
) -> list[tuple[str, str]]:
    return [(signal.id, signal.severity) for signal in raised(facts, product, granted)]


def test_every_signal_of_the_design_is_there_with_what_to_do() -> None:
    assert [signal.id for signal in POLICY.warnings] == [f"W{number:02}" for number in range(1, 45)]
    assert all(signal.text_en and signal.action_zh and signal.action_en for signal in POLICY.warnings)


def test_an_unknown_figure_raises_no_warning() -> None:
    assert raised({}) == []
    assert told({"out_days_since_last": 46.0}) == [("W03", "amber")]


@pytest.mark.parametrize(
    ("facts", "signals"),
    [
        ({"out_zero_months_3m": 2.0}, [("W01", "red")]),
        ({"out_cancel_rate_3m": 0.21, "out_cancel_rate_12m": 0.1}, [("W04", "amber")]),
        ({"out_cancel_rate_3m": 0.19, "out_cancel_rate_12m": 0.1}, []),
        ({"out_cancel_rate_3m": 0.9}, []),
        ({"lost_buyer_cnt": 1.0}, [("W07", "amber")]),
        ({"tax_credit_chg_24m": -1.0, "tax_credit_grade": "B"}, [("W10", "amber")]),
        ({"tax_credit_chg_24m": -1.0, "tax_credit_grade": "D"}, [("W10", "red")]),
        ({"violation_cnt_12m": 1.0}, [("W14", "amber")]),
        ({"inspection_cnt_24m": 1.0}, [("W14", "red")]),
        ({"avg_daily_balance_3m": 39.0, "avg_daily_balance_12m": 100.0}, [("W20", "yellow")]),
        ({"payroll_months_12m": 10.0}, [("W39", "amber")]),
        ({"payroll_months_12m": 0.0}, []),
        ({"private_after_drawdown": 0.31}, [("W24", "red")]),
        ({"authorisation_days_left": 29.0}, [("W43", "yellow")]),
        ({"stale_source_cnt": 1.0}, [("W43", "yellow")]),
    ],
)
def test_a_signal_is_raised_by_its_figures(
    facts: dict[str, float | str], signals: list[tuple[str, str]]
) -> None:
    assert told(facts) == signals


def test_severity_and_signals_follow_the_product() -> None:
    assert told({"ele_shutdown_flag_2m": 1.0}) == [("W35", "amber")]
    assert told({"ele_shutdown_flag_2m": 1.0}, "manufacturing") == [("W35", "red")]
    title = {"tech_title_level": 2.0, "tech_title_expire_m": 2.0}
    assert told(title) == []
    assert told(title, "technology") == [("W41", "yellow")]


def test_a_change_is_measured_from_the_first_decision() -> None:
    now = {"cust_top1_share_12m": 0.6}
    assert told(now) == []
    assert told(now, granted={"cust_top1_share_12m": 0.45}) == []
    assert told(now, granted={"cust_top1_share_12m": 0.35}) == [("W08", "yellow")]
    assert told({"insured_cnt": 6.0}, granted={"insured_cnt": 10.0}) == [("W38", "amber")]
    assert told({"insured_cnt": 6.0}, granted={"insured_cnt": None}) == []


def after(kept: list[Kept], days: float, run: int, **facts: float | str) -> list[Kept]:
    return follow(kept, raised(facts), TERMS, run=run, at=START + timedelta(days=days))


def test_the_same_warning_again_is_one_and_keeps_its_first_day() -> None:
    kept = after(after([], 0, 1, arrears_cur=5000.0), 20, 2, arrears_cur=5001.0)
    (one,) = kept
    assert (one.first_seen, one.last_seen, one.run) == (START, START + timedelta(days=20), 2)
    assert one.deadline == START + timedelta(days=1)


def test_new_evidence_is_a_new_warning_whose_deadline_is_not_put_off() -> None:
    kept = after(after([], 0, 1, arrears_cur=5000.0), 20, 2, arrears_cur=9000.0)
    old, new = kept
    assert (old.closed_at, new.closed_at) == (START + timedelta(days=20), None)
    assert old.evidence_sha256 != new.evidence_sha256
    assert (new.first_seen, new.deadline) == (old.first_seen, old.deadline)


def test_a_warning_is_closed_when_gone_and_a_new_one_when_it_comes_back() -> None:
    gone = after(after([], 0, 1, arrears_cur=5000.0), 20, 2)
    assert [each.closed_at for each in gone] == [START + timedelta(days=20)]
    back = after(gone, 40, 3, arrears_cur=5000.0)
    assert [each.closed_at is None for each in back] == [False, True]
    assert back[1].first_seen == START + timedelta(days=40)


def test_two_amber_signals_within_a_month_are_red() -> None:
    one = after([], 0, 1, out_days_since_last=46.0)
    assert [each.severity for each in one] == ["amber"]
    both = after(one, 10, 2, out_days_since_last=46.0, lost_buyer_cnt=1.0)
    assert {(each.severity, each.escalated) for each in both} == {("red", True)}
    assert max(each.deadline for each in both) <= START + timedelta(days=11)


def test_amber_signals_more_than_a_month_apart_stay_amber() -> None:
    first = after(after([], 0, 1, out_days_since_last=46.0), 1, 2)
    later = after(first, 40, 3, lost_buyer_cnt=1.0)
    assert [each.severity for each in later if each.closed_at is None] == ["amber"]


@given(
    steps=st.lists(
        st.dictionaries(
            st.sampled_from(["arrears_cur", "out_days_since_last", "lost_buyer_cnt", "ele_arrears"]),
            st.sampled_from([50.0, 60.0, 9000.0]),
        ),
        max_size=6,
    )
)
def test_whatever_happens_each_signal_is_open_once_and_a_repeated_refresh_changes_nothing(
    steps: list[dict[str, float | str]],
) -> None:
    kept: list[Kept] = []
    for run, facts in enumerate(steps, start=1):
        kept = after(kept, run * 9, run, **facts)
        assert after(kept, run * 9, run, **facts) == kept
        open_ones = [each.signal for each in kept if each.closed_at is None]
        assert sorted(open_ones) == sorted(signal.id for signal in raised(facts))
        assert all(each.first_seen <= each.last_seen for each in kept)
