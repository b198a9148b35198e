"""Facts: what of the case file an audit record commits to by digest. An evidence file repeats a fact in full,
and whoever holds it computes the digest anew.

A fact holds ids, codes, counts, times and digests: never a payload, a secret or a vault reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from schema.dataset import Dataset, Missing
from schema.snapshot import Finding
from verifier.digests import canonical, digests

if TYPE_CHECKING:
    from authz.casefile import Collected

Fact = dict[str, Any]
_SCORED = ("decision", "points", "grade", "limit_fen", "annual_rate", "policy_version", "policy_hash")


def said(fact: Fact) -> dict[str, str]:
    """``{sha256, sm3}`` of a fact, as its audit record holds them."""
    return digests(canonical(fact))


def collection(collected: Collected) -> Fact:
    """One dataset as it was read: every raw payload by its digests."""
    return {
        "dataset": collected.dataset.value,
        "start": collected.period.start.isoformat(),
        "end": collected.period.end.isoformat(),
        "route": collected.route.value,
        "missing": collected.missing and collected.missing.value,
        "error": collected.error_code,
        "fetched_at": instant(collected.fetched_at),
        "payloads": [_told(page) for page in collected.pages],
    }


def grant(route: str, receipt: str, granted_at: datetime, expires_at: datetime | None) -> Fact:
    """授权回执: the portal's own confirmation."""
    return {
        "route": str(route),
        "receipt": receipt,
        "granted_at": instant(granted_at),
        "expires_at": None if expires_at is None else instant(expires_at),
    }


def snapshot(
    as_of: date,
    held: Mapping[str, Mapping[str, Any]],
    missing: Mapping[Dataset, Missing],
    findings: Sequence[Finding],
) -> Fact:
    """The normalized tables by their digests, and what the checks found, by codes."""
    return {
        "as_of": as_of.isoformat(),
        "tables": {name: _told(table) for name, table in held.items()},
        "missing": {dataset.value: reason.value for dataset, reason in missing.items()},
        "findings": [finding.code for finding in findings],
    }


def score(summary: Mapping[str, Any], result: Mapping[str, str]) -> Fact:
    """The decision with the hash of the policy behind it; ``result`` are the digests of the whole result.
    Fractions are text."""
    plain = {name: summary[name] for name in _SCORED}
    plain |= {name: repr(value) for name, value in plain.items() if isinstance(value, float)}
    return plain | {"result": dict(result)}


def notice(kind: str, data: Mapping[str, Any]) -> Fact:
    """What the loan system was told."""
    return {"kind": kind, "data": dict(data)}


def instant(at: datetime) -> str:
    """ISO 8601 in UTC."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _told(held: Mapping[str, Any]) -> Fact:
    return {name: value for name, value in held.items() if name != "ref"}
