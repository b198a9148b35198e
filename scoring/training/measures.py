"""How well scores tell bad from good, with intervals, and how well probabilities are calibrated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score, roc_curve

from scoring.value import Bools, Floats, Ints

RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95% percentile interval over resampled firms (Efron 1979)."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def auc(bad: Bools, risk: Floats) -> float:
    """Area under the ROC curve; ``risk`` rises with default."""
    return float(roc_auc_score(bad, risk))


def ks(bad: Bools, risk: Floats) -> float:
    """Largest distance between the two groups' distributions (Kolmogorov–Smirnov)."""
    false, true, _ = roc_curve(bad, risk)
    return float(np.max(true - false))


def gini(bad: Bools, risk: Floats) -> float:
    """2·AUC − 1."""
    return 2 * auc(bad, risk) - 1


def areas(bad: Bools, risk: Floats, resamples: Ints) -> Floats:
    """AUC of each resample, a row of firms' indices, by the rank-sum statistic."""
    drawn_bad, drawn = bad[resamples], rankdata(risk[resamples], axis=1)
    bads = drawn_bad.sum(axis=1)
    goods = drawn_bad.shape[1] - bads
    with np.errstate(invalid="ignore", divide="ignore"):
        found = ((drawn * drawn_bad).sum(axis=1) - bads * (bads + 1) / 2) / (bads * goods)
    return np.asarray(found[(bads > 0) & (goods > 0)])


def draws(firms: int, seed: int, times: int = RESAMPLES) -> Ints:
    """Resamples with replacement, shape (times, firms)."""
    return np.random.default_rng(seed).integers(0, firms, (times, firms))


def ahead(bads: Floats, goods: Floats) -> Floats:
    """1 where a bad has more risk than a good, a half at a tie; shape (bads, goods)."""
    left, right = bads[:, None], goods[None, :]
    return np.asarray((left > right) + 0.5 * (left == right))


def paired_areas(bad: Bools, wins: Floats, seed: int) -> Floats:
    """AUC of each resample of firms, from a table of pairs (bads, goods); pairs unknown are left out."""
    known, won = np.isfinite(wins), np.nan_to_num(wins)
    found = []
    for row in draws(len(bad), seed):
        times = np.bincount(row, minlength=len(bad)).astype(np.float64)
        bads, goods = times[bad], times[~bad]
        if (pairs := bads @ known @ goods) > 0:
            found.append(bads @ won @ goods / pairs)
    return np.array(found)


def paired_delong(wins: Floats, baseline: Floats) -> tuple[float, float]:
    """As ``delong``, from tables of pairs."""
    less = np.where(np.isfinite(wins), wins - baseline, np.nan)
    of_bads, of_goods = np.nanmean(less, axis=1), np.nanmean(less, axis=0)
    return _tested(float(np.nanmean(less)), of_bads, of_goods)


def _tested(difference: float, of_bads: Floats, of_goods: Floats) -> tuple[float, float]:
    variance = of_bads.var(ddof=1) / len(of_bads) + of_goods.var(ddof=1) / len(of_goods)
    if variance <= 0:
        return difference, 1.0
    return difference, float(2 * norm.sf(abs(difference) / np.sqrt(variance)))


def discrimination(bad: Bools, risk: Floats, seed: int) -> dict[str, Estimate]:
    """AUC, Gini and KS with intervals."""
    resamples = draws(len(bad), seed)
    area = areas(bad, risk, resamples)
    distance = np.array(
        [ks(bad[row], risk[row]) for row in resamples if bad[row].any() and not bad[row].all()]
    )
    low, high = np.quantile(area, (0.025, 0.975))
    return {
        "auc": Estimate(auc(bad, risk), float(low), float(high)),
        "gini": Estimate(gini(bad, risk), float(2 * low - 1), float(2 * high - 1)),
        "ks": Estimate(ks(bad, risk), *(float(each) for each in np.quantile(distance, (0.025, 0.975)))),
    }


def delong(bad: Bools, risk: Floats, baseline: Floats) -> tuple[float, float]:
    """Difference of two AUCs on the same firms and its two-sided p value (DeLong, DeLong, Clarke-Pearson
    1988; mid-ranks as Sun and Xu 2014)."""
    placements = [_placements(bad, each) for each in (risk, baseline)]
    difference = float(placements[0][0].mean() - placements[1][0].mean())
    return _tested(difference, placements[0][0] - placements[1][0], placements[0][1] - placements[1][1])


def _placements(bad: Bools, risk: Floats) -> tuple[Floats, Floats]:
    everyone, bads, goods = rankdata(risk), rankdata(risk[bad]), rankdata(risk[~bad])
    return (everyone[bad] - bads) / len(goods), 1 - (everyone[~bad] - goods) / len(bads)


@dataclass(frozen=True)
class Calibration:
    """Cox's (1958) intercept and slope, 0 and 1 when calibrated; Brier's (1950) score; bins of equal size as
    (mean probability, rate of default, firms)."""

    intercept: float
    slope: float
    brier: float
    brier_of_rate: float
    """Brier's score of answering everyone's rate of default."""
    bins: tuple[tuple[float, float, int], ...]


def calibration(bad: Bools, pd: Floats, bins: int = 5) -> Calibration:
    """Of probabilities strictly between 0 and 1."""
    odds = np.log(pd / (1 - pd))
    fitted = LogisticRegression(C=1e6).fit(odds[:, None], bad)
    groups = np.array_split(np.argsort(pd, kind="stable"), bins)
    rate = bad.mean()
    return Calibration(
        intercept=float(fitted.intercept_[0]),
        slope=float(fitted.coef_[0][0]),
        brier=float(np.mean((pd - bad) ** 2)),
        brier_of_rate=float(rate * (1 - rate)),
        bins=tuple((float(pd[each].mean()), float(bad[each].mean()), len(each)) for each in groups),
    )
