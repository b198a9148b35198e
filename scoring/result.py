"""What scoring answers. Everything serializes to JSON; money is integer fen, rates are fractions a year."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from schema.dataset import Missing
from scoring.policy.data import Grade, Light, Route
from scoring.policy.rules import Severity


class Decision(StrEnum):
    """What is proposed."""

    APPROVE = "approve"
    REFER = "refer"
    DECLINE = "decline"


class Status(StrEnum):
    """Of a hard control."""

    HIT = "HIT"
    PASS = "PASS"
    UNKNOWN = "UNKNOWN"


class Effect(StrEnum):
    """What a hard control brings about."""

    DECLINE = "decline"
    REFER = "refer"
    FLAG = "flag"
    PASS = "pass"


class Result(BaseModel):
    """Frozen."""

    model_config = ConfigDict(frozen=True)


class ControlResult(Result):
    """One hard control with what it saw."""

    id: str
    version: int
    text: str
    text_en: str
    basis: str
    """The law, or the bank's own policy, that it rests on."""
    status: Status
    must: bool
    effect: Effect
    reason: str
    observed: dict[str, float | str | None]
    missing: dict[str, Missing]


class WarningSignal(Result):
    """A warning that is raised, to be dealt with in ``days``."""

    id: str
    text: str
    text_en: str
    severity: Severity
    days: int
    action_zh: str
    action_en: str
    evidence: dict[str, float | str]
    """The figures that raise it."""
    evidence_sha256: str


class SubModelResult(Result):
    """One sub-model: 0 to 1000, or None when dropped for want of data; its weight and what it adds."""

    score: float | None
    weight: float
    contribution: float
    coverage: float
    points: dict[str, float]


class Cap(Result):
    """One cap of the limit: an amount, or why it is skipped."""

    amount_fen: int | None
    skipped: Missing | None = None


class Limit(Result):
    """The limit (额度) with every cap. ``binding`` is the smallest one, None without a limit."""

    limit_fen: int
    """What is proposed: 0 when declined."""
    indicative_fen: int
    """What the caps give, whatever is decided."""
    binding: str | None
    caps: dict[str, Cap]
    source: str | None
    """L_tax or L_inv, whichever is larger."""
    tax_basis: Literal["tax_payment", "declared"] | None
    """Where L_tax reads the tax from: paid into the treasury, or VAT declared payable."""
    factors: dict[str, float]


class Rate(Result):
    """The rate (利率) with its parts."""

    annual_rate: float | None
    parts: dict[str, float]
    covers_cost: bool | None
    """False when the cap on rates lies below the cost of the loan."""


class Reason(Result):
    """A reason for the bank's eyes."""

    code: str
    text: str
    text_en: str
    fields: dict[str, float | str | None]
    disclose: bool


class CustomerReason(Result):
    """A reason as the customer may read it. Reasons from the fight against fraud appear as ``FR00`` alone."""

    code: str
    zh: str
    en: str
    hint_zh: str
    hint_en: str


class Challenger(Result):
    """What a fitted card says beside the decision, which never reads it. ``pd`` is None with why."""

    version: str
    sha256: str
    pd: float | None
    why: Missing | None


class ScoreResult(Result):
    """One decision, whole: it can be read, explained and repeated without anything else but its policy."""

    as_of: date
    fetched_at: datetime
    decided_at: datetime
    policy_version: str
    policy_hash: str
    calibrated: Literal[False]
    product: str
    model: str
    """Which sub-models, with which weights, the score is made of."""
    decision: Decision
    route: Route
    score: float | None
    grade: Grade | None
    pd: float | None
    fraud_light: Light
    submodels: dict[str, SubModelResult]
    limit: Limit
    rate: Rate
    controls: list[ControlResult]
    warnings: list[WarningSignal]
    reasons: list[Reason]
    customer_reasons: list[CustomerReason]
    indicators: dict[str, float | None]
    """Every column of the sub-models; None where missing."""
    missing: dict[str, Missing]
    """Why a column is missing."""
    challenger: Challenger | None = None
