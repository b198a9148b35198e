"""The acting person, as the loan system told of them: name, id number and phone, sealed with the data."""

from __future__ import annotations

import json

from authz.authorization import Authorization
from stages.workshop import Workshop
from vault.reference import KeyClass


def seal_person(shop: Workshop, consent_id: str, person: dict[str, str]) -> str:
    """The reference that ``person`` is kept under."""
    content = json.dumps(person, ensure_ascii=False).encode()
    return shop.vault.seal(consent_id, "person", content, key_class=KeyClass.DATA)


def person_of(shop: Workshop, current: Authorization) -> dict[str, str]:
    """What the bank knows of them; empty when it told nothing. Raises ``KeyDestroyed``."""
    if current.person_ref is None:
        return {}
    person: dict[str, str] = json.loads(shop.vault.unseal(current.person_ref))
    return person
