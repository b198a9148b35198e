"""Stage 5, notify: tell the loan system and the page how the run ended, and let go of what the run held
open."""

from __future__ import annotations

import webhooks
from authz import facts
from authz.authorization import Authorization, Progress, State
from authz.consent import ConsentState
from schema.errors import TaxlinkError, catalogue
from stages import warnings
from stages.documents import HANDED_IN
from stages.workshop import Workshop
from vault.reference import KeyClass


def notify(shop: Workshop, authorization_id: str) -> None:
    """One notice a run, written to the outbox; a one-time consent whose data are complete is consumed."""
    current = shop.ledger.authorization(authorization_id)
    if current.state in (State.GRANTED, State.REFRESHING):
        shop.ledger.set_progress(current.id, Progress.DONE, actor="pipeline")
        if current.state is State.REFRESHING:
            shop.ledger.move(current.id, State.GRANTED, actor="pipeline")
        current = shop.ledger.authorization(authorization_id)
    shop.secrets.destroy_owner(current.vault_owner)
    if current.callback_url and current.callback_secret_ref:
        kind, told = f"authorization.{_ending(current)}", notice(shop, current)
        webhooks.put(
            shop.store,
            key=f"{current.id}.{current.run}",
            authorization_id=current.id,
            url=current.callback_url,
            secret_ref=current.callback_secret_ref,
            kind=kind,
            data=told,
        )
        with shop.store.begin() as connection:
            about = {"kind": kind} | facts.said(facts.notice(kind, told))
            shop.ledger.record(connection, current.id, "pipeline", "notice.written", about)
    _consume(shop, current)


def notice(shop: Workshop, current: Authorization) -> dict[str, object]:
    """What a loan system is told: ids, states, codes, the summary of the score and the open warnings; never a
    payload."""
    scored = shop.casefile.score(current.id, current.run)
    cause = catalogue().get(current.error_code) if current.error_code else None
    return {
        "authorization_id": current.id,
        "run": current.run,
        "state": current.state,
        "region": current.region,
        "route": current.route,
        "error": _told(cause) if cause else None,
        "score": {
            name: scored[name]
            for name in ("decision", "points", "grade", "limit_fen", "annual_rate", "policy_version")
        }
        if scored
        else None,
        "warnings": [
            {
                "signal": each.signal,
                "severity": each.severity,
                "first_seen": facts.instant(each.first_seen),
                "deadline": facts.instant(each.deadline),
            }
            for each in warnings.listing(shop, current.id)
            if each.closed_at is None
        ],
    }


def _told(cause: type[TaxlinkError]) -> dict[str, object]:
    return {
        "code": cause.cause_code(),
        "actor": cause.actor,
        "action": cause.action,
        "zh": cause.zh,
        "en": cause.message(),
    }


def _ending(current: Authorization) -> str:
    return "scored" if current.progress is Progress.DONE else str(current.state)


def _consume(shop: Workshop, current: Authorization) -> None:
    """A one-time consent ends when everything it covers was read; while something is missing it may be
    re-run."""
    consent = shop.ledger.consent(current.consent_id)
    if not HANDED_IN.isdisjoint(consent.scopes):
        return  # files may come until it expires
    if consent.periodic or consent.state is not ConsentState.ACTIVE or current.progress is not Progress.DONE:
        return
    collected = shop.casefile.collections(current.id, current.run)
    if all(each.missing is None or each.dataset in HANDED_IN for each in collected):
        shop.consents.end(current.id, ConsentState.CONSUMED, actor="pipeline", reason="read_once")
        shop.vault.destroy(current.vault_owner, KeyClass.CREDENTIAL)
