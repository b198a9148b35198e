"""Drift: the population stability index, of a score (PSI) and of a column (CSI, typed missing included)."""

from __future__ import annotations

import numpy as np

from scoring.value import Floats, codes

WATCH, ACT = 0.1, 0.25
"""Rules of thumb of the field (Siddiqi 2006): below the first nothing, above the second a new validation."""
_LEAST_SHARE = 1e-4


def stability(before: Floats, now: Floats, bins: int = 10) -> float:
    """Σ (now − before)·ln(now ÷ before) over bins that hold equal shares before; each missing type a bin."""
    known = before[codes(before) == 0]
    inner = np.linspace(0, 1, bins + 1)[1:-1]
    edges = np.unique(np.quantile(known, inner)) if len(known) else np.array([])
    old, new = _shares(before, edges), _shares(now, edges)
    return float(((new - old) * np.log(new / old)).sum())


def verdict(index: float) -> str:
    """In words."""
    return "stable" if index < WATCH else "watch" if index < ACT else "act"


def _shares(column: Floats, edges: Floats) -> Floats:
    kind = codes(column)
    place = np.where(kind == 0, np.digitize(np.where(kind == 0, column, 0.0), edges), len(edges) + kind)
    counts = np.bincount(place.astype(int), minlength=len(edges) + 6)
    return np.maximum(counts / max(len(column), 1), _LEAST_SHARE)
