"""Stage 4, score: the snapshot through the scoring core; the whole result is sealed, a summary and the
warnings are kept."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from authz.authorization import Authorization, Progress
from authz.casefile import HeldSnapshot
from schema.errors import DataIncomplete
from scoring.decision import Application, ScoreResult
from scoring.decision import score as score_snapshot
from scoring.fitted import beside
from scoring.policy.loader import load
from scoring.policy.model import Policy
from stages import warnings
from stages.bankside import context
from stages.normalize import opened
from stages.workshop import Workshop
from store.database import now
from vault.reference import KeyClass
from verifier.digests import digests


def score(
    shop: Workshop, authorization_id: str, at_hand: Mapping[str, pl.DataFrame] = MappingProxyType({})
) -> None:
    """Score the present run's snapshot; tables at hand by their references are not unsealed. Raises
    ``DataIncomplete`` when there is none."""
    current = shop.ledger.authorization(authorization_id)
    held = shop.casefile.snapshot(current.id, current.run)
    if held is None:
        raise DataIncomplete("there is no snapshot to score")
    shop.ledger.set_progress(current.id, Progress.SCORING, actor="pipeline")
    policy = load()
    result = scored(shop, current, held, policy, at_hand)
    if shop.challenger is not None:
        result = beside(shop.challenger, result)
    whole = result.model_dump_json().encode()
    ref = shop.vault.seal(current.vault_owner, "score", whole, key_class=KeyClass.DATA)
    kept = summary(result) | {"snapshot_id": held.id, "result_ref": ref}
    shop.casefile.keep_score(current, kept, digests(whole))
    warnings.keep(shop, current, result.warnings, policy)


def scored(
    shop: Workshop,
    current: Authorization,
    held: HeldSnapshot,
    policy: Policy,
    at_hand: Mapping[str, pl.DataFrame] = MappingProxyType({}),
) -> ScoreResult:
    """A snapshot by a policy, for what the loan system applied for and with what the bank knows now."""
    snapshot = opened(shop, current, held, at_hand)
    return score_snapshot(
        snapshot,
        application=applied(current),
        policy=policy,
        context=context(shop, current, snapshot),
        decided_at=now(),
    )


def applied(current: Authorization) -> Application:
    """What the loan system applied for."""
    return Application(
        requested_amount_fen=current.amount_fen, term_months=current.term_months, product=current.product
    )


def summary(result: ScoreResult) -> dict[str, str | float | int | None]:
    """What the store keeps of a score in clear."""
    return {
        "decision": result.decision,
        "points": result.score,
        "grade": result.grade,
        "limit_fen": result.limit.limit_fen,
        "annual_rate": result.rate.annual_rate,
        "policy_version": result.policy_version,
        "policy_hash": result.policy_hash,
    }
