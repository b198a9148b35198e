"""The route of approval (审批路径): a decision table, first row that fits, also as a JSON Decision Model.

JDM is the format of GoRules' editor and engine: nodes and edges, the table's cells in the ZEN expression
language (docs.gorules.io/developers/jdm).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scoring.policy.data import GRADES, LIGHTS, Grade, Light, Route
from scoring.policy.terms import RouteRow


@dataclass(frozen=True)
class Case:
    """What a route is chosen by; of an approval alone."""

    grade: Grade
    fraud: Light
    limit: float
    """Yuan."""
    unknown: int
    """Hard controls that the product must know and that are unknown."""
    flags: int
    """Hard controls that hit and only flag."""
    scored: frozenset[str]
    """Sub-models with a score."""

    def document(self, table: Sequence[RouteRow]) -> dict[str, Any]:
        """The case as the exported table reads it."""
        return {
            "grade": self.grade,
            "fraud": self.fraud,
            "limit": self.limit,
            "unknown": self.unknown,
            "flags": self.flags,
            "scored": {name: name in self.scored for name in _submodels(table)},
        }


def choose(table: Sequence[RouteRow], case: Case) -> Route:
    """The route of the first row that fits; the last one fits everything."""
    return next(row.route for row in table if _fits(row, case))


def _fits(row: RouteRow, case: Case) -> bool:
    return (
        case.grade in row.grades
        and case.fraud in row.fraud
        and (row.max_limit is None or case.limit <= row.max_limit)
        and (row.max_unknown is None or case.unknown <= row.max_unknown)
        and (row.max_flags is None or case.flags <= row.max_flags)
        and case.scored.issuperset(row.submodels)
    )


def _submodels(table: Sequence[RouteRow]) -> list[str]:
    return sorted({name for row in table for name in row.submodels})


def jdm(table: Sequence[RouteRow]) -> dict[str, Any]:
    """The table as a JSON Decision Model with hit policy ``first``."""
    fields = [
        "grade",
        "fraud",
        "limit",
        "unknown",
        "flags",
        *(f"scored.{name}" for name in _submodels(table)),
    ]
    inputs = [{"id": f"in-{field}", "name": field, "field": field} for field in fields]
    rules = [
        {"_id": f"row-{number}", "out-route": f'"{row.route}"'}
        | {f"in-{field}": cell for field, cell in _cells(row, fields).items()}
        for number, row in enumerate(table, start=1)
    ]
    content = {
        "hitPolicy": "first",
        "inputs": inputs,
        "outputs": [{"id": "out-route", "name": "route", "field": "route"}],
        "rules": rules,
    }
    return {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [
            {"id": "asked", "name": "case", "type": "inputNode", "position": {"x": 0, "y": 0}},
            {
                "id": "table",
                "name": "routes",
                "type": "decisionTableNode",
                "position": {"x": 300, "y": 0},
                "content": content,
            },
            {"id": "told", "name": "route", "type": "outputNode", "position": {"x": 600, "y": 0}},
        ],
        "edges": [
            {"id": "in", "type": "edge", "sourceId": "asked", "targetId": "table"},
            {"id": "out", "type": "edge", "sourceId": "table", "targetId": "told"},
        ],
    }


def _cells(row: RouteRow, fields: Sequence[str]) -> dict[str, str]:
    """The row's condition on each field, empty where it asks for nothing."""
    cells = dict.fromkeys(fields, "")
    if row.grades != GRADES:
        cells["grade"] = ", ".join(f'"{grade}"' for grade in row.grades)
    if row.fraud != LIGHTS:
        cells["fraud"] = ", ".join(f'"{light}"' for light in row.fraud)
    for field, most in (("limit", row.max_limit), ("unknown", row.max_unknown), ("flags", row.max_flags)):
        if most is not None:
            cells[field] = f"<= {most:.12g}"
    return cells | {f"scored.{name}": "true" for name in row.submodels}
