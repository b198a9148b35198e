"""Hard controls and warning signals as data."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from scoring.policy.data import Data

Severity = Literal["red", "amber", "yellow"]


class Condition(Data):
    """One comparison with a key. ``outside`` takes [low, high]; ``in`` a list; ``rises`` and ``falls`` a
    change since the first decision: by so much, or by such a share."""

    key: str
    op: Literal["lt", "le", "gt", "ge", "eq", "in", "outside", "rises", "falls"]
    value: float | str | tuple[float, float] | tuple[str, ...]
    than: str | None = None
    """A key that the value is multiplied with."""
    by_product: dict[str, float] = Field(default_factory=dict)
    quarterly: float | None = None
    """The threshold for quarterly filers, when another."""


class Rule(Data):
    """A hard control: hit when all, or any, of its conditions hold (three-valued)."""

    id: str
    version: int = Field(ge=1)
    text: str
    text_en: str
    basis: str
    """The law, or the bank's own policy, that it rests on."""
    match: Literal["all", "any"] = "all"
    when: tuple[Condition, ...] = Field(min_length=1)
    products: tuple[str, ...] = ()
    """Products it is for; all when empty."""
    on_hit: Literal["decline", "refer", "flag"]
    on_missing: Literal["decline", "refer", "flag", "pass"]
    """What an unknown does where the product must know the rule; elsewhere it is a flag at most."""
    reason: str


class Signal(Data):
    """A warning signal (预警信号)."""

    id: str
    text: str
    text_en: str
    severity: Severity
    severity_of: dict[str, Severity] = Field(default_factory=dict)
    """By product, when another."""
    red_when: Condition | None = None
    match: Literal["all", "any"] = "all"
    when: tuple[Condition, ...] = Field(min_length=1)
    products: tuple[str, ...] = ()
    action_zh: str
    action_en: str

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return (*self.when, self.red_when) if self.red_when else self.when


class Answer(Data):
    """What a severity brings about, and within how many days it must be dealt with (SLA)."""

    days: int = Field(ge=1)
    does_zh: str
    does_en: str


class WarningTerms(Data):
    """``escalate_from`` different amber signals seen within ``escalate_days`` days make each of them red."""

    escalate_from: int = Field(ge=2)
    escalate_days: int = Field(ge=1)
    severities: dict[Severity, Answer]

    @model_validator(mode="after")
    def _all_severities(self) -> WarningTerms:
        if set(self.severities) != {"red", "amber", "yellow"}:
            raise ValueError("a severity has no answer")
        return self
