"""What the customer may read: every code in both languages, and nothing of how fraud is found."""

from __future__ import annotations

import re

import pytest

from schema.dataset import Missing
from scoring.facts import COLUMNS
from scoring.indicators import CATALOGUE
from scoring.policy.loader import load
from scoring.reasons import CODES, WITHHELD, explain, for_customer, score_codes
from scoring.scorecard import score_all
from tests.scoring.firms import numbers

POLICY = load()
FRAUD = {entry.reason_family for entry in CATALOGUE.values() if entry.submodel == "invoice_tax_fraud"}
FRAUD |= {f"HC{number}" for number in range(39, 44)}
"""Families of the fraud sub-model, and the rules K39 to K43."""

TELLING = re.compile(
    "欺诈|虚开|虚假|回流|闭环|互开|突增|突击|拆票|顶额|失控|走逃|刷单|快进快出|名单|可疑|验签|篡改|首位|票税比|"
    "fraud|fake|suspici|round trip|circular|mutual|surge|split|blacklist|watch.?list|runaway|tamper|benford",
    re.IGNORECASE,
)
"""Words that would tell how fraud is looked for."""


def test_every_code_that_can_be_given_has_its_text() -> None:
    families = {entry.reason_family for entry in CATALOGUE.values()}
    given = families | {rule.reason for rule in POLICY.controls} | CODES
    assert given == POLICY.reasons.keys()
    for code in given:
        assert re.fullmatch("(RG|JU|TB|TO|CB|IV|BF|EL|FR|RP|ID|SC|SN|IP|HC|LM|DQ|GD|RT)[0-9]{2}", code)


@pytest.mark.parametrize("code", sorted(POLICY.reasons))
def test_a_code_is_told_in_both_languages_and_never_tells_how_fraud_is_found(code: str) -> None:
    reason = POLICY.reasons[code]
    assert reason.internal
    assert reason.internal_en
    assert not reason.internal_en.isspace()
    (told,) = for_customer(explain([code], {}, POLICY), POLICY)
    assert told.zh
    assert told.en
    assert bool(told.hint_zh) is bool(told.hint_en)
    if code in FRAUD:
        assert told.code == WITHHELD
    if not reason.disclose:
        assert told.code == WITHHELD
        assert not any((reason.zh, reason.en, reason.hint_zh, reason.hint_en))
    assert not TELLING.search(" ".join((told.zh, told.en, told.hint_zh, told.hint_en)))


@pytest.mark.parametrize("code", sorted(POLICY.reasons))
def test_the_figures_shown_are_there(code: str) -> None:
    columns = {key for entry in CATALOGUE.values() for key in entry.columns} | {"limit_fen"}
    rules = {condition.key for rule in POLICY.controls for condition in rule.when}
    assert set(POLICY.reasons[code].fields) <= columns | rules


def test_a_gap_in_the_data_is_never_charged_to_the_firm() -> None:
    """With one source after another not authorised, the codes are of data, not of what the firm did."""
    model = POLICY.models["general"]
    nothing = numbers(dict.fromkeys(COLUMNS, Missing.NOT_AUTHORISED))
    scores = score_all(nothing, POLICY, model, quarterly=False)
    codes = score_codes(scores, dict.fromkeys(scores.submodels, 1 / len(scores.submodels)), POLICY)
    assert codes
    assert all(code.startswith("DQ") for code in codes)
