"""What the runtime's own policy says of some firms: score, grade, limit and rate from invoices alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np

from scoring.context import Context, Place
from scoring.decision import Application, ScoreResult
from scoring.decision import score as decide
from scoring.training.firms import Firms, decided
from scoring.value import Floats

ASKED = Application(requested_amount_fen=100_000_000, term_months=12)
"""One million yuan for a year, the most that the contest lends to a firm."""
SERVED = Context(place=Place(covered=1.0))
"""The firms' places are not told; they are taken to be where the bank lends."""


def results(firms: Firms, as_of: date, done: Callable[[], None] = lambda: None) -> list[ScoreResult]:
    """The decision on each firm at the end of a month."""
    found = []
    for snapshot in firms.snapshots(as_of):
        found.append(decide(snapshot, application=ASKED, context=SERVED, decided_at=decided(as_of)))
        done()
    return found


def risk(results: list[ScoreResult]) -> Floats:
    """Minus the score; a firm without a score is as risky as the worst."""
    scores = [0.0 if each.score is None else each.score for each in results]
    return -np.array(scores)
