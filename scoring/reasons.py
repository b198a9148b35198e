"""Why: reason codes for the bank, and what of them the customer may read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import numpy as np

from schema.dataset import Missing
from scoring.control_facts import Fact
from scoring.indicators import CATALOGUE
from scoring.measure import Indicator
from scoring.policy.model import Policy
from scoring.result import ControlResult, CustomerReason, Effect, Reason, Status
from scoring.scorecard import Scores
from scoring.sheet import sheet
from scoring.value import REASONS, Ints

MOST = 4
WITHHELD = "FR00"
UNKNOWN_MUST = "DQ06"
UNKNOWN_PRODUCT = "DQ05"
STALE_DATA = "DQ07"
SCORE_LOW = "GD00"
NO_SCORE = "DQ08"
LIMIT_SMALL = "LM01"
NO_LIMIT_SOURCE = "LM10"
RATE_CAPPED = "RT01"

LIMIT_REASON = {
    "L_tax": "LM02",
    "L_inv": "LM03",
    "L_dscr": "LM04",
    "L_lev": "LM05",
    "L_wc": "LM06",
    "L_flow": "LM07",
    "L_peer": "LM08",
    "L_grade": "LM09",
}
"""Binding cap to reason code; a limit bound by the request needs none."""

_DATA_REASON = {
    **dict.fromkeys(("INV", "ITM"), "DQ01"),
    "TXN": "DQ02",
    **dict.fromkeys(("DEC", "PAY", "VIO"), "DQ03"),
    **dict.fromkeys(("TPR", "TCR"), "DQ04"),
    **dict.fromkeys(("ENT", "SHR", "CHG", "NEG"), "DQ09"),
    **dict.fromkeys(("JUD", "EXE"), "DQ10"),
    **dict.fromkeys(("CRE", "CRP"), "DQ11"),
    "ELE": "DQ12",
    "FIN": "DQ13",
    "SOC": "DQ14",
    "IPR": "DQ15",
    **dict.fromkeys(("IND", "REG", "SCN", "LON"), "DQ16"),
}
"""Source to the code of a gap in it."""
CODES = frozenset(
    {WITHHELD, UNKNOWN_MUST, UNKNOWN_PRODUCT, STALE_DATA, SCORE_LOW, NO_SCORE, LIMIT_SMALL, NO_LIMIT_SOURCE}
    | {RATE_CAPPED, *LIMIT_REASON.values(), *_DATA_REASON.values()}
)
"""Codes that the code itself gives; those of indicators and rules are named where they are."""

_DATA_GONE = (Missing.NOT_AUTHORISED, Missing.NOT_AVAILABLE)


def score_codes(scores: Scores, weights: Mapping[str, float], policy: Policy) -> list[str]:
    """The families that cost most against the neutral bin, four at most, largest first, ties by code.

    A column whose data is not there is charged to the gap in the data, not to its family. ``weights`` are
    those of the sub-models.
    """
    cards = sheet(policy)
    names, charged = _charges()
    weight = np.array([weights[name] for name in cards.rows])[cards.submodel]
    sums = np.bincount(charged[cards.place, scores.codes], scores.shortfall * weight, len(names))
    costly = (sums > 1e-9).nonzero()[0].tolist()
    return [names[at] for at in sorted(costly, key=lambda at: (-sums[at], names[at]))[:MOST]]


@cache
def _charges() -> tuple[list[str], Ints]:
    """The codes, and the one that a column of the catalogue is charged to, by the code of its number."""
    kinds = (None, *REASONS)
    charged = [
        [_charge(entry, kind) for kind in kinds] for entry in CATALOGUE.values() for _ in entry.columns
    ]
    names = sorted({code for row in charged for code in row})
    return names, np.array([[names.index(code) for code in row] for row in charged])


def _charge(entry: Indicator, kind: Missing | None) -> str:
    if kind is Missing.STALE:
        return STALE_DATA
    return _DATA_REASON[entry.sources[0]] if kind in _DATA_GONE else entry.reason_family


def control_codes(controls: Iterable[ControlResult], effect: Effect) -> list[str]:
    """Reason codes of the rules with an effect: all that hit, and one for all that are unknown."""
    acting = [control for control in controls if control.effect is effect]
    codes = [control.reason for control in acting if control.status is Status.HIT]
    if any(control.status is Status.UNKNOWN for control in acting):
        codes.append(UNKNOWN_MUST)
    return codes


def explain(codes: Iterable[str], facts: Mapping[str, Fact], policy: Policy) -> list[Reason]:
    """The codes once each, in order, with their text and the figures to show."""
    return [
        Reason(
            code=code,
            text=policy.reasons[code].internal,
            text_en=policy.reasons[code].internal_en,
            fields={
                key: None if isinstance(fact := facts.get(key, Missing.NOT_AVAILABLE), Missing) else fact
                for key in policy.reasons[code].fields
            },
            disclose=policy.reasons[code].disclose,
        )
        for code in dict.fromkeys(codes)
    ]


def for_customer(reasons: Iterable[Reason], policy: Policy) -> list[CustomerReason]:
    """What may be told. Every reason that may not be is ``FR00``, once."""
    codes = dict.fromkeys(reason.code if reason.disclose else WITHHELD for reason in reasons)
    return [
        CustomerReason(
            code=code,
            zh=policy.reasons[code].zh,
            en=policy.reasons[code].en,
            hint_zh=policy.reasons[code].hint_zh,
            hint_en=policy.reasons[code].hint_en,
        )
        for code in codes
    ]
