"""A bank-tax gateway (银税互动). The connector's README describes the wire."""

from __future__ import annotations

from sandbox.families.gateway.authorization import Authorizations
from sandbox.families.gateway.counter import OWN_FAULTS, Counter
from sandbox.families.gateway.envelope import App
from sandbox.families.gateway.queries import Queries
from sandbox.portal import Built, Portal


def build(portal: Portal) -> Built:
    """The gateway with one registered bank. ``keys``: ``app_id``, and in hex ``app_private`` ``app_public``
    ``portal_public`` (SM2) and ``sm4``."""
    app = App.registered()
    authorizations = Authorizations(portal)
    queries = Queries(portal, authorizations)
    counter = Counter(portal, app, {**authorizations.methods(), **queries.methods()})
    return Built(counter, keys=app.client_keys(), own_faults=OWN_FAULTS)
