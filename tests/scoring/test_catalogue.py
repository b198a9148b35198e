"""Every row of the catalogue is there, is documented, and computes."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from schema.dataset import Missing
from scoring.context import Context
from scoring.facts import COLUMNS, Facts
from scoring.indicators import CATALOGUE
from scoring.measure import CONTEXT
from scoring.policy.loader import load
from scoring.value import Value
from tests.scoring.firms import DECIDED, snapshot
from tests.scoring.rich_firm import rich_context, rich_tables

ROWS = list(csv.DictReader(Path(__file__).with_name("catalogue.tsv").open(encoding="utf-8"), delimiter="\t"))


def measured(kind: str) -> dict[str, Value]:
    facts = Facts(snapshot(rich_tables(kind)), rich_context(), DECIDED, load().measurement)
    return facts.measured.of(0, COLUMNS)


@pytest.fixture(scope="module")
def general() -> dict[str, Value]:
    return measured("general")


@pytest.fixture(scope="module")
def small() -> dict[str, Value]:
    return measured("small_scale")


def test_the_catalogue_has_every_row_and_no_other() -> None:
    assert [row["name"] for row in ROWS] == list(dict.fromkeys(row["name"] for row in ROWS))
    assert {row["name"] for row in ROWS} == CATALOGUE.keys()
    assert (len(ROWS), sum(len(entry.columns) for entry in CATALOGUE.values())) == (454, 573)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_an_indicator_is_as_specified_documented_and_computes(
    row: dict[str, str], general: dict[str, Value], small: dict[str, Value]
) -> None:
    entry = CATALOGUE[row["name"]]
    windows = () if row["windows"] == "pt" else tuple(int(window) for window in row["windows"].split(","))
    assert (entry.submodel, entry.label, entry.windows) == (row["submodel"], row["label"], windows)
    assert (",".join(entry.sources), entry.direction) == (row["sources"], row["direction"])
    assert (entry.measure.__doc__ or "").strip()
    for key in entry.columns:
        value = small[key] if isinstance(general[key], Missing) else general[key]
        assert not isinstance(value, Missing), f"{key} has no value on a firm with every source: {value}"
        assert math.isfinite(value)


def test_every_scored_column_has_bins_or_is_dropped_and_context_has_neither() -> None:
    binned = {key for card in load().submodels.values() for key in card.columns.keys() | card.dropped.keys()}
    carded = load().submodels.keys()
    for entry in CATALOGUE.values():
        if entry.submodel in carded:
            assert (set(entry.columns) <= binned) is (entry.direction != CONTEXT)


def test_columns_that_contradict_their_direction_on_real_firms_are_dropped_with_the_reason() -> None:
    dropped = {key: why for card in load().submodels.values() for key, why in card.dropped.items()}
    assert dropped.keys() == {
        "cross_month_red_12m", "in_active_months_12m", "in_amt_3m", "out_red_amt_rate_12m"
    }  # fmt: skip
    assert all("real firms" in why for why in dropped.values())


def test_without_bank_side_facts_nothing_is_guessed() -> None:
    facts = Facts(snapshot(rich_tables()), Context(), DECIDED, load().measurement)
    values = facts.measured.of(0, COLUMNS)
    for key in (
        "loop_net_ratio_12m",
        "burden_z_12m",
        "core_buyer_share_12m",
        "ind_npl_rate_12m",
        "gen_store_cnt",
    ):
        assert values[key] is Missing.NOT_AVAILABLE
