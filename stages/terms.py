"""Statutory terms: how long what is kept of an ended authorization must be kept, and what happens then.

While a term runs, evidence and log can prove everything. At its end the evidence key is destroyed, the log
forgets what its records were about, and the rows of the case go: nobody can be found behind what is left, and
all that is left still verifies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection, delete, func, select

from authz.audit.unlinking import unlink
from authz.consent import TRANSITIONS, ConsentState, Disposal
from stages.workshop import Workshop
from store import tables
from store.database import now, reading
from store.metadata import metadata
from vault.database import truncate_log
from vault.reference import KeyClass

log = structlog.get_logger()


@dataclass(frozen=True)
class Term:
    """``years`` from the end of the consent. ``law`` is where the number comes from."""

    years: int
    law: str


NEVER_GIVEN = Term(3, "《民法典》: claims are limited to three years from when they are known")
ENDED = Term(10, "《反洗钱法》 as of 2025: records of identity and transactions, at least ten years")
TERMS: dict[ConsentState, Term] = {
    ConsentState.REJECTED: NEVER_GIVEN,
    ConsentState.LAPSED: NEVER_GIVEN,
    ConsentState.WITHDRAWN: ENDED,
    ConsentState.EXPIRED: ENDED,
    ConsentState.CONSUMED: ENDED,
    ConsentState.SUPERSEDED: ENDED,
}
"""By how the consent ended. The bank's lawyers are to confirm these: some laws set the least, and PIPL
(《个人信息保护法》) asks for no longer than is needed."""


def over(at: datetime, term: Term) -> datetime:
    """When a term that began at ``at`` is over; one of 29 February ends on 1 March."""
    try:
        return at.replace(year=at.year + term.years)
    except ValueError:
        return at.replace(year=at.year + term.years, month=3, day=1)


def due(shop: Workshop, at: datetime) -> list[str]:
    """Authorizations whose consents have all ended, whose data are destroyed, and whose longest term is
    over."""
    table = tables.consent
    waiting = select(table.c.authorization_id).where(
        table.c.state.not_in([state for state, after in TRANSITIONS.items() if not after])
        | (table.c.disposal != Disposal.SHREDDED)
    )
    ended = select(table.c.authorization_id, table.c.state, func.max(table.c.decided_at).label("at"))
    ended = ended.where(table.c.authorization_id.not_in(waiting)).group_by(
        table.c.authorization_id, table.c.state
    )
    last: dict[str, datetime] = {}
    with reading(shop.store) as connection:
        for row in connection.execute(ended):
            end = over(row.at, TERMS[ConsentState(row.state)])
            last[row.authorization_id] = max(end, last.get(row.authorization_id, end))
    return sorted(id for id, end in last.items() if end <= at)


def forget(shop: Workshop) -> int:
    """Unlink what is due; how many. One that fails is told in the log and does not keep the others."""
    done = 0
    for id in due(shop, now()):
        try:
            _forget(shop, id)
            done += 1
        except Exception:
            log.exception("term.broke", authorization_id=id)
    if done:
        try:  # what was deleted stands in SQLite's write-ahead log still
            truncate_log(shop.store)
        except TimeoutError:
            log.warning("term.log_busy")  # it stays until the log's next turn
    return done


def _forget(shop: Workshop, id: str) -> None:
    """The key first: destroying it again changes nothing, so a crash in between is made good by the next
    run."""
    for each in shop.consents.of(id):
        shop.vault.destroy(each.id, KeyClass.EVIDENCE)
    with shop.store.begin() as connection:
        unlink(connection, shop.audit, id, actor="scheduler")
        _delete(connection, id)


def _delete(connection: Connection, id: str) -> None:
    """Every row that names the authorization, those that hang on others first."""
    for table in reversed(metadata.sorted_tables):
        if "authorization_id" in table.c:
            connection.execute(delete(table).where(table.c.authorization_id == id))
    connection.execute(delete(tables.authorization).where(tables.authorization.c.id == id))
