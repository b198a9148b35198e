"""Authorizations and consents as rows of the store, both ways."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from authz.application import Application
from authz.authorization import Authorization, Progress, State, Trigger
from authz.consent import Consent, ConsentState, ConsentText, Disposal, Frequency
from schema.dataset import Dataset, Route
from schema.period import Period


def new_authorization(
    application: Application, id: str, consent_id: str, person_ref: str | None, at: datetime
) -> dict[str, Any]:
    """The row of an authorization that has just been asked for."""
    return {
        "id": id,
        "tenant": application.tenant,
        "state": State.REQUESTED,
        "progress": Progress.WAITING,
        "taxpayer_id": application.taxpayer_id,
        "region": application.region,
        "consent_id": consent_id,
        "person_ref": person_ref,
        "product": application.product,
        "amount_fen": application.amount_fen,
        "term_months": application.term_months,
        "as_of": application.as_of,
        "callback_url": application.callback_url,
        "callback_secret_ref": application.callback_secret_ref,
        "run": 1,
        "leg": 0,
        "trigger": Trigger.APPLICATION,
        "created_at": at,
        "updated_at": at,
    }


def new_consent(
    application: Application, text: ConsentText, id: str, consent_id: str, at: datetime
) -> dict[str, Any]:
    """The row of its consent, which waits for the borrower."""
    return {
        "id": consent_id,
        "authorization_id": id,
        "revision": 1,
        "state": ConsentState.AWAITING,
        "disposal": Disposal.RETAINED,
        "purpose": application.purpose,
        "periodic": application.periodic,
        "scopes": {d.value: [p.start.isoformat(), p.end.isoformat()] for d, p in application.scopes.items()},
        "frequency_times": application.frequency.times,
        "frequency_unit": application.frequency.unit,
        "valid_from": at,
        "valid_until": at + timedelta(days=application.valid_days),
        "data_life_days": application.data_life_days,
        "text_version": text.version,
        "text_zh": text.zh,
        "text_en": text.en,
        "text_sha256": text.sha256,
        "text_sm3": text.sm3,
    }


def authorization(row: Row[Any]) -> Authorization:
    """The aggregate of a row."""
    fields = dict(row._mapping)
    fields |= {"state": State(row.state), "progress": Progress(row.progress), "trigger": Trigger(row.trigger)}
    return Authorization(**(fields | {"route": Route(row.route) if row.route else None}))


def consent(row: Row[Any]) -> Consent:
    """The consent of a row."""
    return Consent(
        id=row.id,
        authorization_id=row.authorization_id,
        revision=row.revision,
        state=ConsentState(row.state),
        purpose=row.purpose,
        scopes={
            Dataset(name): Period(start=date.fromisoformat(days[0]), end=date.fromisoformat(days[1]))
            for name, days in row.scopes.items()
        },
        periodic=row.periodic,
        frequency=Frequency(row.frequency_times, row.frequency_unit),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        data_life_days=row.data_life_days,
        text=ConsentText(row.text_version, row.text_zh, row.text_en, row.text_sha256, row.text_sm3),
    )
