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
from scoring.indicators import CATALOGUE
from scoring.measure import CONTEXT, RISKIER, SAFER
from scoring.policy.model import Policy

DEFAULT = "expert-1"
SUBMODELS = ("invoice", "tax_operation", "invoice_tax_fraud")


@lru_cache(maxsize=8)
def load(version: str = DEFAULT) -> Policy:
    """A policy version that ships with the suite. Raises ``ValueError`` when it is not sound."""
    return load_folder(Path(__file__).parent / version)


def load_folder(folder: Path) -> Policy:
    """A policy from a folder of TOML files. Raises ``ValueError`` (pydantic's among them), ``OSError``."""
    digest = hashlib.sha256()
    data: dict[str, Any] = {"submodels": {}}
    for path in sorted(folder.glob("*.toml")):
        content = path.read_bytes()
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(content).digest())
        table = tomllib.loads(content.decode())
        if path.stem in SUBMODELS:
            data["submodels"][path.stem] = table
        else:
            data |= table
    policy = Policy.model_validate(data | {"sha256": digest.hexdigest()})
    check(policy)
    return policy


def check(policy: Policy) -> None:
    """Raises ``ValueError`` when bins, rules and reasons do not fit the catalogue and each other."""
    for submodel in policy.submodels:
        _check_bins(policy, submodel)
    rules = [condition for rule in policy.controls for condition in rule.when]
    keys = {condition.key for condition in [*rules, *(signal.when for signal in policy.warnings)]}
    columns = {key for entry in CATALOGUE.values() for key in entry.columns}
    _none(keys - columns - set(CONTROL_KEYS), "rules read unknown figures")
    named = {name for rule in policy.controls for name in rule.products}
    named |= {name for condition in rules for name in condition.by_product}
    _none(named - policy.products.keys(), "rules name unknown products")
    codes = {entry.reason_family for entry in CATALOGUE.values() if entry.submodel in policy.submodels} | {
        rule.reason for rule in policy.controls
    }
    _none((codes | reasons.CODES) - policy.reasons.keys(), "reason codes without text")
    if policy.routes[-1].model_dump(exclude={"route"}, exclude_defaults=True):
        raise ValueError("the last route must fit everything")


def _none(found: Set[str], complaint: str) -> None:
    if found:
        raise ValueError(f"{complaint}: {sorted(found)}")


def _check_bins(policy: Policy, submodel: str) -> None:
    scored = {
        key: entry.direction
        for entry in CATALOGUE.values()
        if entry.submodel == submodel and entry.direction != CONTEXT
        for key in entry.columns
    }
    columns = policy.submodels[submodel].columns
    _none(scored.keys() ^ columns.keys(), f"{submodel}: bins and columns differ")
    for key, bins in columns.items():
        steps = [right - left for left, right in pairwise(bins.points)]
        if (scored[key] == SAFER and min(steps) < 0) or (scored[key] == RISKIER and max(steps) > 0):
            raise ValueError(f"{key}: points run against the direction {scored[key]}")
