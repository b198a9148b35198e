"""Warning signals (预警): which are raised now, and how what was raised before lives on. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from schema.dataset import Missing
from scoring.conditions import Granted, Test, condition, conditions
from scoring.control_facts import Fact
from scoring.policy.model import Policy
from scoring.policy.rules import Severity, Signal, WarningTerms
from scoring.result import WarningSignal

DIGITS = 2
"""Evidence is the same when its figures agree to so many digits."""


class _Alarm(NamedTuple):
    """A signal as it stands for a product."""

    signal: Signal
    test: Test
    severity: Severity
    is_red: Test | None
    """What makes it red, whatever its severity."""


@lru_cache(maxsize=32)
def _alarms(policy: Policy, product: str, *, quarterly: bool) -> list[_Alarm]:
    return [
        _Alarm(
            signal,
            conditions(signal, product, quarterly=quarterly),
            signal.severity_of.get(product, signal.severity),
            None if signal.red_when is None else condition(signal.red_when, product, quarterly=quarterly),
        )
        for signal in policy.warnings
        if not signal.products or product in signal.products
    ]


def check_warnings(
    policy: Policy,
    facts: Mapping[str, Fact],
    product: str,
    *,
    quarterly: bool,
    granted: Granted | None = None,
) -> list[WarningSignal]:
    """The warnings that are raised. An unknown figure raises none."""
    before = granted or {}
    return [
        _raised(policy, alarm, facts, before)
        for alarm in _alarms(policy, product, quarterly=quarterly)
        if alarm.test(facts, before)
    ]


def _raised(policy: Policy, alarm: _Alarm, facts: Mapping[str, Fact], granted: Granted) -> WarningSignal:
    signal = alarm.signal
    severity = "red" if alarm.is_red and alarm.is_red(facts, granted) else alarm.severity
    keys = dict.fromkeys(each.key for each in signal.conditions)
    evidence = {key: fact for key in keys if not isinstance(fact := facts[key], Missing)}
    return WarningSignal(
        id=signal.id,
        text=signal.text,
        text_en=signal.text_en,
        severity=severity,
        days=policy.warning_terms.severities[severity].days,
        action_zh=signal.action_zh,
        action_en=signal.action_en,
        evidence=evidence,
        evidence_sha256=evidence_hash(signal.id, evidence),
    )


def evidence_hash(signal: str, evidence: Mapping[str, float | str]) -> str:
    """Of the signal and its figures, rounded to two digits."""
    plain = {key: each if isinstance(each, str) else f"{each:.{DIGITS}g}" for key, each in evidence.items()}
    return hashlib.sha256(json.dumps([signal, plain], sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Kept:
    """A warning over time. While the signal stays, new evidence keeps ``first_seen`` and never puts off
    ``deadline``; a raise of severity brings it forward."""

    signal: str
    evidence_sha256: str
    severity: Severity
    escalated: bool
    """Red since it was one of several amber ones."""
    first_seen: datetime
    last_seen: datetime
    deadline: datetime
    run: int
    """The run whose score holds the evidence."""
    closed_at: datetime | None = None

    @property
    def key(self) -> tuple[str, str, datetime]:
        return self.signal, self.evidence_sha256, self.first_seen


def follow(
    kept: Sequence[Kept], raised: Iterable[WarningSignal], terms: WarningTerms, *, run: int, at: datetime
) -> list[Kept]:
    """All warnings after a refresh at ``at``: one a signal and evidence, closed when gone. The same refresh
    twice changes nothing but ``last_seen``."""
    now = {signal.id: signal for signal in raised}
    open_ones = {each.signal: each for each in kept if each.closed_at is None}
    after = [each for each in kept if each.closed_at is not None]
    for name, old in open_ones.items():
        if name not in now or now[name].evidence_sha256 != old.evidence_sha256:
            after.append(replace(old, closed_at=at))
    for name, signal in now.items():
        after.append(_seen(open_ones.get(name), signal, run, at))
    return _escalated(after, terms, at)


def _seen(old: Kept | None, signal: WarningSignal, run: int, at: datetime) -> Kept:
    deadline = at + timedelta(days=signal.days)
    if old is None:
        return Kept(signal.id, signal.evidence_sha256, signal.severity, False, at, at, deadline, run)
    return replace(
        old,
        evidence_sha256=signal.evidence_sha256,
        severity="red" if old.escalated else signal.severity,
        last_seen=at,
        deadline=min(old.deadline, deadline),
        run=run,
    )


def _escalated(after: list[Kept], terms: WarningTerms, at: datetime) -> list[Kept]:
    since = at - timedelta(days=terms.escalate_days)
    amber = {
        each.signal
        for each in after
        if each.last_seen >= since and (each.severity == "amber" or each.escalated)
    }
    if len(amber) < terms.escalate_from:
        return after
    red = at + timedelta(days=terms.severities["red"].days)
    return [
        replace(each, severity="red", escalated=True, deadline=min(each.deadline, red))
        if each.closed_at is None and each.severity == "amber"
        else each
        for each in after
    ]
