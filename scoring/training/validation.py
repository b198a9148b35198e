"""A saved card on firms with outcomes that it may or may not have seen, and its model card."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from pydantic import BaseModel, ConfigDict

from scoring.fitted import FittedCard, score
from scoring.training import drift
from scoring.training.measures import Calibration, Estimate, calibration, delong, discrimination
from scoring.training.page import reliability, table
from scoring.training.sample import Sample, outcomes
from scoring.training.signs import size
from scoring.value import Floats, values

_LEAST_PD = 1e-6


class Validation(BaseModel):
    """One card on one group of firms at one date."""

    model_config = ConfigDict(frozen=True)

    version: str
    card_sha256: str
    fitted_on: str
    data_sha256: str
    seen: bool
    """Whether the card was fitted on these very files: the figures then flatter it."""
    as_of: date
    firms: int
    bads: int
    seed: int
    calibrated: bool
    figures: dict[str, Estimate]
    sales_alone: dict[str, Estimate]
    less_sales_alone: float
    p: float
    calibration: Calibration


def probabilities(card: FittedCard, sample: Sample) -> Floats:
    """PD of each firm as the runtime scores it; the mean of the fitted firms where the card has none."""
    known = [
        score(card, dict(zip(sample.columns, values(row), strict=True))).pd for row in sample.matrix
    ]  # fmt: skip
    mean = card.central_tendency or card.bads / card.firms
    return np.array([mean if pd is None else pd for pd in known])


def validate(card: FittedCard, sample: Sample, seed: int) -> Validation:
    """Raises ``ValueError`` when outcomes are unknown."""
    bad, pd = outcomes(sample), np.clip(probabilities(card, sample), _LEAST_PD, 1 - _LEAST_PD)
    difference, p = delong(bad, pd, -size(sample))
    return Validation(
        version=card.version,
        card_sha256=card.sha256,
        fitted_on=card.fitted_on,
        data_sha256=sample.sha256,
        seen=card.fitted_on == sample.sha256,
        as_of=sample.as_of,
        firms=len(bad),
        bads=int(bad.sum()),
        seed=seed,
        calibrated=card.calibrated,
        figures=discrimination(bad, pd, seed),
        sales_alone=discrimination(bad, -size(sample), seed),
        less_sales_alone=difference,
        p=p,
        calibration=calibration(bad, pd),
    )


def drifts(card: FittedCard, before: Sample, now: Sample) -> dict[str, float]:
    """PSI of the card's score (key ``score``) and CSI of each of its columns."""
    risk = [probabilities(card, each) for each in (before, now)]
    found = {"score": drift.stability(risk[0], risk[1])}
    return found | {key: drift.stability(before[key], now[key]) for key in card.lines}


def drift_table(found: dict[str, float]) -> str:
    """Markdown."""
    rows = [[name, f"{index:.3f}", drift.verdict(index)] for name, index in found.items()]
    return table(["", "PSI, CSI", "verdict (0.1, 0.25)"], rows)


def model_card(card: FittedCard, found: Sequence[Validation]) -> str:
    """Model card (Mitchell et al. 2019) in Markdown."""
    lines = [[f"`{key}`", f"{line.coefficient:.3f}", f"{min(line.woe):+.2f} … {max(line.woe):+.2f}"]
             for key, line in card.lines.items()]  # fmt: skip
    parts = [
        f"# Model card: {card.version}",
        f"SHA-256 `{card.sha256}`. Fitted on {card.firms} firms, {card.bads} defaulted, as of "
        + ", ".join(map(str, card.as_of))
        + f"; files `{card.fitted_on}`; seed {card.seed}.",
        "**Use.** A challenger beside the policy of the house: it ranks small firms by their invoices"
        " and decides nothing. **Not for** firms without a year of invoices, nor as a probability: it"
        " is not calibrated.",
        "**Form.** Log odds of default = intercept + Σ coefficient · weight of evidence; coefficients"
        " are never negative; a missing value has its own weight; without its source there is no"
        " score.",
        table(["column", "coefficient", "weight of evidence"], lines),
    ]
    for each in found:
        seen = "the firms that it was fitted on (flattering)" if each.seen else "firms that it has not seen"
        one = each.calibration
        parts += [
            f"## {each.firms} firms, {each.bads} defaulted, as of {each.as_of}: {seen}",
            table(
                ["", "AUC", "Gini", "KS"],
                [
                    [name, *(str(of[key]) for key in ("auc", "gini", "ks"))]
                    for name, of in ((card.version, each.figures), ("sales alone", each.sales_alone))
                ],
            ),
            f"AUC less sales alone {each.less_sales_alone:+.3f} (DeLong p {each.p:.2f}). Calibration:"
            f" intercept {one.intercept:.2f}, slope {one.slope:.2f}, Brier {one.brier:.3f} (mean rate"
            f" {one.brier_of_rate:.3f}).",
            reliability(one),
        ]
    if card.central_tendency is not None:
        parts.append(
            f"PDs are moved to a central tendency of {card.central_tendency:.2%}, from"
            f" {card.bads / card.firms:.2%} among the fitted firms: one shift of all log odds, which changes"
            " no rank. Calibration figures above are on firms of another rate."
        )
    return "\n\n".join(parts) + "\n"
