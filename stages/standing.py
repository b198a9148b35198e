"""Portal-side revocation: a borrower may revoke at the portal, and the portal may never tell. It is asked."""

from __future__ import annotations

from authz.authorization import Authorization
from authz.credentials import SealedCredentials
from connectors.interface import AuthorizationRequest
from connectors.places import Place
from schema.errors import TaxlinkError
from stages import visit
from stages.workshop import Workshop


def ask(shop: Workshop, current: Authorization) -> bool | None:
    """Whether the portal says that the grant stands; if not, the authorization ends as ``revoked_at_portal``.
    None when it could not be asked: the portal is closed, busy, or wants the person."""
    held = shop.grants.of(current.id)
    if held is None:
        return None
    place, owner = Place(current.region, held.route), f"{current.id}.standing"
    if not visit.admitted(shop, place, owner, patience=0):
        return None
    try:
        grant = visit.unsealed(shop, held)
        with visit.apart(shop, place) as connector:
            stands = connector.standing(_request(shop, current), grant)
    except TaxlinkError:
        return None
    finally:
        shop.leases.give_back(owner)
    if stands:
        shop.grants.stands(held.id)
    elif stands is False:
        shop.grants.revoked(current.id, held.id)
    return stands


def _request(shop: Workshop, current: Authorization) -> AuthorizationRequest:
    consent = shop.ledger.consent(current.consent_id)
    return AuthorizationRequest(
        reference=consent.reference,
        taxpayer_id=current.taxpayer_id,
        person_id="",
        scopes=consent.scopes,
        credentials=SealedCredentials(shop.secrets, None),
    )
