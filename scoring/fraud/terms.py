"""Thresholds and texts of the fraud graph as data, with a version and a hash."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from pathlib import Path

from pydantic import Field

from scoring.policy.data import Data, Share


class Rule(Data):
    """A finding is made from ``threshold`` on. Texts take the figure and the rule's own terms."""

    threshold: float = Field(gt=0)
    zh: str
    en: str


class Loop(Rule):
    """Bounds of the search for circles."""

    longest: int = Field(ge=3, le=6)
    least_share: Share
    most_paths: int = Field(ge=1)


class Shell(Rule):
    """Marks of a shell; every share is of trade within a year."""

    least_marks: int = Field(ge=1)
    large_share: Share
    new_months: int
    least_history: int
    burst_months: int
    ticket_multiple: float
    whole_share: Share
    single_share: Share
    input_share: Share
    device_firms: int


class Split(Rule):
    """Invoices from ``near`` × cap to the cap, in the recent months and the usual ones before them."""

    recent_months: int = Field(ge=1)
    usual_months: int = Field(ge=1)
    near: Share
    least_invoices: int = Field(ge=2)
    tiers_yuan: tuple[int, ...]


class Digits(Rule):
    """``critical`` is a value of chi² with 8 degrees of freedom."""

    critical: float


class Flows(Rule):
    """How many of the three ratios must be known."""

    least_known: int = Field(ge=1, le=3)


class Terms(Data):
    """One version of all rules."""

    version: str
    sha256: str
    mutual: Rule
    loop: Loop
    shell: Shell
    split: Split
    surge: Rule
    goods: Rule
    digits: Digits
    flows: Flows
    payers: Rule


@cache
def load() -> Terms:
    """The terms that ship with the suite. Raises ``ValueError`` when they are not sound."""
    content = (Path(__file__).parent / "rules.toml").read_bytes()
    told = tomllib.loads(content.decode())
    return Terms.model_validate(told | {"sha256": hashlib.sha256(content).hexdigest()})
