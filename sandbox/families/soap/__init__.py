"""A SOAP gateway (银税互动). The connector's README describes the wire."""

from __future__ import annotations

from sandbox.families.soap.counter import OWN_FAULTS, Counter
from sandbox.families.soap.envelope import App
from sandbox.families.soap.operations import Operations
from sandbox.portal import Built, Portal


def build(portal: Portal) -> Built:
    """The gateway with one registered bank. ``keys``: ``app_id``, ``app_key`` and ``portal_certificate``
    (PEM)."""
    app = App.registered()
    counter = Counter(portal, app, Operations(portal).all())
    return Built(counter, keys=app.client_keys(), own_faults=OWN_FAULTS)
