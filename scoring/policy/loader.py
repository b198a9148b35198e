"""Loading a policy version: TOML files of one folder, validated against the catalogue, with a hash."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Set
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from scoring import reasons
from scoring.control_facts import CONTROL_KEYS
from scoring.facts import COLUMNS
from scoring.indicators import CATALOGUE
from scoring.measure import CONTEXT, INTERIOR, RISKIER, SAFER
from scoring.policy.model import Policy

DEFAULT = "expert-3"
_FOLDER = Path(__file__).parent


@lru_cache(maxsize=8)
def load(version: str = DEFAULT) -> Policy:
    """A policy version that ships with the suite. Raises ``ValueError`` when it is not sound, or is not the
    one whose hash ``pins.toml`` holds."""
    policy = load_folder(_FOLDER / version)
    pinned = tomllib.loads((_FOLDER / "pins.toml").read_text(encoding="utf-8"))
    if policy.sha256 != pinned.get(version):
        raise ValueError(f"{version} was changed: it hashes to {policy.sha256}; a change is a new version")
    return policy


def load_folder(folder: Path) -> Policy:
    """A policy from a folder of TOML files. Raises ``ValueError`` (pydantic's among them), ``OSError``."""
    digest = hashlib.sha256()
    data: dict[str, Any] = {"submodels": {}, "reasons": {}}
    for path in sorted(folder.rglob("*.toml")):
        content, place = path.read_bytes(), path.relative_to(folder).as_posix()
        digest.update(place.encode() + b"\0" + hashlib.sha256(content).digest())
        table = tomllib.loads(content.decode())
        if path.parent.name == "cards":
            data["submodels"][path.stem] = table
        else:
            data["reasons"] |= table.pop("reasons", {})
            data |= table
    policy = Policy.model_validate(data | {"sha256": digest.hexdigest()})
    check(policy)
    return policy


def check(policy: Policy) -> None:
    """Raises ``ValueError`` when cards, rules and reasons do not fit the catalogue and each other."""
    _none(
        {entry.submodel for entry in CATALOGUE.values()} ^ policy.submodels.keys(),
        "cards and sub-models differ",
    )
    for submodel in policy.submodels:
        _check_bins(policy, submodel)
    _check_rules(policy)
    _check_products(policy)
    codes = {entry.reason_family for entry in CATALOGUE.values()} | {rule.reason for rule in policy.controls}
    _none((codes | reasons.CODES) - policy.reasons.keys(), "reason codes without text")
    if policy.routes[-1].model_dump(exclude={"route"}, exclude_defaults=True):
        raise ValueError("the last route must fit everything")
    _none({name for row in policy.routes for name in row.submodels} - policy.submodels.keys(), "routes name")


def _none(found: Set[str], complaint: str) -> None:
    if found:
        raise ValueError(f"{complaint}: {sorted(found)}")


def _check_rules(policy: Policy) -> None:
    rules = [condition for rule in policy.controls for condition in rule.when]
    rules += [condition for signal in policy.warnings for condition in signal.conditions]
    keys = {condition.key for condition in rules} | {condition.than for condition in rules if condition.than}
    _none(keys - set(COLUMNS) - set(CONTROL_KEYS), "rules read unknown figures")
    named = {name for rule in policy.controls for name in rule.products}
    named |= {name for signal in policy.warnings for name in signal.products}
    named |= {name for condition in rules for name in condition.by_product}
    named |= {name for signal in policy.warnings for name in signal.severity_of}
    _none(named - policy.products.keys(), "rules name unknown products")
    ids = [rule.id for rule in policy.controls] + [signal.id for signal in policy.warnings]
    _none({id for id in ids if ids.count(id) > 1}, "rules have the same id")


def _check_products(policy: Policy) -> None:
    strict = {rule.id for rule in policy.controls if rule.on_missing in ("refer", "decline")}
    for product in policy.products.values():
        _none(set(product.must) - strict, "musts that are no rule, or would pass when unknown")
    _none(
        {one.model for one in policy.products.values()} - policy.models.keys(), "products name unknown models"
    )
    for model in policy.models.values():
        _none(model.weights.keys() - policy.submodels.keys(), "models weigh unknown sub-models")
        scene = policy.submodels["scenario"].columns
        unread = {pack for pack in model.packs if not any(key.startswith(pack) for key in scene)}
        _none(unread, "packs without a column")


def _check_bins(policy: Policy, submodel: str) -> None:
    scored = {
        key: entry.direction
        for entry in CATALOGUE.values()
        if entry.submodel == submodel and entry.direction != CONTEXT
        for key in entry.columns
    }
    card = policy.submodels[submodel]
    _none(card.columns.keys() & card.dropped.keys(), f"{submodel}: scored and dropped")
    _none(scored.keys() ^ card.columns.keys() ^ card.dropped.keys(), f"{submodel}: bins and columns differ")
    for key, bins in card.columns.items():
        steps = [right - left for left, right in pairwise(bins.points)]
        best = bins.points.index(max(bins.points))
        wrong = {
            SAFER: min(steps) < 0,
            RISKIER: max(steps) > 0,
            INTERIOR: max(steps[best:], default=0) > 0 or min(steps[:best], default=0) < 0,
        }
        if wrong[scored[key]]:
            raise ValueError(f"{key}: points run against the direction {scored[key]}")
