"""The peer works out what we do: a benchmark between different figures would mean nothing."""

from __future__ import annotations

import pytest

from bench.pandas_peer import COLUMNS, fifty, sides
from bench.scoring_firms import AS_OF, DECIDED, context, firm
from scoring.facts import some
from scoring.inputs.batch import gather
from scoring.policy.loader import load


def test_the_peer_has_our_values_in_all_fifty_columns() -> None:
    one = firm(1, 2_000)
    ours = some(gather([one], [context()], DECIDED, load().measurement), COLUMNS).of(0, COLUMNS)
    theirs = fifty(*sides(one.table("invoice"), AS_OF), AS_OF)
    assert len(set(COLUMNS)) == 50
    assert theirs == pytest.approx(ours, rel=1e-9, abs=1e-12)
