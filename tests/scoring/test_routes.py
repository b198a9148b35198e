"""The route of approval, and that its export decides as we do."""

from __future__ import annotations

import json
from typing import Any

import pytest
import zen
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.policy.data import GRADES, LIGHTS
from scoring.policy.loader import load
from scoring.policy.terms import RouteRow
from scoring.routes import Case, choose, jdm

POLICY = load()
NAMES = sorted(POLICY.submodels)
cases = st.builds(
    Case,
    grade=st.sampled_from(GRADES),
    fraud=st.sampled_from(LIGHTS),
    limit=st.integers(0, 600).map(lambda wan: wan * 10_000.0),
    unknown=st.integers(0, 4),
    flags=st.integers(0, 3),
    scored=st.frozensets(st.sampled_from(NAMES)) | st.just(frozenset(NAMES)),
)
rows = st.builds(
    RouteRow,
    route=st.sampled_from(["pre_approved", "simplified", "full"]),
    grades=st.lists(st.sampled_from(GRADES), min_size=1, unique=True).map(tuple),
    fraud=st.lists(st.sampled_from(LIGHTS), min_size=1, unique=True).map(tuple),
    max_limit=st.none() | st.integers(0, 600).map(lambda wan: wan * 10_000.0),
    max_unknown=st.none() | st.integers(0, 3),
    max_flags=st.none() | st.integers(0, 2),
    submodels=st.lists(st.sampled_from(NAMES), max_size=3, unique=True).map(tuple),
)


def evaluated(table: tuple[RouteRow, ...], case: Case) -> Any:
    """What GoRules' own engine makes of the export."""
    decision = zen.ZenEngine().create_decision(json.dumps(jdm(table)))
    return decision.evaluate(case.document(table))["result"]["route"]


@settings(deadline=None)
@given(case=cases)
def test_the_shipped_table_as_exported_gives_the_same_route(case: Case) -> None:
    assert evaluated(POLICY.routes, case) == choose(POLICY.routes, case)


@settings(deadline=None)
@given(edited=st.lists(rows, max_size=4), case=cases)
def test_an_edited_table_as_exported_gives_the_same_route(edited: list[RouteRow], case: Case) -> None:
    table = (*edited, RouteRow(route="full"))
    assert evaluated(table, case) == choose(table, case)


@pytest.mark.parametrize(
    ("changes", "route"),
    [
        ({}, "pre_approved"),
        ({"limit": 1_010_000.0}, "simplified"),
        ({"grade": "G3"}, "simplified"),
        ({"fraud": "amber"}, "simplified"),
        ({"flags": 1}, "simplified"),
        ({"fraud": "red"}, "full"),
        ({"grade": "G4"}, "full"),
        ({"unknown": 3}, "full"),
        ({"scored": frozenset()}, "full"),
    ],
)
def test_a_shorter_route_takes_more(changes: dict[str, Any], route: str) -> None:
    sound: dict[str, Any] = {
        "grade": "G1", "fraud": "green", "limit": 1_000_000.0, "unknown": 0, "flags": 0,
        "scored": frozenset(NAMES),
    }  # fmt: skip
    assert choose(POLICY.routes, Case(**(sound | changes))) == route
