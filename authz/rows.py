"""Authorizations and consents as rows of the store, both ways."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row

from authz.application import Application, Letter
from authz.authorization import Authorization, Progress, State, Trigger
from authz.consent import Consent, ConsentState, ConsentText, DataClass, Disposal, Frequency, Party
from authz.consent.templates import templates
from authz.consent.terms import Institution, Institutions
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


def new_consent(letter: Letter, authorization_id: str, revision: int) -> dict[str, Any]:
    """The row of a consent that has just been drawn up and waits for its party."""
    terms, text, used = letter.terms, letter.text, templates()
    return {
        "id": letter.id,
        "authorization_id": authorization_id,
        "version": letter.version,
        "supersedes": letter.supersedes,
        "party": letter.party,
        "data_class": letter.data_class,
        "institutions": {
            name: [each["code"], each["zh"], each["en"]] for name, each in asdict(letter.institutions).items()
        },
        "revision": revision,
        "state": ConsentState.AWAITING,
        "disposal": Disposal.RETAINED,
        "purpose": terms.purpose,
        "periodic": terms.periodic,
        "scopes": {d.value: [p.start.isoformat(), p.end.isoformat()] for d, p in terms.scopes.items()},
        "frequency_times": terms.frequency.times,
        "frequency_unit": terms.frequency.unit,
        "valid_from": letter.valid_from,
        "valid_until": letter.valid_until,
        "data_life_days": terms.data_life_days,
        "text_version": text.version,
        "text_zh": text.zh,
        "text_en": text.en,
        "text_sha256": text.sha256,
        "text_sm3": text.sm3,
        "template_version": used.version,
        "template_sha256": used.sha256,
    }


def authorization(row: Row[Any]) -> Authorization:
    """The aggregate of a row."""
    fields = dict(row._mapping)
    fields |= {"state": State(row.state), "progress": Progress(row.progress), "trigger": Trigger(row.trigger)}
    if row.amendment_id and row.amendment_run == row.run:
        fields["consent_id"] = row.amendment_id
    return Authorization(**(fields | {"route": Route(row.route) if row.route else None}))


def consent(row: Row[Any]) -> Consent:
    """The consent of a row."""
    return Consent(
        id=row.id,
        authorization_id=row.authorization_id,
        version=row.version,
        supersedes=row.supersedes,
        party=Party(row.party),
        data_class=DataClass(row.data_class),
        institutions=Institutions(**{name: Institution(*each) for name, each in row.institutions.items()}),
        revision=row.revision,
        state=ConsentState(row.state),
        disposal=Disposal(row.disposal),
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
        template_version=row.template_version,
        template_sha256=row.template_sha256,
        artefact_ref=row.artefact_ref,
        artefact_sha256=row.artefact_sha256,
        timestamp_ref=row.timestamp_ref,
    )
