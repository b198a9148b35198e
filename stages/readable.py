"""Whether what was read of a company may still be looked at."""

from __future__ import annotations

from authz.authorization import Authorization, State
from authz.consent import ConsentState
from schema.errors import ConsentExpired, ConsentWithdrawn
from stages.workshop import Workshop


def check_readable(shop: Workshop, current: Authorization) -> None:
    """Data outlive a consent that was used up, never one that was withdrawn or has expired.

    Raises ``ConsentWithdrawn`` and ``ConsentExpired``.
    """
    if current.state is State.CLOSED:
        ended = shop.ledger.consent(current.consent_id).state
        gone = ended in (ConsentState.EXPIRED, ConsentState.LAPSED)
        raise ConsentExpired if gone else ConsentWithdrawn
