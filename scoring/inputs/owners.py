"""Who holds the company: direct shares, and a person's shares through companies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.master import Master
from scoring.measure import derived
from scoring.value import INSUFFICIENT, NOT_AVAILABLE, Floats

_DEPTH = 6
Holding = dict[str, list[tuple[str, bool, float]]]
"""Held company to holder, whether that is a person, and share."""


@dataclass(frozen=True, eq=False)
class Owners:
    """Shares are 0 to 1. ``people`` are the names of representative, controller and holders."""

    representative: Floats
    controller: Floats
    largest: Floats
    holders: Floats
    people: list[set[str]]


@derived
def owners(batch: Batch, register: Master, master: Master) -> Owners:
    """Shares that are not told are worked out of the amounts subscribed. ``INSUFFICIENT`` without a holder,
    ``NOT_AVAILABLE`` without shares or without a representative's name."""
    rows = batch.rows("registration_shareholder")
    share = rows.number("share")
    holdings: list[Holding] = [{} for _ in batch.contexts]
    columns = (
        rows.texts("held_id"),
        rows.texts("holder_id"),
        rows.texts("holder_name"),
        rows.texts("holder_kind"),
    )
    subscribed = rows.number("subscribed_fen")
    keyed = list(zip(rows.firm.tolist(), columns[0], strict=True))
    whole: dict[tuple[int, str | None], float] = {}
    for key, fen in zip(keyed, subscribed.tolist(), strict=True):
        whole[key] = whole.get(key, 0.0) + fen
    for (firm, held), key, name, kind, told, fen in zip(
        keyed, *columns[1:], share.tolist(), subscribed.tolist(), strict=True
    ):
        part = fen / whole[(firm, held)] if np.isnan(told) and whole[(firm, held)] > 0 else told
        holder = key if kind == "company" and key else name or ""
        holdings[firm].setdefault(held or "", []).append((holder, kind == "person", part))
    people = _people(batch)
    representative = [told or other for told, other in zip(
        register.text("legal_representative"), master.text("legal_representative"), strict=True
    )]  # fmt: skip
    found = np.array(
        [
            _shares(holding, me, name)
            for holding, me, name in zip(holdings, batch.taxpayers, representative, strict=True)
        ]
    ).reshape(-1, 4)
    for firm, holding in enumerate(holdings):
        people[firm] |= {holder for held in holding.values() for holder, person, _ in held if person}
        people[firm] |= {representative[firm] or ""} - {""}
    columns_of: Floats = np.ascontiguousarray(found.T)
    return Owners(columns_of[0], columns_of[1], columns_of[2], columns_of[3], people)


def _people(batch: Batch) -> list[set[str]]:
    rows = batch.rows("registration_officer")
    people: list[set[str]] = [set() for _ in batch.contexts]
    chiefs = rows.among("position", "legal_representative", "actual_controller").tolist()
    for firm, name, chief in zip(rows.firm.tolist(), rows.texts("name"), chiefs, strict=True):
        if chief and name:
            people[firm].add(name)
    return people


def _shares(holding: Holding, me: str, representative: str | None) -> tuple[float, float, float, float]:
    direct = holding.get(me, [])
    if not direct:
        return (float(INSUFFICIENT),) * 4
    told = [part for _, _, part in direct if not np.isnan(part)]
    if not told:
        nothing = float(NOT_AVAILABLE)
        return nothing, nothing, nothing, float(len(direct))
    reached: dict[str, float] = {}
    _reach(holding, me, 1.0, reached, (me,))
    mine = sorted(part for holder, _, part in direct if holder == representative and not np.isnan(part))
    return (
        float(NOT_AVAILABLE) if representative is None else sum(mine),
        max(reached.values(), default=0.0),
        max(told),
        float(len(direct)),
    )


def _reach(
    holding: Holding, held: str, share: float, reached: dict[str, float], path: tuple[str, ...]
) -> None:
    """Adds to each person's share what it holds of ``held``, ways around a circle left out."""
    for holder, person, part in sorted(holding.get(held, []), key=str):
        if np.isnan(part):
            continue
        if person:
            reached[holder] = reached.get(holder, 0.0) + share * part
        elif holder not in path and len(path) < _DEPTH:
            _reach(holding, holder, share * part, reached, (*path, holder))
