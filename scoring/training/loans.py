"""The same binning on outcomes that are many: small-business loans of the US SBA (Li, Mickel and Taylor
2018), against optbinning's own scorecard and LightGBM.

Columns that are known only after the outcome are not read; nor are ``Recession`` and ``Term``, which the
outcome has marked: the one looks ahead over the loan's life, and the other lets LightGBM reach 0.98.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from lightgbm import LGBMClassifier
from optbinning import BinningProcess, Scorecard
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from scoring.measure import INTERIOR
from scoring.training.binning import curve
from scoring.training.fit import ridge
from scoring.training.measures import Estimate, areas, auc, delong, draws
from scoring.value import Bools, Floats

COLUMNS = (
    "NoEmp", "CreateJob", "RetainedJob", "DisbursementGross", "SBA_Appv", "GrAppv", "RealEstate", "Portion",
    "New",
)  # fmt: skip
"""Columns known at the decision. No direction is imposed: the peer imposes none."""
SIZE = "GrAppv"
FOLDS = 5
RIDGE = 2.0


def read(folder: Path) -> tuple[dict[str, Floats], Bools]:
    """The columns and the outcome of ``sba_case.csv.gz``."""
    frame = pl.read_csv(folder / "sba_case.csv.gz", infer_schema_length=None)
    columns = {name: frame[name].cast(pl.Float64).to_numpy() for name in COLUMNS}
    return columns, frame["Default"].to_numpy() == 1


def compare(columns: dict[str, Floats], bad: Bools, seed: int) -> dict[str, tuple[Estimate, float, float]]:
    """Out-of-fold AUC with its interval, difference from optbinning's scorecard and the p value of it."""
    makers = {
        "size alone": _size, "fitted card": _ours, "optbinning scorecard": _peer, "LightGBM": _lightgbm
    }  # fmt: skip
    table = pd.DataFrame(columns)
    risks = {name: np.zeros(len(bad)) for name in makers}
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for train, kept in folds.split(table, bad):
        for name, maker in makers.items():
            risks[name][kept] = maker(table.iloc[train], bad[train], table.iloc[kept], seed)
    resamples = draws(len(bad), seed)
    found = {}
    for name, risk in risks.items():
        low, high = np.quantile(areas(bad, risk, resamples), (0.025, 0.975))
        estimate = Estimate(auc(bad, risk), float(low), float(high))
        found[name] = (estimate, *delong(bad, risk, risks["optbinning scorecard"]))
    return found


def _size(train: pd.DataFrame, bad: Bools, kept: pd.DataFrame, seed: int) -> Floats:
    return -np.asarray(kept[SIZE], dtype=np.float64)


def _ours(train: pd.DataFrame, bad: Bools, kept: pd.DataFrame, seed: int) -> Floats:
    curves = {name: curve(name, train[name].to_numpy(), bad, INTERIOR) for name in COLUMNS}
    evidence = np.column_stack([bend(train[name].to_numpy()) for name, bend in curves.items()])
    each = len(COLUMNS)  # an equal share of the evidence is the prior: columns tell much of the same story
    intercept, coefficients = ridge(evidence, bad, 1, np.full(each, RIDGE), 1 / each)
    kept_evidence = np.column_stack([bend(kept[name].to_numpy()) for name, bend in curves.items()])
    return np.asarray(intercept + kept_evidence @ np.array(coefficients))


def _peer(train: pd.DataFrame, bad: Bools, kept: pd.DataFrame, seed: int) -> Floats:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        peer = Scorecard(BinningProcess(list(COLUMNS)), LogisticRegression(max_iter=1000))
        peer.fit(train, bad.astype(int))
        return np.asarray(peer.predict_proba(kept)[:, 1])


def _lightgbm(train: pd.DataFrame, bad: Bools, kept: pd.DataFrame, seed: int) -> Floats:
    model = LGBMClassifier(
        n_estimators=200, learning_rate=0.05, num_leaves=8, random_state=seed, n_jobs=1, verbose=-1
    )
    model.fit(train, bad.astype(int))
    return np.asarray(model.predict_proba(kept))[:, 1]
