"""The endpoints of loan systems for consents: what was signed, a pause, other terms."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from authz.consent import Consent, Frequency, Party, Terms
from service.api import views
from service.api.callers import Reader, Writer
from service.api.models import AuthorizationOut, LinkOut, ScopeOut
from service.api.routes import Id
from service.api.submission import FrequencyIn, ScopeIn, Strict, periods
from service.desk import AtDesk
from stages import letters

router = APIRouter(prefix="/v1/authorizations", tags=["consents"])

PDF = "application/pdf"


class SignatureOut(BaseModel):
    """The detached signature over ``document``, the bytes of its UTF-8."""

    document: str = Field(description="Canonical JSON (RFC 8785) of what was agreed to, when and how.")
    sha256: str
    suite: str = Field(description="`intl`: ECDSA P-256 over SHA-256. `gm`: SM2 over SM3.")
    signature: str = Field(description="DER, base64.")
    public_key: str = Field(description="PEM.")
    timestamp: str | None = Field(description="RFC 3161 response over the signature, DER, base64.")
    stamped_at: datetime | None


class ConsentDetailOut(BaseModel):
    """One consent of one party to one class of data."""

    id: str
    version: int
    supersedes: str | None = Field(description="The consent that this one amends.")
    party: str = Field(description="`borrower` or `legal_representative`.")
    data_class: str
    state: str
    disposal: str = Field(description="retained, shred_pending or shredded.")
    purpose: str
    scopes: list[ScopeOut]
    periodic: bool
    frequency: str
    valid_from: datetime
    valid_until: datetime
    data_life_days: int
    text_zh: str
    text_en: str
    template: str = Field(description="Version of the fair-use template that it was drawn up under.")
    signed: SignatureOut | None = Field(description="Null until the party has agreed.")


class ConsentsOut(BaseModel):
    items: list[ConsentDetailOut]


class SuspensionIn(Strict):
    reason: Literal["paused", "disputed", "investigated"] = "paused"


class TermsIn(Strict):
    """Other terms. What is left out stays as it is agreed to."""

    scopes: list[ScopeIn] | None = Field(None, max_length=32)
    periodic: bool | None = None
    frequency: FrequencyIn | None = None
    valid_days: int | None = Field(None, ge=1, le=1095)
    data_life_days: int | None = Field(None, ge=1, le=3650)

    def applied(self, held: Consent) -> Terms:
        """Raises ``UnknownScope``, ``InvalidRequest``."""
        often = self.frequency
        return Terms(
            purpose=held.purpose,
            scopes=periods(self.scopes, next(iter(held.scopes.values()))) if self.scopes else held.scopes,
            periodic=held.periodic if self.periodic is None else self.periodic,
            frequency=Frequency(often.times, often.unit) if often else held.frequency,
            valid_days=self.valid_days or (held.valid_until - held.valid_from).days,
            data_life_days=self.data_life_days or held.data_life_days,
        )


@router.get("/{id}/consents")
def consents(desk: AtDesk, caller: Reader, id: Id) -> ConsentsOut:
    """Every consent of the authorization, those that have ended too, with its signed document."""
    shop, current = desk.shop, desk.shop.ledger.authorization(id, tenant=caller.tenant)

    def proof(held: Consent) -> SignatureOut | None:
        if held.artefact_ref is None:
            return None
        signed, response = shop.consents.signed(current, held), shop.consents.archive.timestamp(held)
        return SignatureOut(
            document=signed.document.decode(),
            sha256=signed.sha256,
            suite=signed.suite,
            signature=base64.b64encode(signed.signature).decode(),
            public_key=signed.public_key,
            timestamp=base64.b64encode(response).decode() if response else None,
            stamped_at=letters.stamped_at(shop, held, signed),
        )

    return ConsentsOut(items=[_shown(each, proof(each)) for each in shop.consents.of(current.id)])


@router.get("/{id}/consent.pdf", response_class=Response, responses={200: {"content": {PDF: {}}}})
def letter(
    desk: AtDesk, caller: Reader, id: Id, party: Annotated[Party, Query()] = Party.BORROWER
) -> Response:
    """What the party signed, as the document that they can keep."""
    current = desk.shop.ledger.authorization(id, tenant=caller.tenant)
    return Response(letters.pdf(desk.shop, current, party), media_type=PDF)


@router.post("/{id}/suspend")
def suspend(desk: AtDesk, caller: Writer, id: Id, why: SuspensionIn) -> AuthorizationOut:
    """Read nothing until `resume`; what is in flight is lost."""
    current = desk.shop.ledger.authorization(id, tenant=caller.tenant)
    return views.authorization(desk.intake.suspend(current.id, actor=caller.actor, reason=why.reason))


@router.post("/{id}/resume")
def resume(desk: AtDesk, caller: Writer, id: Id) -> AuthorizationOut:
    """Go on as before the suspension."""
    current = desk.shop.ledger.authorization(id, tenant=caller.tenant)
    return views.authorization(desk.intake.resume(current.id, actor=caller.actor))


@router.post("/{id}/amend", status_code=201)
def amend(desk: AtDesk, caller: Writer, id: Id, terms: TermsIn) -> LinkOut:
    """Ask the borrower for other terms, on a fresh link. The consent in force stays until the new one has
    worked: until something was read under it."""
    current = desk.shop.ledger.authorization(id, tenant=caller.tenant)
    held = desk.shop.ledger.consent(current.consent_id)
    token = desk.intake.amend(current.id, terms.applied(held), actor=caller.actor)
    return LinkOut(link_url=views.link_url(desk.shop, token))


def _shown(held: Consent, signed: SignatureOut | None) -> ConsentDetailOut:
    return ConsentDetailOut(
        id=held.id,
        version=held.version,
        supersedes=held.supersedes,
        party=held.party,
        data_class=held.data_class,
        state=held.state,
        disposal=held.disposal,
        purpose=held.purpose,
        scopes=[ScopeOut(dataset=d, start=p.start, end=p.end) for d, p in held.scopes.items()],
        periodic=held.periodic,
        frequency=f"{held.frequency.times}/{held.frequency.unit}",
        valid_from=held.valid_from,
        valid_until=held.valid_until,
        data_life_days=held.data_life_days,
        text_zh=held.text.zh,
        text_en=held.text.en,
        template=held.template_version,
        signed=signed,
    )
