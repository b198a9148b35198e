"""Conditions of rules and signals, settled for a product and read with three-valued logic: a figure without a
value makes the answer unknown, which is None."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from schema.dataset import Missing
from scoring.control_facts import Fact
from scoring.policy.rules import Condition, Rule, Signal

Granted = Mapping[str, float | None]
"""The columns at the first decision."""

Test = Callable[[Mapping[str, Fact], Granted], bool | None]
"""Whether something holds, by the figures now and those at the first decision."""

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "in": lambda value, bound: value in bound,
    "outside": lambda value, bound: not bound[0] <= value <= bound[1],
}
_CHANGED: dict[str, Callable[[Any, Any, Any], bool]] = {
    "rises": lambda value, before, bound: value - before > bound,
    "falls": lambda value, before, bound: value < before * (1 - bound),
}


def condition(each: Condition, product: str, *, quarterly: bool) -> Test:
    """The test of one condition."""
    key, than = each.key, each.than
    bound: Any = each.by_product.get(product, each.value)
    if quarterly and each.quarterly is not None:
        bound = each.quarterly
    if each.op in _CHANGED:
        changed = _CHANGED[each.op]

        def since_granted(facts: Mapping[str, Fact], granted: Granted) -> bool | None:
            fact, before = facts[key], granted.get(key)
            return None if isinstance(fact, Missing) or before is None else changed(fact, before, bound)

        return since_granted
    compare = _COMPARE[each.op]
    if than is not None:

        def against(facts: Mapping[str, Fact], granted: Granted) -> bool | None:
            fact, other = facts[key], facts[than]
            unknown = isinstance(fact, Missing) or isinstance(other, Missing)
            return None if unknown else compare(fact, bound * other)

        return against

    def alone(facts: Mapping[str, Fact], granted: Granted) -> bool | None:
        fact = facts[key]
        return None if isinstance(fact, Missing) else compare(fact, bound)

    return alone


def conditions(rule: Rule | Signal, product: str, *, quarterly: bool) -> Test:
    """The test of all, or any, of the conditions of a rule."""
    tests = [condition(each, product, quarterly=quarterly) for each in rule.when]
    if len(tests) == 1:
        return tests[0]
    joined = every if rule.match == "all" else some
    return lambda facts, granted: joined([test(facts, granted) for test in tests])


def every(answers: Sequence[bool | None]) -> bool | None:
    """Three-valued and: false when one is false, else unknown when one is unknown."""
    return False if False in answers else None if None in answers else True


def some(answers: Sequence[bool | None]) -> bool | None:
    """Three-valued or: true when one is true, else unknown when one is unknown."""
    return True if True in answers else None if None in answers else False
