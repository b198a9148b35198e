"""The fingerprint of a route: what an anonymous visitor sees, without what changes by the day. Pure.

Two fingerprints are compared in words: which field is gone, new, called otherwise, or changed in what.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

Traits = Mapping[str, str]
Fingerprint = Mapping[str, Mapping[str, Traits]]
"""Kind → name → traits, as JSON has it: ``{"field": {"tx-company": {"type": "text", "label": "…"}}}``. What
there is one of has the empty name: ``{"page": {"": {"title": "…"}}}``."""

LONGEST_TEXT = 80
_NUMBER = re.compile(r"\d+")
_COUNTER = re.compile(r"(?<![A-Za-z\d])\d+|\d+$")
_RANDOM = re.compile(r"(?=[0-9A-Za-z]*\d)[0-9A-Fa-f]{12,}|\d{4,}")


class What(StrEnum):
    """What became of a thing."""

    GONE = "gone"
    NEW = "new"
    RENAMED = "renamed"
    CHANGED = "changed"


@dataclass(frozen=True)
class Difference:
    """``was`` and ``now`` are names for RENAMED, values of the ``trait`` for CHANGED, else empty."""

    what: What
    kind: str
    name: str
    trait: str = ""
    was: str = ""
    now: str = ""

    @property
    def words(self) -> str:
        """``field `tx-password` is gone``."""
        thing = f"{self.kind} `{self.name}`" if self.name else f"the {self.kind}"
        match self.what:
            case What.GONE:
                return f"{thing} is gone"
            case What.NEW:
                return f"new {thing}" if self.name else f"{thing} is new"
            case What.RENAMED:
                return f"{self.kind} `{self.was}` is now `{self.now}`"
            case What.CHANGED:
                return f"{thing}: {self.trait} changed from “{self.was}” to “{self.now}”"


def digest(fingerprint: Fingerprint) -> str:
    """The same for fingerprints without differences, whatever the order of their parts."""
    filled = {kind: things for kind, things in fingerprint.items() if things}
    return hashlib.sha256(json.dumps(filled, sort_keys=True).encode()).hexdigest()


def differences(before: Fingerprint, after: Fingerprint) -> list[Difference]:
    """What changed, by kind, in the order in which things stand; empty for equal fingerprints alone.

    A thing that went where another of the same kind and the same traits came is taken for renamed, in order
    where there are several; so is one that has most of its traits in common with one other alone.
    """
    kinds = dict.fromkeys((*before, *after))
    return [each for kind in kinds for each in _within(kind, before.get(kind, {}), after.get(kind, {}))]


def _within(kind: str, before: Mapping[str, Traits], after: Mapping[str, Traits]) -> Iterator[Difference]:
    gone = {name: traits for name, traits in before.items() if name not in after}
    new = {name: traits for name, traits in after.items() if name not in before}
    renamed = _renamed(gone, new)
    for name, traits in before.items():
        if name in renamed:
            yield Difference(What.RENAMED, kind, name, was=name, now=renamed[name])
            yield from _changed(kind, renamed[name], traits, after[renamed[name]])
        elif name in gone:
            yield Difference(What.GONE, kind, name)
        else:
            yield from _changed(kind, name, traits, after[name])
    came = set(renamed.values())
    yield from (Difference(What.NEW, kind, name) for name in new if name not in came)


def _changed(kind: str, name: str, before: Traits, after: Traits) -> Iterator[Difference]:
    for trait in dict.fromkeys((*before, *after)):
        if before.get(trait) != after.get(trait):
            was, now = (traits.get(trait, "none") for traits in (before, after))
            yield Difference(What.CHANGED, kind, name, trait, was, now)


def _renamed(gone: Mapping[str, Traits], new: Mapping[str, Traits]) -> dict[str, str]:
    """Old names to new ones."""
    went, came = _by_traits(gone), _by_traits(new)
    pairs: dict[str, str] = {}
    for same, names in went.items():
        if same and len(names) == len(came.get(same, ())):
            pairs |= zip(names, came[same], strict=True)
    for name, traits in gone.items():
        alike = [each for each in new if each not in pairs.values() and _alike(traits, new[each])]
        if name not in pairs and len(alike) == 1:
            pairs[name] = alike[0]
    return pairs


def _alike(one: Traits, other: Traits) -> bool:
    """Whether more than half of what either has is the same, though not all."""
    shared, both = set(one.items()) & set(other.items()), one.keys() | other.keys()
    return len(shared) * 2 > len(both) > len(shared)


def _by_traits(things: Mapping[str, Traits]) -> dict[frozenset[tuple[str, str]], Sequence[str]]:
    found: dict[frozenset[tuple[str, str]], list[str]] = {}
    for name, traits in things.items():
        found.setdefault(frozenset(traits.items()), []).append(name)
    return dict(found)


def steady_name(name: str) -> str:
    """An id or a name without what a server draws anew each time: long numbers and hexadecimal words."""
    return _RANDOM.sub("#", name)[:LONGEST_TEXT]


def steady_id(id: str) -> str:
    """The id of an element that is one of many, without its number among them."""
    return _COUNTER.sub("#", steady_name(id))


def steady_text(text: str) -> str:
    """Words of a page without numbers, so that a date or a count makes no difference."""
    return _NUMBER.sub("#", " ".join(text.split()))[:LONGEST_TEXT]
