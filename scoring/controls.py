"""Hard controls (刚控) and warnings: rules are policy data, read here with three-valued logic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from schema.dataset import Missing
from scoring.control_facts import Fact
from scoring.policy.model import Condition, Policy, Rule
from scoring.result import ControlResult, Effect, Status, WarningSignal

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "lt": lambda value, bound: value < bound,
    "le": lambda value, bound: value <= bound,
    "gt": lambda value, bound: value > bound,
    "ge": lambda value, bound: value >= bound,
    "eq": lambda value, bound: value == bound,
    "in": lambda value, bound: value in bound,
    "outside": lambda value, bound: not bound[0] <= value <= bound[1],
}


def holds(condition: Condition, facts: Mapping[str, Fact], product: str, *, quarterly: bool) -> bool | None:
    """Whether a condition holds; None when its key has no value."""
    fact = facts[condition.key]
    if isinstance(fact, Missing):
        return None
    bound: Any = condition.by_product.get(product, condition.value)
    if quarterly and condition.quarterly is not None:
        bound = condition.quarterly
    return _COMPARE[condition.op](fact, bound)


def every(answers: Iterable[bool | None]) -> bool | None:
    """Three-valued and: false when one is false, else unknown when one is unknown."""
    seen = list(answers)
    return False if False in seen else None if None in seen else True


def some(answers: Iterable[bool | None]) -> bool | None:
    """Three-valued or: true when one is true, else unknown when one is unknown."""
    seen = list(answers)
    return True if True in seen else None if None in seen else False


def check_controls(
    policy: Policy, facts: Mapping[str, Fact], product: str, *, quarterly: bool
) -> list[ControlResult]:
    """Every rule that is for the product, in the policy's order."""
    return [
        _check(rule, facts, product, quarterly=quarterly)
        for rule in policy.controls
        if not rule.products or product in rule.products
    ]


def _check(rule: Rule, facts: Mapping[str, Fact], product: str, *, quarterly: bool) -> ControlResult:
    answers = [holds(condition, facts, product, quarterly=quarterly) for condition in rule.when]
    hit = every(answers) if rule.match == "all" else some(answers)
    status = Status.UNKNOWN if hit is None else Status.HIT if hit else Status.PASS
    effect = {Status.HIT: rule.on_hit, Status.UNKNOWN: rule.on_missing, Status.PASS: "pass"}[status]
    observed = {condition.key: facts[condition.key] for condition in rule.when}
    return ControlResult(
        id=rule.id,
        text=rule.text,
        status=status,
        must=rule.must,
        effect=Effect(effect),
        reason=rule.reason,
        observed={key: None if isinstance(fact, Missing) else fact for key, fact in observed.items()},
        missing={key: fact for key, fact in observed.items() if isinstance(fact, Missing)},
    )


def check_warnings(
    policy: Policy, facts: Mapping[str, Fact], product: str, *, quarterly: bool
) -> list[WarningSignal]:
    """The warnings that are raised. An unknown figure raises none."""
    return [
        WarningSignal(id=signal.id, text=signal.text, severity=signal.severity, key=signal.when.key)
        for signal in policy.warnings
        if holds(signal.when, facts, product, quarterly=quarterly)
    ]
