"""Disposal: after a withdrawal the portal is told and the keys are destroyed, whatever the portal answers."""

from __future__ import annotations

import hashlib

from authz.authorization import Authorization, State
from authz.grants import HeldGrant
from connectors.places import Place
from schema.errors import TaxlinkError
from stages import peerindex, visit
from stages.outcome import Outcome, waiting
from stages.workshop import Workshop
from vault.proof import DestructionProof
from vault.reference import KeyClass


def dispose(shop: Workshop, authorization_id: str, *, last: bool = False) -> Outcome | None:
    """Destroy the data at once, revoke at the portal when the authorization is closed, then destroy the
    credentials. Evidence stays for its own term. A wait instead of the rest while the portal is closed or
    busy, unless this try is the last."""
    current = shop.ledger.authorization(authorization_id)
    ending = shop.consents.to_shred(authorization_id)
    data = {each.id: shop.vault.destroy(each.id, KeyClass.DATA) for each in ending}
    peerindex.forget(shop, data)
    held = shop.grants.of(authorization_id) if current.state is State.CLOSED else None
    if held is not None:
        outcome = _revoke(shop, current, held, last=last)
        if isinstance(outcome, Outcome):
            return outcome
        with shop.store.begin() as connection:
            shop.ledger.record(connection, current.id, "pipeline", "grant.revocation", {"outcome": outcome})
    for each in ending:
        shop.secrets.destroy_owner(each.id)
        proofs = (data[each.id], shop.vault.destroy(each.id, KeyClass.CREDENTIAL))
        shop.consents.shredded(each, {proof.key_class: _told(proof) for proof in proofs}, actor="pipeline")
    return None


def _told(proof: DestructionProof) -> dict[str, str]:
    """The proof as the log takes it: the key by its digest."""
    told = proof.as_dict()
    told["key_sha256"] = hashlib.sha256(told.pop("public_key").encode()).hexdigest()
    return told


def _revoke(shop: Workshop, current: Authorization, held: HeldGrant, *, last: bool) -> str | Outcome:
    """``revoked``, or the code of what the portal raised: it keeps the grant then on its side, where nobody
    here can use it any more."""
    owner = f"{current.id}.disposal"
    try:
        if (refused := visit.admit(shop, Place(current.region, held.route), owner)) is not None:
            return refused.code or "" if last else refused
        grant = visit.unsealed(shop, held)
        shop.lines.get(current, held.route).revoke(grant, current.taxpayer_id)
    except TaxlinkError as error:
        return (None if last else waiting(shop, current.id, error)) or error.code
    finally:
        shop.lines.hang_up(current.id)
        shop.leases.give_back(owner)
    return "revoked"
