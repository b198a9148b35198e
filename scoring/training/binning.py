"""The curve of one column: bins by optbinning (Navas-Palencia 2020), monotone as the catalogue says and
smoothed; or, among few firms, what needs no outcome: the normal score of its rank, or the logarithm of an
amount."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from optbinning import OptimalBinning
from scipy.stats import norm, rankdata

from schema.dataset import Missing
from scoring.measure import RISKIER, SAFER
from scoring.value import REASONS, Bools, Floats, codes

TREND = {SAFER: "descending", RISKIER: "ascending"}
"""Of the rate of default as the value rises; otherwise the data say."""
BADS_A_BIN, MOST_BINS = 7, 20
"""Bins of a column: one for so many bads, at most so many."""
LEAST_FIRMS, LEAST_SHARE = 12, 0.02
"""Firms in a bin, and their share of all."""
KNOTS, INNER = 11, (0.02, 0.98)
"""Quantiles between which a normal score runs straight; beyond the outermost it stays, so that no single
firm bends it or is written into it."""
NEUTRAL = {Missing.INSUFFICIENT: 0.0, Missing.NOT_APPLICABLE: 0.0}
"""What is not there though its source is counts as the middle."""
LARGEST = 30.0
"""ln of the largest amount in yuan that the line of size tells apart."""
PRIOR = 4.0
"""Firms of the average rate added to each bin, so that a bin without bads has a finite weight."""


@dataclass(frozen=True)
class Curve:
    """Middles of the bins (medians of their values), weights, and weights of missing types."""

    centres: tuple[float, ...]
    woe: tuple[float, ...]
    missing: dict[Missing, float]
    logarithmic: bool = False

    def __call__(self, column: Floats) -> Floats:
        """The weight of evidence of each firm."""
        kind = codes(column)
        known = np.where(kind == 0, column, 0.0)
        if self.logarithmic:
            known = np.log1p(np.maximum(known, 0.0))
        found = np.interp(known, self.centres, self.woe)
        worst = max(*self.woe, *self.missing.values(), 0.0)
        for code in np.unique(kind[kind > 0]):
            found[kind == code] = self.missing.get(REASONS[code - 1], worst)
        return found


def curve(name: str, column: Floats, bad: Bools, direction: str) -> Curve:
    """The curve of a column. A curve that smoothing bends against the direction is bent back by pooling."""
    kind = codes(column)
    there = column[kind == 0]
    splits = _splits(name, there, bad[kind == 0], direction)
    place = np.digitize(there, splits)
    used = [each for each in range(len(splits) + 1) if (place == each).any()]
    centres = [float(np.median(there[place == each])) for each in used]
    woe = [_woe(bad[kind == 0][place == each], bad) for each in used]
    if direction in TREND:
        sign = 1.0 if direction == RISKIER else -1.0
        woe = [sign * each for each in np.maximum.accumulate([sign * each for each in woe])]
    return Curve(
        tuple(centres),
        tuple(float(each) for each in woe),
        {REASONS[code - 1]: _woe(bad[kind == code], bad) for code in np.unique(kind[kind > 0])},
    )


def straight(column: Floats) -> Curve:
    """An amount as one straight line in ln(1 + amount), falling, in standard deviations: bins would throw
    away part of what size tells. A missing amount counts as none."""
    amount = np.log1p(np.maximum(np.where(np.isfinite(column), column, 0.0), 0.0))
    middle, spread = float(amount.mean()), float(amount.std()) or 1.0
    ends = (0.0, LARGEST)
    woe = (middle / spread, (middle - LARGEST) / spread)
    return Curve(ends, woe, dict.fromkeys(NEUTRAL, woe[0]), logarithmic=True)


def ranked(column: Floats, direction: str) -> Curve:
    """A column by the normal score of its rank among the fitted firms (van der Waerden 1952), riskier
    upwards. No outcome is read, so that nothing can be learned by heart from few bads."""
    known = np.sort(column[np.isfinite(column)])
    if len(known) < 2 or known[0] == known[-1]:
        return Curve((0.0,), (0.0,), dict(NEUTRAL))
    scores = norm.ppf((rankdata(known) - 0.5) / len(known))
    knots = np.unique(np.quantile(known, np.linspace(*INNER, KNOTS)))
    values, first = np.unique(known, return_index=True)
    risk = np.interp(knots, values, scores[first]) * (1.0 if direction == RISKIER else -1.0)
    centres, woe = (tuple(float(each) for each in side) for side in (knots, risk))
    return Curve(centres, woe, dict(NEUTRAL))


def _splits(name: str, column: Floats, bad: Bools, direction: str) -> Floats:
    if bad.all() or not bad.any() or len(np.unique(column)) < 2:
        return np.array([])
    least = min(max(LEAST_SHARE, LEAST_FIRMS / len(column)), 0.5)
    bins = OptimalBinning(
        name=name,
        monotonic_trend=TREND.get(direction, "auto"),
        max_n_bins=min(max(int(bad.sum()) // BADS_A_BIN, 2), MOST_BINS),
        min_prebin_size=least,
        min_bin_size=least,
        time_limit=5,
    ).fit(column, bad.astype(int))
    return np.asarray(bins.splits, dtype=np.float64)


def _woe(some: Bools, everyone: Bools) -> float:
    rate = float(everyone.mean())
    bads, goods = some.sum() + PRIOR * rate, (~some).sum() + PRIOR * (1 - rate)
    return float(np.log(bads / goods) - np.log(rate / (1 - rate)))
