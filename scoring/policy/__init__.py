"""Loading a policy version: TOML files of one folder, validated against the catalogue, with a hash of their content."""

from __future__ import annotations

import hashlib
import tomllib
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import scoring.indicators  # noqa: F401
from scoring.measure import CATALOGUE, CONTEXT, RISKIER, SAFER
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
    for submodel, card in policy.submodels.items():
        scored = {
            key: entry
            for entry in CATALOGUE.values()
            if entry.submodel == submodel and entry.direction != CONTEXT
            for key in entry.columns
        }
        if scored.keys() != card.columns.keys():
            raise ValueError(f"{submodel}: bins and columns differ: {sorted(scored.keys() ^ card.columns.keys())}")
        for key, bins in card.columns.items():
            steps = [right - left for left, right in pairwise(bins.points)]
            direction = scored[key].direction
            if (direction == SAFER and min(steps) < 0) or (direction == RISKIER and max(steps) > 0):
                raise ValueError(f"{key}: points run against the direction {direction}")
    codes = {entry.reason_family for entry in CATALOGUE.values()} | {rule.reason for rule in policy.controls}
    if unknown := sorted(codes - policy.reasons.keys()):
        raise ValueError(f"reason codes without text: {unknown}")
    if policy.routes[-1].model_dump(exclude={"route"}, exclude_defaults=True):
        raise ValueError("the last route must fit everything")
