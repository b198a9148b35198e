"""A card fitted to outcomes, as data: columns, weights of evidence, coefficients. Scored with nothing beside
the runtime; fitted by ``scoring.training``.

The weight of evidence (Good 1950; Siddiqi 2006, ch. 6) of a bin is ln(share of bads ÷ share of goods): more
is riskier. Between the middles of two bins it runs straight, so that a firm near an edge does not jump.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import rfc8785
from pydantic import Field, model_validator

from schema.dataset import Missing
from scoring.policy.data import Data
from scoring.result import Challenger, ScoreResult
from scoring.value import Value

OWN = Path(__file__).parent / "policy" / "fitted-2.json"
"""The card that the product comes with: a challenger, for whoever names it in ``TAXLINK_CHALLENGER``."""
SOURCE_GONE = (Missing.NOT_AUTHORISED, Missing.NOT_AVAILABLE, Missing.STALE)


class Line(Data):
    """One column: the middles of its bins, rising, their weights of evidence and the coefficient."""

    centres: tuple[float, ...] = Field(min_length=1)
    woe: tuple[float, ...]
    missing: dict[Missing, float]
    """Types that the fitted firms had. Any other counts as the riskiest that the column knows."""
    coefficient: float = Field(ge=0)
    logarithmic: bool = False
    """Centres are ln(1 + value), of a value that is 0 when negative."""

    @model_validator(mode="after")
    def _fit(self) -> Line:
        if len(self.centres) != len(self.woe) or any(a >= b for a, b in pairwise(self.centres)):
            raise ValueError("centres do not rise, or have no weights")
        return self

    def evidence(self, value: Value) -> float:
        """The column's part of the log odds of default."""
        if isinstance(value, Missing):
            return self.coefficient * self.missing.get(value, max(*self.woe, *self.missing.values(), 0.0))
        place = math.log1p(max(value, 0.0)) if self.logarithmic else value
        return self.coefficient * float(np.interp(place, self.centres, self.woe))


class FittedCard(Data):
    """``version`` and ``sha256`` name it for good. Calibrated to the firms that it was fitted on only."""

    version: str
    fitted_on: str
    """SHA-256 of the files."""
    firms: int
    bads: int
    as_of: tuple[date, ...]
    seed: int
    calibrated: Literal[False] = False
    central_tendency: float | None = Field(default=None, gt=0, lt=1)
    """A bank's own long-run rate of default, that the intercept was moved to."""
    intercept: float
    lines: dict[str, Line] = Field(min_length=1)

    @property
    def sha256(self) -> str:
        """Over the canonical JSON (RFC 8785)."""
        return hashlib.sha256(rfc8785.dumps(self.model_dump(mode="json", exclude_none=True))).hexdigest()

    def towards(self, rate: float) -> FittedCard:
        """The card for a book whose long-run rate of default is ``rate``, above 0 and below 1: all log odds
        move by the difference of the two rates' (prior correction, King and Zeng 2001; Elkan 2001). Ranks
        stay; whether the slope holds in that book, nobody knows before its outcomes."""
        base = self.central_tendency or self.bads / self.firms
        moved = math.log(rate / (1 - rate)) - math.log(base / (1 - base))
        told = self.model_dump() | {"intercept": self.intercept + moved, "central_tendency": rate}
        return FittedCard.model_validate(told)

    def save(self, path: Path) -> None:
        """JSON with its hash."""
        path.write_bytes(
            rfc8785.dumps(self.model_dump(mode="json", exclude_none=True) | {"sha256": self.sha256}) + b"\n"
        )


@dataclass(frozen=True)
class FittedScore:
    """``pd`` is None, with why, when a column's source is not there."""

    pd: float | None
    why: Missing | None
    parts: dict[str, float]
    """Log odds of default by column."""


def load(path: Path) -> FittedCard:
    """Raises ``ValueError`` when the card is not sound or is not what its hash says, ``OSError``."""
    data = json.loads(path.read_bytes())
    told = data.pop("sha256", None)
    card = FittedCard.model_validate(data)
    if told != card.sha256:
        raise ValueError("the card is not what its hash says")
    return card


def score(card: FittedCard, values: Mapping[str, Value]) -> FittedScore:
    """The probability of default within the fitted firms' horizon. Uncalibrated beyond them."""
    found = {key: values[key] for key in card.lines}
    gone = next((value for value in found.values() if value in SOURCE_GONE), None)
    if isinstance(gone, Missing):
        return FittedScore(None, gone, {})
    parts = {key: line.evidence(found[key]) for key, line in card.lines.items()}
    return FittedScore(1 / (1 + math.exp(-(card.intercept + math.fsum(parts.values())))), None, parts)


def beside(card: FittedCard, result: ScoreResult) -> ScoreResult:
    """The result with what the card says beside it; nothing else changes."""
    values: dict[str, Value] = {**result.missing}
    values |= {key: value for key, value in result.indicators.items() if value is not None}
    said = score(card, values)
    challenger = Challenger(version=card.version, sha256=card.sha256, pd=said.pd, why=said.why)
    return result.model_copy(update={"challenger": challenger})
