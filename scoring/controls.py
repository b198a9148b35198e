"""Hard controls (刚控): rules are policy data, read here with three-valued logic."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from schema.dataset import Missing
from scoring.control_facts import Fact
from scoring.policy.model import Policy
from scoring.policy.rules import Condition, Rule, Signal
from scoring.result import ControlResult, Effect, Status

Granted = Mapping[str, float | None]
"""The columns at the first decision."""

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "in": lambda value, bound: value in bound,
    "outside": lambda value, bound: not bound[0] <= value <= bound[1],
}


def holds(
    condition: Condition,
    facts: Mapping[str, Fact],
    product: str,
    *,
    quarterly: bool,
    granted: Granted | None = None,
) -> bool | None:
    """Whether a condition holds; None when a figure of it has no value."""
    fact = facts[condition.key]
    if isinstance(fact, Missing):
        return None
    bound: Any = condition.by_product.get(product, condition.value)
    if quarterly and condition.quarterly is not None:
        bound = condition.quarterly
    if condition.op in ("rises", "falls"):
        return _changed(condition.op, fact, bound, (granted or {}).get(condition.key))
    if condition.than is not None:
        other = facts[condition.than]
        if isinstance(other, Missing):
            return None
        bound = bound * other
    return _COMPARE[condition.op](fact, bound)


def _changed(op: str, fact: Any, bound: float, before: float | None) -> bool | None:
    if before is None:
        return None
    return bool(fact - before > bound) if op == "rises" else bool(fact < before * (1 - bound))


def every(answers: Sequence[bool | None]) -> bool | None:
    """Three-valued and: false when one is false, else unknown when one is unknown."""
    return False if False in answers else None if None in answers else True


def some(answers: Sequence[bool | None]) -> bool | None:
    """Three-valued or: true when one is true, else unknown when one is unknown."""
    return True if True in answers else None if None in answers else False


def met(
    rule: Rule | Signal,
    facts: Mapping[str, Fact],
    product: str,
    *,
    quarterly: bool,
    granted: Granted | None = None,
) -> bool | None:
    """Whether all, or any, of the conditions hold."""
    answers = [holds(each, facts, product, quarterly=quarterly, granted=granted) for each in rule.when]
    return every(answers) if rule.match == "all" else some(answers)


def check_controls(
    policy: Policy, facts: Mapping[str, Fact], product: str, *, quarterly: bool
) -> list[ControlResult]:
    """Every rule that is for the product, in the policy's order. A product that is not in the policy must
    know all of them."""
    known = policy.products.get(product)
    return [
        _check(rule, facts, product, known is None or rule.id in known.must, quarterly=quarterly)
        for rule in policy.controls
        if not rule.products or product in rule.products
    ]


def _check(
    rule: Rule, facts: Mapping[str, Fact], product: str, must: bool, *, quarterly: bool
) -> ControlResult:
    hit = met(rule, facts, product, quarterly=quarterly)
    if hit is None:
        unknown = rule.on_missing if must or rule.on_missing == "pass" else "flag"
        status, effect = Status.UNKNOWN, Effect(unknown)
    else:
        status, effect = (Status.HIT, Effect(rule.on_hit)) if hit else (Status.PASS, Effect.PASS)
    observed: dict[str, float | str | None] = {}
    missing: dict[str, Missing] = {}
    for key in [condition.key for condition in rule.when]:
        fact = facts[key]
        if isinstance(fact, Missing):
            observed[key], missing[key] = None, fact
        else:
            observed[key] = fact
    return ControlResult(
        id=rule.id,
        version=rule.version,
        text=rule.text,
        text_en=rule.text_en,
        basis=rule.basis,
        status=status,
        must=must,
        effect=effect,
        reason=rule.reason,
        observed=observed,
        missing=missing,
    )
