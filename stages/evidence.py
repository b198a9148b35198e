"""Evidence kept: what a recorder noted of an attempt or a collection, sealed when it ends.

Under the data key, since it tells of the taxpayer's pages: a withdrawal destroys it. What survives is the
audit log and the grant's receipt.
"""

from __future__ import annotations

from authz.authorization import Authorization
from connectors import bundle
from connectors.bundle import Bundle
from connectors.evidence import Recorder
from schema.errors import KeyDestroyed, TaxlinkError
from stages.workshop import Workshop
from vault.reference import KeyClass


def kept(
    shop: Workshop,
    current: Authorization,
    recorder: Recorder,
    outcome: str,
    error: TaxlinkError | None = None,
) -> str | None:
    """The vault reference of the bundle; None when the consent was withdrawn meanwhile."""
    if error is not None:
        recorder.fault(error.code)
    content = recorder.bundle(outcome)
    try:
        return shop.vault.seal(current.vault_owner, "evidence", content, key_class=KeyClass.DATA)
    except KeyDestroyed:
        return None


def shown(shop: Workshop, ref: str) -> Bundle | None:
    """The bundle; None when it is destroyed. Raises ``SealBroken``."""
    try:
        return bundle.opened(shop.vault.unseal(ref))
    except KeyDestroyed:
        return None
