"""A challenger on live traffic: scored in shadow by the real stage, compared, and never deciding."""

from __future__ import annotations

import json
from contextlib import nullcontext

import pytest

from cli import model
from schema.dataset import Dataset
from scoring.fitted import OWN, FittedCard, load
from scoring.policy.loader import load as policy
from scoring.result import ScoreResult
from stages.score import score, scored
from tests.service.conftest import Service
from tests.service.test_report import keep_tables


def live(service: Service, card: FittedCard | None) -> tuple[ScoreResult, ScoreResult]:
    """An application that runs through the scoring stage: its sealed result, and the policy's own."""
    shop, id = service.shop, service.agreed()["id"]
    service.grant(id)
    service.collect(id, Dataset.INVOICE)
    keep_tables(service, id)
    current, held = shop.ledger.authorization(id), shop.casefile.snapshot(id)
    assert held is not None
    alone, shop.challenger = scored(shop, current, held, policy()), card
    score(shop, id)
    kept = shop.casefile.score(id)
    assert kept is not None
    assert kept["decision"] == alone.decision
    return ScoreResult.model_validate_json(shop.vault.unseal(kept["result_ref"])), alone


def test_a_challenger_scores_live_traffic_and_decides_nothing(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    card = load(OWN)
    riskier = card.model_copy(update={"version": "all-bad", "intercept": 9.0})
    unwatched, _ = live(service, None)
    assert unwatched.challenger is None
    said = []
    for each in (card, riskier):
        result, alone = live(service, each)
        told = result.challenger
        assert told is not None
        assert (told.version, told.sha256) == (each.version, each.sha256)
        assert told.pd is not None
        said.append(told.pd)
        plain = result.model_copy(update={"challenger": None, "decided_at": alone.decided_at})
        assert plain == alone
    assert said[0] < 0.5 < said[1]
    monkeypatch.setattr(model, "workshop", lambda *_: nullcontext(service.shop))
    model.compare(most=10)
    found = json.loads(capsys.readouterr().out)
    assert (found["applications"], found["scored_by_both"]) == (3, 2)
