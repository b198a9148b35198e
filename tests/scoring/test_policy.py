"""The cards, and a policy version as a whole."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from schema.dataset import Missing
from scoring.measure import CATALOGUE, CONTEXT, RISKIER, SAFER
from scoring.policy import loader
from scoring.policy.data import Grade
from scoring.policy.loader import load, load_folder
from scoring.scorecard import combine, default_probability, grade, score_all
from scoring.value import Value
from tests.scoring.firms import numbers

POLICY = load()
COLUMNS = [key for card in POLICY.submodels.values() for key in card.columns]
ROWS = list(csv.DictReader(Path(__file__).with_name("catalogue.tsv").open(encoding="utf-8"), delimiter="\t"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_every_indicator_has_points_or_a_reason_why_not(row: dict[str, str]) -> None:
    card, entry = POLICY.submodels[row["submodel"]], CATALOGUE[row["name"]]
    told = card.columns.keys() | card.dropped.keys()
    assert (told >= entry.columns.keys()) is (row["direction"] != CONTEXT)
    assert all(card.dropped.values())
    assert POLICY.reasons[entry.reason_family].internal_en


def test_all_fourteen_are_there_and_each_model_weighs_what_it_should() -> None:
    assert len(POLICY.submodels) == 14
    ten = set(list(dict.fromkeys(row["submodel"] for row in ROWS))[:10])
    added = {
        "general": set(),
        "manufacturing": {"industry", "supply_chain", "scenario"},
        "technology": {"ip", "scenario", "industry"},
        "inclusive": {"scenario", "industry"},
        "scenario": {"supply_chain", "scenario"},
    }
    assert {name: model.weights.keys() - ten for name, model in POLICY.models.items()} == added
    assert all(ten <= model.weights.keys() for model in POLICY.models.values())
    assert (
        POLICY.models["manufacturing"].weights["electricity"]
        > POLICY.models["general"].weights["electricity"]
    )
    assert POLICY.models["inclusive"].weights["bank_flow"] > POLICY.models["general"].weights["bank_flow"]


def test_a_product_reads_its_own_pack_of_the_scenario() -> None:
    card = POLICY.submodels["scenario"]
    bids = numbers({key: 1.0 for key in card.columns if key.startswith("bid_")})
    for name, model in POLICY.models.items():
        scored = score_all(bids, POLICY, model, quarterly=False).submodels["scenario"]
        packs = model.packs or ("",)
        assert scored.points.keys() <= {key for key in card.columns if key.startswith(packs)}
        assert (scored.score is None) is (name != "scenario")
    trade = score_all(bids, POLICY, POLICY.models["scenario"], quarterly=False).submodels["scenario"]
    assert {key.split("_")[0] for key in trade.points} == {"bid"}


def test_probability_falls_with_score_and_grades_follow() -> None:
    pds = [default_probability(score, POLICY.scale) for score in range(0, 1001, 50)]
    assert pds == sorted(pds, reverse=True)
    grades: list[Grade] = [grade(pd, POLICY.scale) for pd in pds]
    assert grades == sorted(grades, reverse=True)


SCORED = [
    key
    for key in COLUMNS
    if next(entry for entry in CATALOGUE.values() if key in entry.columns).direction in (SAFER, RISKIER)
]


def points(key: str, value: float, *, quarterly: bool = False) -> float:
    """What a value of a column earns."""
    scores = score_all(numbers({key: value}), POLICY, POLICY.models["general"], quarterly=quarterly)
    return next(one.points[key] for one in scores.submodels.values() if key in one.points)


@settings(deadline=None)
@given(key=st.sampled_from(SCORED), low=st.floats(-1e8, 1e8), high=st.floats(-1e8, 1e8))
def test_a_less_favourable_value_never_earns_more_points(key: str, low: float, high: float) -> None:
    low, high = sorted((low, high))
    safer = next(entry for entry in CATALOGUE.values() if key in entry.columns).direction == SAFER
    worse, better = (low, high) if safer else (high, low)
    assert points(key, worse) <= points(key, better)


def test_quarterly_thresholds_are_a_third() -> None:
    key = "declared_active_periods_12m"
    assert points(key, 4.0, quarterly=True) == points(key, 12.0) != points(key, 4.0)


def test_a_submodel_without_data_is_dropped_and_its_weight_goes_to_the_others() -> None:
    model = POLICY.models["general"]
    values: dict[str, Value] = dict.fromkeys(COLUMNS, 1.0)
    values |= dict.fromkeys(POLICY.submodels["invoice"].columns, Missing.NOT_AUTHORISED)
    scored = score_all(numbers(values), POLICY, model, quarterly=False).submodels
    total, weights = combine(scored, model)
    left = 1 - model.weights["invoice"]
    assert scored["invoice"].score is None
    assert weights == pytest.approx(
        {name: 0 if name == "invoice" else model.weights.get(name, 0) / left for name in POLICY.submodels}
    )
    assert total is not None
    assert combine(dict.fromkeys(scored, scored["invoice"]), model)[0] is None


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
        ("cards/invoice.toml", "points = [10, 35, 55, 75, 95]", "points = [95, 75, 55, 35, 10]"),
        ("cards/invoice.toml", "out_amt_1m =", "out_amt_2m ="),
        ("cards/invoice.toml", "STALE = 40", ""),
        ("controls.toml", 'reason = "HC02"', 'reason = "HC99"'),
        ("controls.toml", 'on_missing = "refer"\nreason = "HC02"', 'on_missing = "pass"\nreason = "HC02"'),
        ("controls.toml", 'id = "K02"', 'id = "K01"'),
        ("warnings.toml", 'key = "out_zero_months_3m"', 'key = "out_zero_months_4m"'),
        ("warnings.toml", "severity_of = { manufacturing", "severity_of = { making"),
        ("models.toml", "registration = 0.05", "registration = 0.06"),
        ("models.toml", '"mfg_"', '"making_"'),
        ("policy.toml", 'model = "general"', 'model = "common"'),
        ("policy.toml", '"K02", "K11"', '"K44", "K11"'),
        ("reasons/decision.toml", "[reasons.HC01]", "[reasons.HC00]"),
        ("routes.toml", 'route = "full"', 'route = "full"\nmax_flags = 1'),
        ("policy.toml", "calibrated = false", "calibrated = true"),
        ("policy.toml", "pd_max = 0.03", "pd_max = 0.01"),
    ],
)
def test_an_unsound_policy_is_refused(tmp_path: Path, name: str, old: str, new: str) -> None:
    with pytest.raises((ValueError, ValidationError)):
        load_folder(_copy(tmp_path, name, old, new))


def test_a_shipped_version_that_was_changed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _copy(tmp_path, "policy.toml", "offset = 330", "offset = 331")
    shutil.copy(Path(loader.__file__).with_name("pins.toml"), tmp_path)
    monkeypatch.setattr(loader, "_FOLDER", tmp_path)
    folder.rename(tmp_path / loader.DEFAULT)
    with pytest.raises(ValueError, match="new version"):
        loader.load.__wrapped__(loader.DEFAULT)
