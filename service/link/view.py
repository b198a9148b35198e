"""The state of the borrower's page, as the page's script takes it."""

from __future__ import annotations

from typing import Any

from authz.authorization import RERUNNABLE, Authorization, Progress, State
from authz.challenges import ChallengeState, Relayed
from authz.consent import Consent, ConsentState, Party
from authz.documents import KEPT
from connectors.interface import Resume
from schema.dataset import Dataset
from schema.errors import TaxlinkError
from service import problems
from service.link import words
from stages.documents import HANDED_IN, shown_name
from stages.workshop import Workshop
from store.database import now

_GRANTED = frozenset({State.GRANTED, State.REFRESHING})
_CLOSED_AS = {
    ConsentState.WITHDRAWN: "withdrawn",
    ConsentState.CONSUMED: "withdrawn",  # the data were read; what was withdrawn is their keeping
    ConsentState.REJECTED: "rejected",
}


def state(shop: Workshop, authorization_id: str, party: Party) -> dict[str, Any]:
    """``phase`` is what the party's page shows: consent, working, challenge, expired, reading, done, repair,
    failed or closed; agreed for a party other than the borrower. Texts come in both languages."""
    current = shop.ledger.authorization(authorization_id)
    consents = shop.consents.of(current.id)
    theirs = [each for each in consents if each.party is party]
    text = next((each.text for each in theirs if each.state is ConsentState.AWAITING), None)
    own = next(each for each in consents if each.id == current.consent_id)
    borrower = party is Party.BORROWER
    asked = shop.challenges.latest(current.id) if borrower else None
    phase = _phase(current, asked) if borrower else "agreed"
    refused = not borrower and theirs[-1].state in (ConsentState.REJECTED, ConsentState.LAPSED)
    if current.state is State.CLOSED or refused:
        phase = "closed"
    elif text is not None:
        phase = "consent"
    showing = borrower and current.state in _GRANTED and phase != "consent"
    datasets = _datasets(shop, current) if showing else []
    return {
        "phase": phase,
        "state": current.state,
        "progress": current.progress,
        "text": {"zh": text.zh, "en": text.en, "sha256": text.sha256}
        if phase == "consent" and text
        else None,
        "step": words.step(current, asked, _next(datasets)) if phase in ("working", "reading") else None,
        "challenge": _challenge(shop, asked) if phase == "challenge" and asked else None,
        "error": _error(shop, current) if borrower else None,
        "receipt": _receipt(shop, current) if showing else None,
        "datasets": datasets,
        "files": [] if phase == "closed" or not borrower else _files(shop, current),
        "closed_as": _closed_as(theirs) if phase == "closed" else None,
        "letter": any(each.artefact_ref for each in theirs),
        "can": [
            *_can(current, own, asked, phase, agreed=any(each.artefact_ref for each in theirs)),
            *(["hand_in"] if borrower and _may_hand_in(theirs, phase) else []),
        ],
    }


def _closed_as(theirs: list[Consent]) -> str:
    return _CLOSED_AS.get(theirs[-1].state, "expired")


def _phase(current: Authorization, asked: Relayed | None) -> str:
    match current.state:
        case State.CHALLENGED if asked is not None:
            overdue = asked.state is ChallengeState.OPEN and asked.expires_at <= now()
            if overdue or asked.state is ChallengeState.EXPIRED:
                return "expired"
            return "challenge" if asked.state is ChallengeState.OPEN else "working"
        case State.GRANTED | State.REFRESHING:
            return "done" if current.progress is Progress.DONE else "reading"
        case State.NEEDS_REPAIR:
            return "repair"
        case State.FAILED | State.REVOKED_AT_PORTAL:
            return "failed"
        case State.CLOSED:
            return "closed"
    return "working"


def _challenge(shop: Workshop, asked: Relayed) -> dict[str, Any]:
    nothing: dict[str, Any] = {"picture": None, "piece": None, "piece_y": 0, "options": [], "url": ""}
    return (
        {**nothing, "watched": False}
        | shop.challenges.prompt(asked)
        | {
            "id": asked.id,
            "kind": asked.kind,
            "hint": asked.hint,
            "retry": asked.retry,
            "renewed": not asked.retry and shop.challenges.replaces_unfinished(asked),
            "expires_at": asked.expires_at.isoformat(),
            "seconds_left": max(0, round((asked.expires_at - now()).total_seconds())),
        }
    )


def _error(shop: Workshop, current: Authorization) -> dict[str, str] | None:
    """Why it failed, or what it waits for while the portal asks for patience."""
    if current.error_code:
        return _told(problems.causes()[current.error_code])
    if current.state is State.WORKING:
        attempts = shop.attempts.of(current.id)
        if attempts and attempts[-1]["outcome"] == "waiting":
            return _told(problems.causes()[attempts[-1]["error_code"]])
    return None


def _told(cause: type[TaxlinkError]) -> dict[str, str]:
    return {"code": cause.cause_code(), "zh": cause.zh, "en": cause.message()}


def _receipt(shop: Workshop, current: Authorization) -> str | None:
    held = shop.grants.of(current.id)
    return held.receipt if held else None


def _datasets(shop: Workshop, current: Authorization) -> list[dict[str, str]]:
    """Each dataset agreed to with how far it is: pending, collected or missing."""
    done = {each.dataset: each for each in shop.casefile.collections(current.id, current.run)}
    handed = {each.dataset for each in shop.documents.readable(current.id)}

    def how_far(dataset: Dataset) -> str:
        if dataset not in done:
            return "pending"
        return "missing" if done[dataset].missing and dataset not in handed else "collected"

    return [
        {"dataset": each, "zh": each.zh, "en": words.dataset_en(each).capitalize(), "state": how_far(each)}
        for each in shop.consents.scopes(current)
    ]


def _files(shop: Workshop, current: Authorization) -> list[dict[str, str]]:
    """The files that were handed in and kept."""
    kept = [each for each in shop.documents.of(current.id) if each.state == KEPT]
    return [{"name": shown_name(shop, each) or "", "rows": str(each.rows)} for each in kept]


def _may_hand_in(theirs: list[Consent], phase: str) -> bool:
    """A consent that is in force covers what only a file has."""
    live = [each for each in theirs if each.state is ConsentState.ACTIVE and each.valid_until > now()]
    return phase not in ("closed", "consent") and any(not HANDED_IN.isdisjoint(each.scopes) for each in live)


def _next(datasets: list[dict[str, str]]) -> Dataset | None:
    return next((Dataset(each["dataset"]) for each in datasets if each["state"] == "pending"), None)


def _can(
    current: Authorization, consent: Consent, asked: Relayed | None, phase: str, *, agreed: bool
) -> list[str]:
    """What the person may do now. A live page's expiry is noticed by the worker that holds it."""
    if phase == "closed":
        return []
    if phase == "consent":
        return ["agree", "decline", "withdraw"] if agreed else ["agree", "decline"]
    if phase == "agreed":
        return ["withdraw"]
    live = consent.state is ConsentState.ACTIVE and consent.valid_until > now()
    lapsed = phase == "expired" and asked is not None and asked.resume is Resume.SERIALIZABLE
    again = live and (lapsed or current.state in RERUNNABLE)
    return ["retry", "withdraw"] if again else ["withdraw"]
