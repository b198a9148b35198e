"""An application as it comes in: an authorization, the consents that it needs, a link to each party."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from authz.application import Application, letters
from authz.authorization import Authorization
from authz.consent import Party
from connectors.overlay import overlay
from schema.errors import IdempotencyConflict
from stages.application import institutions
from stages.person import seal_person
from stages.workshop import Workshop
from store import tables
from store.database import new_id, now


@dataclass(frozen=True)
class Submitted:
    """An authorization and the token of its borrower's link. ``replayed`` when the idempotency key was seen
    before."""

    authorization: Authorization
    token: str
    replayed: bool
    others: dict[Party, str]
    """The tokens of the other parties who are asked."""


def submit(
    shop: Workshop,
    application: Application,
    person: dict[str, str],
    *,
    actor: str,
    idempotency: tuple[str, str] | None = None,
) -> Submitted:
    """A new authorization that waits for the borrower's tap.

    ``person`` holds the acting person's ``name``, ``person_id`` and ``phone`` as far as the bank knows
    them; it is sealed. ``idempotency`` is (key, SHA-256 of the request body). Raises ``UnknownRegion``,
    ``IdempotencyConflict``.
    """
    overlay(application.region)
    if idempotency and (earlier := _replayed(shop, application.tenant, idempotency)):
        return earlier
    try:
        current, tokens = _open(shop, application, person, actor, idempotency)
    except IntegrityError:  # the same key arrived at the same time and was first
        if idempotency and (earlier := _replayed(shop, application.tenant, idempotency)):
            return earlier
        raise
    return _submitted(current, tokens, replayed=False)


def _open(
    shop: Workshop,
    application: Application,
    person: dict[str, str],
    actor: str,
    idempotency: tuple[str, str] | None,
) -> tuple[Authorization, dict[Party, str]]:
    """The authorization with its person, links and key, all or none. Raises ``IntegrityError`` for a key
    in use."""
    id = new_id("auth")
    drawn = letters(
        application,
        lambda each: institutions(shop.settings, application.tenant, application.region, each),
        lambda: new_id("con"),
        now(),
    )
    person_ref = seal_person(shop, drawn[0].id, person) if any(person.values()) else None
    with shop.store.begin() as connection:
        current = shop.ledger.open(
            connection,
            application,
            drawn,
            actor=actor,
            id=id,
            person_ref=person_ref,
        )
        tokens = _links(shop, connection, id, [each.party for each in drawn])
        if idempotency:
            connection.execute(
                insert(tables.idempotency).values(
                    tenant=application.tenant,
                    key=idempotency[0],
                    body_sha256=idempotency[1],
                    authorization_id=id,
                    created_at=now(),
                )
            )
    return current, tokens


def _replayed(shop: Workshop, tenant: str, idempotency: tuple[str, str]) -> Submitted | None:
    table = tables.idempotency
    with shop.store.begin() as connection:
        row = connection.execute(
            select(table).where(table.c.tenant == tenant, table.c.key == idempotency[0])
        ).one_or_none()
        if row is None:
            return None
        if row.body_sha256 != idempotency[1]:
            raise IdempotencyConflict
        held = shop.ledger.consents(connection, row.authorization_id)
        tokens = _links(shop, connection, row.authorization_id, [each.party for each in held])
    return _submitted(shop.ledger.authorization(row.authorization_id), tokens, replayed=True)


def _links(shop: Workshop, connection: Connection, id: str, parties: Iterable[Party]) -> dict[Party, str]:
    """The token of a link for each party, once."""
    return {party: shop.links.issue(connection, id, party=party) for party in dict.fromkeys(parties)}


def _submitted(current: Authorization, tokens: dict[Party, str], *, replayed: bool) -> Submitted:
    others = dict(tokens)
    return Submitted(current, others.pop(Party.BORROWER), replayed, others)
