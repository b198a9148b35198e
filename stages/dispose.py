"""Disposal: after a withdrawal the portal is told and the keys are destroyed, whatever the portal answers."""

from __future__ import annotations

from connectors.interface import Grant
from schema.errors import TaxlinkError
from stages.workshop import Workshop
from vault.reference import KeyClass


def dispose(shop: Workshop, authorization_id: str) -> None:
    """Destroy the data at once, revoke at the portal, then destroy the credentials. Evidence stays for its
    own term."""
    current = shop.ledger.authorization(authorization_id)
    proofs = [shop.vault.destroy(current.vault_owner, KeyClass.DATA)]
    held = shop.casefile.grant(authorization_id)
    if held is not None:
        try:
            grant = Grant(held.receipt, held.granted_at, held.expires_at, shop.vault.unseal(held.secret_ref))
            shop.lines.get(current, held.route).revoke(grant, current.taxpayer_id)
            outcome = "revoked"
        except TaxlinkError as error:
            outcome = error.code  # the portal keeps the grant on its side; nobody here can use it any more
        finally:
            shop.lines.hang_up(authorization_id)
        with shop.store.begin() as connection:
            shop.ledger.record(connection, current.id, "pipeline", "grant.revocation", {"outcome": outcome})
    shop.secrets.destroy_owner(current.vault_owner)
    proofs.append(shop.vault.destroy(current.vault_owner, KeyClass.CREDENTIAL))
    shop.ledger.shredded(
        authorization_id, {proof.key_class: proof.as_dict() for proof in proofs}, actor="pipeline"
    )
