"""Fitting and validating cards, on synthetic firms whose truth is known."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from schema.dataset import Missing
from scoring.fitted import FittedCard, Line, load, score
from scoring.value import INSUFFICIENT, NOT_APPLICABLE

pytest.importorskip("optbinning", reason="the extra `model` is not installed")

from scoring.training import drift, measures
from scoring.training.binning import curve
from scoring.training.crossval import out_of_fold
from scoring.training.fit import card, fit
from scoring.training.page import written
from scoring.training.portfolio import Borrower, Churn, Market
from scoring.training.rivals import RIVALS
from scoring.training.sample import Sample
from scoring.training.sensitivity import WAYS, inferred
from scoring.training.signs import added, agreed, chosen
from scoring.training.validation import drifts, model_card, probabilities, validate

COLUMNS = ("out_amt_12m", "out_amt_24m", "cust_hhi_12m", "out_cv_12m", "out_active_months_24m")


def synthetic(firms: int, seed: int, as_of: date = date(2024, 6, 30)) -> Sample:
    """Default falls with sales and rises with concentration; volatility runs against its direction; months
    with sales are noise."""
    chance = np.random.default_rng(seed)
    sales, focus, noise = chance.normal(size=firms), chance.random(firms), chance.random(firms)
    odds = -1.2 - 1.5 * sales + 3.0 * (focus - 0.5)
    bad = chance.random(firms) < 1 / (1 + np.exp(-odds))
    volatility = np.where(bad, 0.2, 0.8) + 0.3 * chance.random(firms)
    focus[::17] = INSUFFICIENT
    matrix = np.column_stack(
        [np.exp(13 + sales), np.exp(13.6 + sales), focus, volatility, np.round(noise * 24)]
    )
    return Sample(tuple(f"S{n}" for n in range(firms)), COLUMNS, matrix, bad, as_of, "synthetic")


@pytest.fixture(scope="module")
def sample() -> Sample:
    return synthetic(400, seed=1)


@pytest.fixture(scope="module")
def fitted(sample: Sample) -> FittedCard:
    return card([sample], "synthetic-1", seed=1)


def test_bins_never_run_against_the_direction(sample: Sample) -> None:
    assert sample.bad is not None
    for direction, sign in (("↓", 1), ("↑", -1)):
        bend = curve("cust_hhi_12m", sample["cust_hhi_12m"], sample.bad, direction)
        assert all(np.diff(bend.woe) * sign >= 0), direction
        assert set(bend.missing) == {Missing.INSUFFICIENT}


def test_a_column_that_contradicts_its_sign_is_dropped(sample: Sample) -> None:
    statistics = added(sample)
    assert statistics["out_cv_12m"] < -5
    assert "out_cv_12m" not in agreed([statistics])
    assert chosen(sample, agreed([statistics]), 3)[0] == "cust_hhi_12m"
    assert "out_cv_12m" not in fit([sample]).curves


def test_the_runtime_scores_what_was_fitted(sample: Sample, fitted: FittedCard) -> None:
    expected = 1 / (1 + np.exp(-fit([sample]).log_odds(sample)))
    np.testing.assert_allclose(probabilities(fitted, sample), expected, rtol=1e-12)


def test_a_saved_card_is_the_same_card_and_a_changed_one_is_refused(
    fitted: FittedCard, tmp_path: Path
) -> None:
    path = tmp_path / "card.json"
    fitted.save(path)
    assert load(path) == fitted
    data = json.loads(path.read_text())
    data["intercept"] += 0.1
    path.write_text(json.dumps(data))
    with pytest.raises(ValueError, match="hash"):
        load(path)


def test_without_its_source_a_firm_has_no_score() -> None:
    line = Line(centres=(0.0, 1.0), woe=(-1.0, 2.0), missing={}, coefficient=1.0)
    one = FittedCard(
        version="v", fitted_on="", firms=1, bads=0, as_of=(), seed=0, intercept=0.0, lines={"x": line}
    )
    gone = score(one, {"x": Missing.NOT_AUTHORISED})
    assert (gone.pd, gone.why) == (None, Missing.NOT_AUTHORISED)
    unseen = score(one, {"x": Missing.INSUFFICIENT})
    assert unseen.parts["x"] == 2.0


def test_firms_kept_back_are_ranked_better_than_by_sales(fitted: FittedCard) -> None:
    found = validate(fitted, replace(synthetic(400, seed=2), sha256="others"), seed=1)
    assert not found.seen
    assert found.figures["auc"].value > found.sales_alone["auc"].value
    assert found.p < 0.05
    assert 0.5 < found.calibration.slope < 1.6
    assert "not calibrated" in model_card(fitted, [found])


def test_outcomes_of_firms_kept_back_are_never_read(sample: Sample) -> None:
    """Turning every outcome of a fold around changes no risk that is given to that fold."""
    assert sample.bad is not None
    risk_of = RIVALS["fitted card"]([sample.rows(range(300))], 1)
    kept = sample.rows(range(300, 400))
    turned = replace(kept, bad=~sample.bad[300:])
    np.testing.assert_array_equal(risk_of(kept), risk_of(turned))


@pytest.mark.parametrize("name", RIVALS)
def test_every_rival_is_cross_validated(name: str) -> None:
    small = synthetic(120, seed=3)
    assert small.bad is not None
    (kept,) = out_of_fold([small], RIVALS[name], seed=1, repeats=1)
    assert measures.auc(small.bad, kept.risk) > 0.6
    assert np.nanmean(kept.wins) > 0.6


def test_pairs_of_one_fit_give_sales_alone_its_own_area_and_refitting_takes_nothing_from_it() -> None:
    small = synthetic(120, seed=3)
    assert small.bad is not None
    tables = {
        name: out_of_fold([small], RIVALS[name], seed=1, repeats=30)[0].wins
        for name in ("sales alone", "sales refitted")
    }
    area = measures.auc(small.bad, -small["out_amt_12m"])
    assert np.nanmean(tables["sales alone"]) == pytest.approx(area, abs=0.002)
    assert measures.paired_delong(tables["sales refitted"], tables["sales alone"])[0] == pytest.approx(0)
    drawn = measures.paired_areas(small.bad, tables["sales alone"], seed=1)
    rows = measures.draws(120, seed=1)
    assert drawn.mean() == pytest.approx(
        measures.areas(small.bad, -small["out_amt_12m"], rows).mean(), abs=0.003
    )


def test_chance_stays_chance_when_columns_are_chosen_inside_folds() -> None:
    """Outcomes drawn at random: what is chosen on all firms would look good on them."""
    small = synthetic(120, seed=4)
    random = replace(small, bad=np.random.default_rng(5).random(120) < 0.3)
    assert random.bad is not None
    (kept,) = out_of_fold([random], RIVALS["fitted card"], seed=1, repeats=2)
    assert np.nanmean(kept.wins) < 0.65


def test_the_bootstrap_area_is_the_area() -> None:
    chance = np.random.default_rng(1)
    bad, risk = chance.random(50) < 0.3, np.round(chance.random(50), 1)
    rows = measures.draws(50, seed=1, times=20)
    found = measures.areas(bad, risk, rows)
    np.testing.assert_allclose(found, [measures.auc(bad[row], risk[row]) for row in rows])


def test_delong_tells_a_real_difference_from_none() -> None:
    chance = np.random.default_rng(2)
    bad = chance.random(300) < 0.3
    good, noise = bad + chance.normal(size=300), chance.normal(size=300)
    difference, p = measures.delong(bad, good, noise)
    assert difference == pytest.approx(measures.auc(bad, good) - measures.auc(bad, noise))
    assert p < 1e-4
    assert measures.delong(bad, good, good) == (0.0, 1.0)


def test_drift_is_seen_in_values_and_in_what_is_missing(sample: Sample, fitted: FittedCard) -> None:
    column = sample["out_amt_12m"]
    gone = column.copy()
    gone[:200] = NOT_APPLICABLE
    assert drift.stability(column, column) == pytest.approx(0)
    assert drift.verdict(drift.stability(column, column * 10)) == "act"
    assert drift.verdict(drift.stability(column, gone)) == "act"
    assert set(drifts(fitted, sample, synthetic(400, seed=6))) == {"score", *fitted.lines}


def market(firms: int = 30) -> Market:
    from scoring.policy.loader import load as policy

    chance = np.random.default_rng(3)
    rates = np.linspace(0.04, 0.15, 12)
    lost = {
        name: np.linspace(0, 0.9, 12) ** power for name, power in zip("ABC", (0.5, 0.7, 0.9), strict=True)
    }
    borrowers = [
        Borrower(f"S{n}", "G2", float(pd), float(limit), 0.06)
        for n, (pd, limit) in enumerate(
            zip(chance.random(firms) ** 4, chance.integers(1, 10, firms) * 1e5, strict=True)
        )
    ]
    return Market(borrowers, Churn(rates, lost), policy().rate)


def test_no_plan_earns_more_than_the_linear_programme_or_breaks_a_bound() -> None:
    lend, total = market(), 5e6
    ours, best, free = lend.by_policy(total), lend.best(total, limits=True), lend.best(total, limits=False)
    limits = np.array([each.limit for each in lend.borrowers])
    for plan in (ours, best, free, lend.equal(total)):
        assert plan.offered.sum() <= total + 1e-3
        assert (plan.offered >= -1e-6).all()
    for plan in (ours, best):
        assert (plan.offered.sum(axis=1) <= limits + 1e-3).all()
    assert 0 < ours.earned.sum() <= best.earned.sum() + 1e-3 <= free.earned.sum() + 2e-3
    assert (ours.earned >= 0).all()


def test_a_section_is_written_anew_and_leaves_its_neighbours() -> None:
    page = "# T\n\n## A\n\na\n\n## Results\n\nold\n\n## B\n\nb\n"
    once = written(page, "## Results\n\nnew\n")
    assert once == "# T\n\n## A\n\na\n\n## Results\n\nnew\n\n## B\n\nb\n"
    assert written(once, "## Results\n\nnew\n") == once
    assert written("# T\n", "## Results\n\nnew\n") == "# T\n\n## Results\n\nnew\n"


def test_unknown_firms_change_what_is_said_as_they_are_counted(sample: Sample) -> None:
    known, unknown = sample.rows(range(300)), replace(sample.rows(range(300, 400)), bad=None)
    risk = {way: inferred([known], [unknown], way, 1).log_odds(known).mean() for way in WAYS[1:]}
    assert risk["all good"] < risk["fuzzy"] < risk["parcelling"] < risk["all bad"]
    plain = fit([known]).log_odds(known)
    assert np.corrcoef(inferred([known], [unknown], "fuzzy", 1).log_odds(known), plain)[0, 1] > 0.99
