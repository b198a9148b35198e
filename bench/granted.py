"""A connector driven directly: one authorization, with a person who answers."""

from __future__ import annotations

from connectors.interface import AuthorizationRequest, Connector, Grant
from connectors.testing.person import Person
from connectors.testing.sandboxsite import SandboxAccount
from connectors.testing.walk import Typed, Walk
from schema.clock import today
from stages.application import default_scopes


def granted(connector: Connector, person: Person, reference: str) -> Grant:
    """The person's grant of everything. Raises the causes of ``schema.errors``, and ``Broken`` where the
    portal asks without end."""
    typed = Typed()
    request = AuthorizationRequest(
        reference, person.taxpayer_id, person.person_id, default_scopes(today()), typed
    )
    flow = connector.authorize(request)
    walk = Walk(flow, SandboxAccount(person), typed, lambda answer: None, lambda who, made: None)
    try:
        grant = walk.finish()
    finally:
        walk.flow.close()
    assert isinstance(grant, Grant)
    return grant
