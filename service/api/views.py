"""From the rooms' own words to what loan systems are shown."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from authz.authorization import Authorization
from authz.consent import Consent
from normalizers.reconciliation.check import Result
from schema.money import yuan
from schema.region import region
from service import problems
from service.api.models import (
    AttemptOut,
    AuthorizationDetailOut,
    AuthorizationOut,
    ChallengeOut,
    CheckOut,
    CollectionOut,
    ConsentOut,
    DatasetsOut,
    ErrorOut,
    FindingOut,
    IssuedConsentOut,
    ReconciliationOut,
    RegionOut,
    ScopeOut,
    SubmittedOut,
    WarningOut,
    WarningsOut,
)
from stages.submission import Submitted
from stages.warnings import Shown
from stages.workshop import Workshop


def error(code: str | None) -> ErrorOut | None:
    """The cause of a code, in both languages."""
    if code is None:
        return None
    cause = problems.causes()[code]
    return ErrorOut(code=code, zh=cause.zh, en=cause.message(), actor=cause.actor, action=cause.action)


def authorization(current: Authorization) -> AuthorizationOut:
    return AuthorizationOut(**_authorization(current))


def detail(shop: Workshop, current: Authorization) -> AuthorizationDetailOut:
    asked = shop.challenges.open_one(current.id)
    return AuthorizationDetailOut(
        **_authorization(current),
        consent=ConsentOut(**_consent(shop.ledger.consent(current.consent_id))),
        challenge=ChallengeOut(kind=asked.kind, retry=asked.retry, expires_at=asked.expires_at)
        if asked
        else None,
        attempts=[_attempt(each) for each in shop.attempts.of(current.id)],
    )


def submitted(shop: Workshop, done: Submitted) -> SubmittedOut:
    current = done.authorization
    held = shop.ledger.consent(current.consent_id)
    return SubmittedOut(
        **_authorization(current),
        link_url=link_url(shop, done.token),
        other_links={party: link_url(shop, token) for party, token in done.others.items()},
        consent=IssuedConsentOut(**_consent(held), text_zh=held.text.zh, text_en=held.text.en),
    )


def link_url(shop: Workshop, token: str) -> str:
    """The address of the borrower's page."""
    return f"{shop.settings.public_url.rstrip('/')}/link/{token}"


def datasets(shop: Workshop, current: Authorization) -> DatasetsOut:
    held = shop.casefile.snapshot(current.id)
    run = held.run if held else current.run
    return DatasetsOut(
        run=run,
        as_of=held.as_of if held else None,
        collections=[
            CollectionOut(
                dataset=each.dataset,
                start=each.period.start,
                end=each.period.end,
                route=each.route,
                pages=len(each.pages),
                missing=each.missing,
                error=error(each.error_code),
                fetched_at=each.fetched_at,
            )
            for each in shop.casefile.collections(current.id, run)
        ],
        tables={name: table["rows"] for name, table in held.tables.items()} if held else {},
        missing={dataset.value: reason.value for dataset, reason in held.missing.items()} if held else {},
        findings=[FindingOut(**asdict(each)) for each in held.findings] if held else [],
    )


def reconciliation(results: list[Result]) -> ReconciliationOut:
    return ReconciliationOut(checks=[_check(each) for each in results])


def _check(found: Result) -> CheckOut:
    check, absent = found.check, found.absent
    return CheckOut(
        code=check.code,
        zh=check.zh,
        en=check.en,
        outcome=found.outcome,
        severity=check.severity,
        tolerance=found.tolerance,
        compared=found.compared,
        differing=found.differing,
        left=check.left[1],
        right=check.right[1],
        left_yuan=str(yuan(found.left_fen)),
        right_yuan=str(yuan(found.right_fen)),
        evidence=list(found.evidence),
        absent={"needs": absent.needs, "reason": absent.reason} if absent else None,
    )


def warnings(shown: list[Shown]) -> WarningsOut:
    return WarningsOut(items=[_warning(each) for each in shown])


def _warning(shown: Shown) -> WarningOut:
    return WarningOut(
        **asdict(shown.kept),
        zh=shown.signal.text,
        en=shown.signal.text_en,
        does_zh=shown.answer.does_zh,
        does_en=shown.answer.does_en,
        action_zh=shown.signal.action_zh,
        action_en=shown.signal.action_en,
        evidence=shown.evidence,
    )


def _authorization(current: Authorization) -> dict[str, Any]:
    where = region(current.region)
    return {
        "id": current.id,
        "taxpayer_id": current.taxpayer_id,
        "region": RegionOut(code=where.code, zh=where.zh, en=where.en),
        "state": current.state,
        "progress": current.progress,
        "route": current.route,
        "run": current.run,
        "trigger": current.trigger,
        "product": current.product,
        "amount": str(yuan(current.amount_fen)),
        "term_months": current.term_months,
        "as_of": current.as_of,
        "callback_url": current.callback_url,
        "error": error(current.error_code),
        "created_at": current.created_at,
        "updated_at": current.updated_at,
    }


def _consent(held: Consent) -> dict[str, Any]:
    return {
        "state": held.state,
        "purpose": held.purpose,
        "scopes": [ScopeOut(dataset=d, start=p.start, end=p.end) for d, p in held.scopes.items()],
        "periodic": held.periodic,
        "valid_until": held.valid_until,
        "data_life_days": held.data_life_days,
        "text_version": held.text.version,
        "text_sha256": held.text.sha256,
        "text_sm3": held.text.sm3,
    }


def _attempt(held: dict[str, Any]) -> AttemptOut:
    return AttemptOut(
        run=held["run"],
        route=held["route"],
        why=held["why"],
        outcome=held["outcome"],
        error=error(held["error_code"]),
        started_at=held["started_at"],
        ended_at=held["ended_at"],
    )
