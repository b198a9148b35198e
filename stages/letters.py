"""What a party of an authorization can keep: the letters that they signed."""

from __future__ import annotations

from datetime import datetime

from authz.authorization import Authorization
from authz.consent import Consent, Party
from authz.consent.archive import Signed
from authz.consent.pdf import rendered
from schema.errors import StateConflict
from stages.workshop import Workshop


def signed(shop: Workshop, current: Authorization, party: Party) -> list[tuple[Signed, datetime | None]]:
    """What this party signed and the service's time, the newest version of each class of data.

    Raises ``ConsentAltered``.
    """
    newest = {each.data_class: each for each in shop.consents.of(current.id) if _is_of(each, party)}
    proofs = [(each, shop.consents.signed(current, each)) for each in newest.values()]
    return [(proof, stamped_at(shop, each, proof)) for each, proof in proofs]


def stamped_at(shop: Workshop, consent: Consent, proof: Signed) -> datetime | None:
    """When the time-stamp service stamped the signature, where one did. Raises ``TimestampRefused``."""
    response = shop.consents.archive.timestamp(consent)
    if response is None or shop.timestamps is None:
        return None
    return shop.timestamps.stamped_at(response, proof.signature)


def pdf(shop: Workshop, current: Authorization, party: Party) -> bytes:
    """The letters as one document. Raises ``StateConflict`` when the party has signed none."""
    letters = signed(shop, current, party)
    if not letters:
        raise StateConflict("nothing was agreed to yet")
    return rendered(letters)


def _is_of(consent: Consent, party: Party) -> bool:
    return consent.party is party and consent.artefact_ref is not None
