"""What has drifted: canaries that see something else, sign-ins that met another page, payloads that broke
their contract. It reads what was recorded; nothing is visited."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import Engine, and_, func, or_, select

from connectors.drift.canaries import Canaries, Canary
from connectors.drift.changes import Changes, Noticed
from connectors.drift.fingerprint import digest
from connectors.drift.report import Drift, Report, Route, Standing
from connectors.overlay import overlay, overlays
from connectors.places import Place
from schema import dataset
from schema.contract import ChangeKind
from schema.errors import ContractChanged, PageChanged, RouteAbsent
from stages.canaries import watched
from stages.workshop import Workshop
from store.database import now, reading
from store.tables import attempt, authorization

CANARY, SIGN_IN = "canary", "sign_in"
RECENT = timedelta(days=14)
"""How far back attempts are looked at."""
MOST_LINES = 30
"""Differences of one page that are told."""
_CODES = (PageChanged.cause_code(), ContractChanged.cause_code())
_ACCEPT = "`taxlink doctor --accept {region} --route {route}`"
_ADVICE = {
    dataset.Route.RPA: (
        "Compare the pictures. When sign-in still works (`taxlink certify {region} --route {route} --live`), "
        f"accept what is there now: {_ACCEPT}."
    ),
    dataset.Route.API: (
        "See whether the change touches what connectors/families/{family} reads "
        f"(`taxlink certify {{region}} --route {{route}} --live`), then accept it: {_ACCEPT}."
    ),
    "unknown": (
        "Bring connectors/families/{family} up to the new form, portal.toml first, or the labels in "
        f"connectors/regions/{{region}}.toml; certify the route, then accept: {_ACCEPT}."
    ),
    SIGN_IN: (
        "Sign-ins end here. Look at the attempts in the console, bring connectors/families/{family} up to "
        "the new page, and re-run what failed."
    ),
    "stopped": (
        "The dataset is missing until normalizers/{family} reads the new form (connectors/families/{family} "
        "where no format is named). Add the payload to its golden examples, then re-run what failed."
    ),
    "new": f"Nothing is lost. Read the new field, or accept it: {_ACCEPT}.",
}


def examine(shop: Workshop, region: str | None = None) -> Report:
    """Every watched route, or those of one region, watched or not. Raises ``UnknownRegion``."""
    at, found = now(), drifts(shop.store)
    places = watched(shop) if region is None else [Place(region, route) for route in overlay(region).routes]
    seen = {each.place: each for each in shop.canaries.all()}
    everywhere = {*places, *(each.place for each in found), *seen}
    chosen = sorted(
        (place for place in everywhere if region in (None, place.region) and _exists(place)), key=str
    )
    mine = [_pictured(shop.canaries, each) for each in found if each.place in chosen]
    drifted = {each.place for each in mine}
    return Report(at, [_route(place, seen.get(place), place in drifted) for place in chosen], mine)


def accept(shop: Workshop, region: str, route: dataset.Route | None) -> list[Place]:
    """A person looked: what these routes show now counts as right. Raises ``UnknownRegion`` and
    ``RouteAbsent``; the routes that a canary has seen are returned."""
    routes = overlay(region).routes if route is None else [route]
    places = [Place(region, each) for each in routes if overlay(region).route(each)]
    for place in places:
        shop.changes.accept(place)
    return [place for place in places if shop.canaries.accept(place)]


def drifts(store: Engine) -> list[Drift]:
    """All of them by region, route and step, without pictures."""
    canaries = (_of_canary(each) for each in Canaries(store).all() if _exists(each.place))
    payloads = (each for each in Changes(store).open() if _exists(each.place))
    found = [*filter(None, canaries), *_of_sign_ins(store, now() - RECENT), *_of_payloads(payloads)]
    return sorted(found, key=lambda each: (str(each.place), each.step))


def _of_canary(canary: Canary) -> Drift | None:
    if canary.drifted_since is None or canary.seen_at is None:
        return None
    told = [each.words for each in canary.differences]
    if len(told) > MOST_LINES:
        told[MOST_LINES:] = [f"and {len(told) - MOST_LINES} more differences"]
    if canary.unknown:
        told.insert(0, f"the connector does not know it: {canary.unknown}")
    advice = _advice("unknown" if canary.unknown else canary.place.route, canary.place)
    return Drift(canary.place, CANARY, canary.drifted_since, canary.seen_at, None, told, advice)


def _of_sign_ins(store: Engine, since: datetime) -> Iterator[Drift]:
    """Attempts that met another page or another answer than expected, after the last one that was granted."""
    # What a fetch met is told by its dataset.
    signing_in = attempt.c.why.not_like("collecting:%")
    places = (authorization.c.region, attempt.c.route)
    granted = (
        select(*places, func.max(attempt.c.started_at).label("at"))
        .join(authorization, authorization.c.id == attempt.c.authorization_id)
        .where(attempt.c.outcome == "granted", attempt.c.started_at >= since)
        .group_by(*places)
        .subquery()
    )
    query = (
        select(
            *places,
            attempt.c.detail,
            func.min(attempt.c.started_at).label("first"),
            func.max(attempt.c.started_at).label("last"),
            func.count().label("times"),
        )
        .join(authorization, authorization.c.id == attempt.c.authorization_id)
        .outerjoin(granted, and_(granted.c.region == places[0], granted.c.route == places[1]))
        .where(attempt.c.error_code.in_(_CODES), attempt.c.started_at >= since, signing_in)
        .where(or_(granted.c.at.is_(None), attempt.c.started_at > granted.c.at))
        .group_by(*places, attempt.c.detail)
        .order_by(*places, func.min(attempt.c.started_at))
    )
    with reading(store) as connection:
        rows = connection.execute(query).all()
    for (region, route), same in groupby(rows, key=lambda row: (row.region, row.route)):
        met, place = list(same), Place(region, dataset.Route(route))
        if not _exists(place):
            continue
        yield Drift(
            place,
            SIGN_IN,
            min(each.first for each in met),
            max(each.last for each in met),
            sum(each.times for each in met),
            [each.detail for each in met],
            _advice(SIGN_IN, place),
        )


def _of_payloads(noticed: Iterable[Noticed]) -> Iterator[Drift]:
    """One for each route and dataset. Where fields went, the others that came are told with them."""
    ordered = sorted(noticed, key=lambda each: (str(each.place), each.dataset))
    for (_, name), same in groupby(ordered, key=lambda each: (str(each.place), each.dataset)):
        found = list(same)
        place, stopped = found[0].place, any(each.change.kind is not ChangeKind.NEW for each in found)
        yield Drift(
            place,
            name,
            min(each.first_seen for each in found),
            max(each.last_seen for each in found),
            max(each.times for each in found),
            [f"{each.source_format}: {each.change.words}".removeprefix(": ") for each in found],
            _advice("stopped" if stopped else "new", place),
        )


def _route(place: Place, canary: Canary | None, drifted: bool) -> Route:
    family = overlay(place.region).route(place.route).family
    if canary is None:
        return Route(place, family, _standing(canary, drifted), "", None, None, "", "")
    return Route(
        place,
        family,
        _standing(canary, drifted),
        canary.accepted_by or "",
        canary.accepted_at,
        canary.seen_at,
        digest(canary.seen) if canary.seen else "",
        f"{canary.error_code}: {canary.detail}".removesuffix(": ") if canary.error_code else "",
    )


def _standing(canary: Canary | None, drifted: bool) -> Standing:
    if drifted:
        return Standing.DRIFTED
    if canary is not None and canary.error_code:
        return Standing.NO_ANSWER
    return Standing.CLEAN if canary is not None and canary.seen else Standing.NEVER_SEEN


def _pictured(canaries: Canaries, drift: Drift) -> Drift:
    if drift.step != CANARY:
        return drift
    before, after = canaries.pictures(drift.place)
    return replace(drift, before=before, after=after)


def _advice(kind: str, place: Place) -> str:
    family = overlay(place.region).route(place.route).family
    return _ADVICE[kind].format(region=place.region, route=place.route, family=family)


def _exists(place: Place) -> bool:
    """Whether an overlay still serves it."""
    try:
        return bool(overlays()[place.region].route(place.route))
    except (KeyError, RouteAbsent):
        return False
