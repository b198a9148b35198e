"""All rules over one firm, or over every firm of a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from schema.dataset import Missing
from scoring.facts import Facts
from scoring.fraud import agreement, shape, trade
from scoring.fraud.case import Case
from scoring.fraud.finding import Examination, Finding, Seen, evidence
from scoring.fraud.network import network
from scoring.fraud.terms import Rule, Terms, load
from scoring.inputs.batch import Batch
from scoring.measure import Measured
from scoring.value import REASONS, codes

RULES: dict[str, Callable[[Case, Any], Seen]] = {
    "mutual": trade.mutual,
    "loop": trade.loop,
    "shell": trade.shell,
    "split": shape.split,
    "surge": shape.surge,
    "goods": agreement.goods,
    "digits": shape.digits,
    "flows": agreement.flows,
    "payers": agreement.payers,
}


def examine(facts: Facts) -> Examination:
    """One borrower, with what its context tells of other firms. Missing data never raise: a rule that cannot
    be examined says why."""
    return examine_all(facts.batch, facts.measured)[facts.firm]


def examine_all(batch: Batch, measured: Measured, terms: Terms | None = None) -> list[Examination]:
    """Every firm of a batch in one graph. The caller puts together firms that may be seen together: those
    whose authorizations are live."""
    terms = terms or load()
    why = batch.why(("INV",)).tolist()
    if all(why):
        return [_nothing(terms, REASONS[code - 1]) for code in why]
    graph = network(batch, measured.derived("sales"), measured.derived("purchases"))
    return [
        _nothing(terms, REASONS[code - 1]) if code else _examined(Case(batch, measured, graph, firm), terms)
        for firm, code in enumerate(why)
    ]


def _nothing(terms: Terms, reason: Missing) -> Examination:
    return Examination(
        version=terms.version,
        sha256=terms.sha256,
        findings=(),
        figures={},
        missing=dict.fromkeys(RULES, reason),
    )


def _examined(case: Case, terms: Terms) -> Examination:
    findings, figures, missing = [], {}, {}
    for name, rule in RULES.items():
        given: Rule = getattr(terms, name)
        seen = rule(case, given)
        if code := int(codes(np.array([seen.figure]))[0]):
            missing[name] = REASONS[code - 1]
            continue
        figures[name] = seen.figure
        if seen.figure >= given.threshold and seen.holds:
            findings.append(_finding(name, given, seen))
    return Examination(
        version=terms.version,
        sha256=terms.sha256,
        findings=tuple(findings),
        figures=figures,
        missing=missing,
    )


def _finding(name: str, rule: Rule, seen: Seen) -> Finding:
    fields = rule.model_dump() | {"figure": seen.figure}
    return Finding(
        rule=name,
        figure=seen.figure,
        threshold=rule.threshold,
        zh=rule.zh.format_map(fields),
        en=rule.en.format_map(fields),
        detail=seen.detail or {},
        parties=tuple(seen.parties),
        evidence=evidence(seen.rows),
        rows=sum(int(rows.size) for _, rows in seen.rows),
    )
