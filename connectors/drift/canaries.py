"""What the canaries brought back, in the store: of each route what counts as right, and what was seen
last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, Row, select, update

from connectors.drift.fingerprint import Difference, Fingerprint, differences
from connectors.interface import Sighting
from connectors.places import Place
from schema.dataset import Route
from schema.errors import TaxlinkError
from store.database import insert_once, now, reading
from store.tables import canary
from vault.redaction import said

log = structlog.get_logger()

FIRST_SIGHT, PERSON = "first_sight", "person"
_NO_ERROR = {"error_code": None, "detail": None, "failing_since": None}
_ROWS = select(*(column for column in canary.columns if column.name not in ("accepted_picture", "picture")))


@dataclass(frozen=True)
class Canary:
    """How one route stands. ``seen`` is None until a canary came back, ``accepted`` until what it saw was
    known to the connector or accepted by a person. ``accepted_by`` is ``first_sight`` or ``person``.

    ``unknown`` tells what the connector does not know of what was seen. ``drifted_since`` is None while
    everything is as it was. ``error_code`` and ``detail`` say why the last canary did not come back, and no
    canary has since ``failing_since``.
    """

    place: Place
    accepted: Fingerprint | None
    accepted_at: datetime | None
    accepted_by: str | None
    seen: Fingerprint | None
    seen_at: datetime | None
    unknown: str
    drifted_since: datetime | None
    tried_at: datetime
    error_code: str | None
    detail: str
    failing_since: datetime | None

    @property
    def differences(self) -> list[Difference]:
        """From what counts as right to what was seen last."""
        return differences(self.accepted, self.seen) if self.accepted and self.seen else []


class Canaries:
    """Reads and writes them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> list[Canary]:
        """Every route that a canary set out for, by region and route."""
        with reading(self._engine) as connection:
            rows = connection.execute(_ROWS.order_by(canary.c.region, canary.c.route)).all()
        return [_canary(row) for row in rows]

    def pictures(self, place: Place) -> tuple[bytes | None, bytes | None]:
        """PNG of the page that counts as right, and of the one seen last."""
        query = select(canary.c.accepted_picture, canary.c.picture).where(place.of(canary))
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return (row.accepted_picture, row.picture) if row else (None, None)

    def set_out(self, place: Place) -> datetime:
        """One is on its way."""
        at = now()
        with self._engine.begin() as connection:
            self._update(connection, place, tried_at=at)
        return at

    def came_back(self, place: Place, sighting: Sighting) -> None:
        """What it saw. The first sighting that the connector knows counts as right from then on."""
        at, fault, seen = now(), sighting.fault, sighting.fingerprint
        with self._engine.begin() as connection:
            before = self._update(connection, place, tried_at=at)
            values: dict[str, Any] = {"seen": seen, "seen_at": at, "picture": sighting.picture}
            if before.accepted is None and fault is None:
                values |= _accepted(seen, sighting.picture, FIRST_SIGHT, at)
            drifted = fault is not None or bool(before.accepted and differences(before.accepted, seen))
            values["unknown"] = said(fault.detail or fault.message()) if fault else None
            values["drifted_since"] = (before.drifted_since or at) if drifted else None
            after = self._update(connection, place, **values, **_NO_ERROR)
        if drifted and before.drifted_since is None:
            found = len(after.differences)
            log.warning("canary.drifted", region=place.region, route=place.route, count=found)

    def failed(self, place: Place, error: TaxlinkError) -> None:
        """It did not come back."""
        at = now()
        with self._engine.begin() as connection:
            before = self._update(connection, place, tried_at=at)
            since, why = before.failing_since or at, {"error_code": error.code, "detail": said(error.detail)}
            self._update(connection, place, failing_since=since, **why)

    def accept(self, place: Place) -> bool:
        """What was seen last counts as right from now on: a person looked. False when nothing was seen. It
        does not make the connector know it."""
        with self._engine.begin() as connection:
            row = connection.execute(select(canary).where(place.of(canary)).with_for_update()).one_or_none()
            if row is None or row.seen is None:
                return False
            accepted = _accepted(row.seen, row.picture, PERSON, now())
            since = row.drifted_since if row.unknown else None
            self._update(connection, place, **accepted, drifted_since=since)
        return True

    def _update(self, connection: Connection, place: Place, **values: Any) -> Canary:
        """The row afterwards; it is made where there is none."""
        insert_once(connection, canary, region=place.region, route=place.route, tried_at=now())
        connection.execute(update(canary).where(place.of(canary)).values(**values))
        return _canary(connection.execute(_ROWS.where(place.of(canary))).one())


def _accepted(seen: Fingerprint, picture: bytes | None, by: str, at: datetime) -> dict[str, Any]:
    return {"accepted": seen, "accepted_picture": picture, "accepted_by": by, "accepted_at": at}


def _canary(row: Row[Any]) -> Canary:
    return Canary(
        place=Place(row.region, Route(row.route)),
        accepted=row.accepted,
        accepted_at=row.accepted_at,
        accepted_by=row.accepted_by,
        seen=row.seen,
        seen_at=row.seen_at,
        unknown=row.unknown or "",
        drifted_since=row.drifted_since,
        tried_at=row.tried_at,
        error_code=row.error_code,
        detail=row.detail or "",
        failing_since=row.failing_since,
    )
