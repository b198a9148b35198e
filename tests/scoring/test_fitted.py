"""A fitted card beside the policy: it never decides, and is compared at the champion's rate of approval."""

from __future__ import annotations

import math
from datetime import date

from scoring.comparison import compare
from scoring.decision import Decision
from scoring.decision import score as decide
from scoring.fitted import OWN, FittedCard, Line, beside, load, score
from scoring.result import Challenger, ScoreResult
from tests.scoring.firms import ASKED, DECIDED, invoice, snapshot, table

CARD = FittedCard(
    version="synthetic-1",
    fitted_on="synthetic",
    firms=10,
    bads=2,
    as_of=(date(2024, 6, 30),),
    seed=1,
    intercept=-1.0,
    lines={
        "out_amt_12m": Line(
            centres=(0.0, 30.0), woe=(5.0, -5.0), missing={}, coefficient=1.0, logarithmic=True
        )
    },
)
FIRM = snapshot({"invoice": table("invoice", [invoice(1, date(2024, 5, 3), 50_000)])})


def decided() -> ScoreResult:
    return decide(FIRM, application=ASKED, decided_at=DECIDED)


def test_a_challenger_changes_nothing_of_the_decision() -> None:
    alone = decided()
    both = beside(CARD, alone)
    assert both.challenger is not None
    assert both.challenger.sha256 == CARD.sha256
    assert both.challenger.pd is not None
    assert 0 < both.challenger.pd < 1
    assert both.model_copy(update={"challenger": None}) == alone
    assert ScoreResult.model_validate_json(both.model_dump_json()) == both


def test_the_card_that_ships_is_what_its_hash_says_and_scores_a_firm_beside_the_policy() -> None:
    told = beside(load(OWN), decided()).challenger
    assert told is not None
    assert told.version == OWN.stem
    assert told.pd is not None


def test_a_central_tendency_moves_every_odds_alike_and_no_rank() -> None:
    moved = CARD.towards(0.02)
    for amount in (0.0, 1e5, 1e9):
        before, after = (score(card, {"out_amt_12m": amount}).pd for card in (CARD, moved))
        assert before is not None
        assert after is not None
        ratio = after / (1 - after) / (before / (1 - before))
        assert math.isclose(ratio, (0.02 / 0.98) / (0.2 / 0.8))
    assert moved.sha256 != CARD.sha256
    assert math.isclose(moved.towards(0.2).intercept, CARD.intercept)


def test_a_firm_without_invoices_has_no_challenger_score_and_says_why() -> None:
    told = beside(CARD, decide(snapshot({}), application=ASKED, decided_at=DECIDED)).challenger
    assert told is not None
    assert told.pd is None
    assert told.why is not None


def test_the_swap_set_is_taken_at_the_champions_own_rate_of_approval() -> None:
    plain = decided()

    def one(champion: float, challenger: float | None, decision: Decision) -> ScoreResult:
        told = Challenger(version="v", sha256="s", pd=challenger, why=None)
        return plain.model_copy(update={"pd": champion, "decision": decision, "challenger": told})

    found = compare(
        [
            one(0.01, 0.02, Decision.APPROVE),
            one(0.02, 0.50, Decision.REFER),
            one(0.30, 0.01, Decision.DECLINE),
            one(0.40, 0.60, Decision.DECLINE),
            one(0.05, None, Decision.APPROVE),
        ]
    )
    assert (found.applications, found.scored_by_both, found.taken) == (5, 4, 2)
    assert (found.swapped_in, found.swapped_out) == ((2,), (1,))
    assert found.agreement == 0.5
    assert compare([plain]).agreement is None
