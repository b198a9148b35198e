"""One decision: measure, score, check, size, price, explain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from schema.dataset import Missing
from schema.money import FEN_PER_YUAN
from schema.snapshot import Snapshot
from scoring.context import Context
from scoring.control_facts import Fact, control_facts
from scoring.controls import check_controls
from scoring.facts import COLUMNS, Facts
from scoring.limit import no_limit, size
from scoring.policy.data import Grade, Light, Route
from scoring.policy.loader import load
from scoring.policy.model import Policy, Product
from scoring.rate import no_rate, price
from scoring.reasons import (
    LIMIT_REASON,
    LIMIT_SMALL,
    NO_LIMIT_SOURCE,
    NO_SCORE,
    RATE_CAPPED,
    SCORE_LOW,
    UNKNOWN_PRODUCT,
    control_codes,
    explain,
    for_customer,
    score_codes,
)
from scoring.result import (
    ControlResult,
    Decision,
    Effect,
    Limit,
    Rate,
    ScoreResult,
    Status,
    SubModelResult,
)
from scoring.routes import Case, choose
from scoring.scorecard import Scored, combine, default_probability, grade, score_all
from scoring.sizing import gather
from scoring.value import Value, absent
from scoring.warnings import check_warnings

__all__ = ["Application", "Decision", "ScoreResult", "score"]

DEFAULT_MODEL = "general"
"""Scores a product that is not in the policy."""


class Application(BaseModel):
    """What is applied for."""

    model_config = ConfigDict(frozen=True)

    requested_amount_fen: int = Field(gt=0)
    term_months: int = Field(ge=1, le=120)
    product: str = "general"
    relation: Literal["none", "settlement", "payroll"] = "none"
    """Standing business with the bank that the rate takes into account."""


def score(
    snapshot: Snapshot,
    *,
    application: Application,
    policy: Policy | None = None,
    context: Context | None = None,
    decided_at: datetime,
) -> ScoreResult:
    """The decision on an application. Missing data never raises: it refers, or declines, with its reasons.

    Pure: the same arguments give the same result. Raises ``ValueError`` for a ``decided_at`` without a zone.
    """
    policy = policy or load()
    asked = replace(context or Context(), requested_fen=application.requested_amount_fen)
    return decide(Facts(snapshot, asked, decided_at, policy.measurement), application, policy)


def decide(facts: Facts, application: Application, policy: Policy) -> ScoreResult:
    """The decision on what is measured, or is measured here when it was not yet."""
    numbers = facts.numbers
    told = dict(zip(COLUMNS, numbers.tolist(), strict=True))
    missing = {COLUMNS[place]: reason for place, reason in absent(numbers).items()}
    values: dict[str, Value] = told | missing
    known: dict[str, Fact] = {**values, **control_facts(facts, values)}
    quarterly = facts.quarterly
    product = policy.products.get(application.product)
    model = product.model if product else DEFAULT_MODEL
    scores = score_all(numbers, policy, policy.models[model], quarterly=quarterly)
    scored = scores.submodels
    total, weights = combine(scored, policy.models[model])
    pd = None if total is None else default_probability(total, policy.scale)
    reached = None if pd is None else grade(pd, policy.scale)
    light = _fraud_light(scored["invoice_tax_fraud"], policy)
    controls = check_controls(policy, known, application.product, quarterly=quarterly)
    limit, rate = _terms(facts, values, known, policy, application, product, reached, pd, light)
    decision, codes = _decide(
        policy, controls, product, pd, limit, rate, score_codes(scores, weights, policy)
    )
    reasons = explain(codes, known, policy)
    if decision is Decision.DECLINE:
        limit = limit.model_copy(update={"limit_fen": 0})
    return ScoreResult(
        as_of=facts.as_of,
        fetched_at=facts.snapshot.fetched_at,
        decided_at=facts.decided_at,
        policy_version=policy.version,
        policy_hash=policy.sha256,
        calibrated=policy.calibrated,
        product=application.product,
        model=model,
        decision=decision,
        route=_route(policy, decision, reached, light, limit, controls, scored),
        score=None if total is None else round(total, 1),
        grade=reached,
        pd=pd,
        fraud_light=light,
        submodels={name: _submodel(one, weights[name]) for name, one in scored.items()},
        limit=limit,
        rate=rate,
        controls=controls,
        warnings=check_warnings(
            policy, known, application.product, quarterly=quarterly, granted=facts.context.granted
        ),
        reasons=reasons,
        customer_reasons=for_customer(reasons, policy),
        indicators=told | dict.fromkeys(missing),
        missing=missing,
    )


def _fraud_light(fraud: Scored, policy: Policy) -> Light:
    """Amber too when the sub-model could not be measured: unknown is never green."""
    if fraud.score is None:
        return "amber"
    if fraud.score < policy.scale.red_below:
        return "red"
    return "amber" if fraud.score < policy.scale.amber_below else "green"


def _terms(
    facts: Facts,
    values: Mapping[str, Value],
    known: Mapping[str, Fact],
    policy: Policy,
    application: Application,
    product: Product | None,
    reached: Grade | None,
    pd: float | None,
    light: Light,
) -> tuple[Limit, Rate]:
    if reached is None or pd is None or product is None:
        return no_limit(Missing.INSUFFICIENT if product else Missing.NOT_APPLICABLE), no_rate()
    rate = price(reached, pd, application.term_months, product.scenario, application.relation, policy)
    sizing = gather(
        facts,
        values,
        known,
        policy.limit,
        grade=reached,
        fraud_light=light,
        requested=application.requested_amount_fen / FEN_PER_YUAN,
        term_months=application.term_months,
        annual_rate=rate.annual_rate or 0.0,
    )
    return size(sizing, policy.limit, product), rate


def _decide(
    policy: Policy,
    controls: list[ControlResult],
    product: Product | None,
    pd: float | None,
    limit: Limit,
    rate: Rate,
    scores: list[str],
) -> tuple[Decision, list[str]]:
    """The decision and its reason codes. A decline by hard controls lists all that act, no score."""
    if stopped := control_codes(controls, Effect.DECLINE):
        return Decision.DECLINE, stopped
    if pd is not None and pd > policy.scale.decline_above_pd:
        return Decision.DECLINE, [SCORE_LOW, *scores]
    small = limit.indicative_fen < policy.limit.minimum * FEN_PER_YUAN
    if limit.source is not None and small and limit.binding != "requested":
        return Decision.DECLINE, [LIMIT_SMALL, *_binding(limit), *scores]
    referred = control_codes(controls, Effect.REFER)
    if product is None:
        referred.append(UNKNOWN_PRODUCT)
    if pd is None:
        referred.append(NO_SCORE)
    elif limit.source is None:
        referred.append(NO_LIMIT_SOURCE)
    if rate.covers_cost is False:
        referred.append(RATE_CAPPED)
    return Decision.REFER if referred else Decision.APPROVE, [*referred, *_binding(limit), *scores]


def _binding(limit: Limit) -> list[str]:
    return [LIMIT_REASON[limit.binding]] if limit.binding in LIMIT_REASON else []


def _route(
    policy: Policy,
    decision: Decision,
    reached: Grade | None,
    light: Light,
    limit: Limit,
    controls: list[ControlResult],
    scored: Mapping[str, Scored],
) -> Route:
    """The policy's table decides. Only an approval may take a shorter route."""
    if decision is not Decision.APPROVE or reached is None:
        return policy.routes[-1].route
    case = Case(
        grade=reached,
        fraud=light,
        limit=limit.limit_fen / FEN_PER_YUAN,
        unknown=sum(control.status is Status.UNKNOWN and control.must for control in controls),
        flags=sum(control.status is Status.HIT for control in controls),
        scored=frozenset(name for name, one in scored.items() if one.score is not None),
    )
    return choose(policy.routes, case)


def _submodel(one: Scored, weight: float) -> SubModelResult:
    return SubModelResult(
        score=None if one.score is None else round(one.score, 1),
        weight=weight,
        contribution=weight * (one.score or 0.0),
        coverage=one.coverage,
        points=one.points,
    )
