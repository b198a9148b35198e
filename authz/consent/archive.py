"""The archive: signed artefacts in the vault, under the evidence class, and nothing is believed that does not
verify."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationError

from authz.consent.artefact import Artefact, Assent, agreement, assented
from authz.consent.terms import Consent
from schema.errors import ConsentAltered
from vault.reference import KeyClass
from vault.signing import verify
from vault.suite import Suite
from vault.vault import Vault

_KEY = "consent"


@dataclass(frozen=True)
class Signed:
    """An artefact with its detached signature (DER) over ``document``, the canonical JSON.

    ``public_key`` is PEM; the suite says the algorithm: ECDSA P-256 over SHA-256, or SM2 over SM3. ``salt``
    opens the commitment to the person.
    """

    artefact: Artefact
    document: bytes
    signature: bytes
    suite: Suite
    public_key: str
    salt: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.document).hexdigest()

    def commits_to(self, name: str, id_number: str) -> bool:
        """Whether this is the person who assented."""
        said = assented(Assent(name, id_number), self.salt, datetime.fromisoformat(self.artefact.assent.at))
        return said.person == self.artefact.assent.person


class Archive:
    """Keeps artefacts, each under the evidence key of its own consent."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def keep(self, consent: Consent, taxpayer_id: str, assent: Assent, at: datetime) -> tuple[str, str]:
        """Draw up, sign and seal: (vault reference, SHA-256 of the document)."""
        salt, signer = os.urandom(32), self._vault.signer(_KEY)
        artefact = Artefact(agreement=agreement(consent, taxpayer_id), assent=assented(assent, salt, at))
        document = artefact.canonical()
        sealed = {
            "document": document.decode(),
            "signature": base64.b64encode(signer.sign(document)).decode(),
            "suite": signer.suite,
            "public_key": signer.public_key,
            "salt": salt.hex(),
        }
        ref = self._seal(consent, "consent", json.dumps(sealed, ensure_ascii=False).encode())
        return ref, hashlib.sha256(document).hexdigest()

    def read(self, consent: Consent, taxpayer_id: str) -> Signed:
        """The artefact of a consent that was agreed to.

        Raises ``ConsentAltered`` unless its signature and digest verify and it says what the store says;
        ``SealBroken``, ``KeyDestroyed``.
        """
        if consent.artefact_ref is None:
            raise ConsentAltered("it was never signed")
        sealed = json.loads(self._vault.unseal(consent.artefact_ref))
        document = sealed["document"].encode()
        signature = base64.b64decode(sealed["signature"])
        if hashlib.sha256(document).hexdigest() != consent.artefact_sha256:
            raise ConsentAltered("another document than the one agreed to")
        if not verify(sealed["public_key"], document, signature):
            raise ConsentAltered("its signature does not verify")
        try:
            artefact = Artefact.model_validate_json(document)
        except ValidationError:
            raise ConsentAltered("its document is of an unknown form") from None
        if artefact.agreement != agreement(consent, taxpayer_id):
            raise ConsentAltered("the store says otherwise than the document")
        suite, salt = Suite(sealed["suite"]), bytes.fromhex(sealed["salt"])
        return Signed(artefact, document, signature, suite, sealed["public_key"], salt)

    def keep_timestamp(self, consent: Consent, response: bytes) -> str:
        """The time-stamp response over the document's signature."""
        return self._seal(consent, "timestamp", response)

    def timestamp(self, consent: Consent) -> bytes | None:
        """The time-stamp response (DER) over the signature, where a service was asked."""
        return self._vault.unseal(consent.timestamp_ref) if consent.timestamp_ref else None

    def _seal(self, consent: Consent, kind: str, content: bytes) -> str:
        return self._vault.seal(consent.id, kind, content, key_class=KeyClass.EVIDENCE)
