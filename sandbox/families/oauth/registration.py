"""A registered bank and the platform's own keys, all made at the start."""

from __future__ import annotations

import hashlib
import ipaddress
import os
import ssl
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from joserfc.jwk import ECKey

CLIENT_ID = "shahe-bank-01"
REDIRECT_URI = "http://127.0.0.1/assets/link/return.html"
"""A loopback address: any port of it is as good (RFC 8252 §7.3)."""
_LIFE = timedelta(days=30)


@dataclass(frozen=True)
class Identity:
    """A self-signed certificate with its key, as PEM."""

    certificate: str
    key: str = field(repr=False)

    @classmethod
    def made(cls, name: str) -> Identity:
        key = ec.generate_private_key(ec.SECP256R1())
        subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
        loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        signed = (
            x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + _LIFE)
            .add_extension(loopback, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return cls(signed.public_bytes(Encoding.PEM).decode(), private.decode())

    @property
    def thumbprint(self) -> str:
        """SHA-256 of the certificate in DER, hex."""
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.certificate)).hexdigest()


@dataclass(frozen=True)
class Registration:
    """The bank as the platform knows it, with the private halves that only a sandbox hands out."""

    key: ECKey = field(repr=False)
    identity: Identity
    server: Identity
    signer: ECKey = field(repr=False)
    """The platform's own key: ID tokens and JARM responses."""

    @classmethod
    def made(cls) -> Registration:
        signer = ECKey.generate_key("P-256", {"use": "sig", "kid": "shahe-1"})
        return cls(
            ECKey.generate_key("P-256"),
            Identity.made(CLIENT_ID),
            Identity.made("shahe-platform"),
            signer,
        )

    def client_keys(self) -> dict[str, str]:
        return {
            "client_id": CLIENT_ID,
            "client_auth": "private_key_jwt",
            "client_key": self.key.as_pem(private=True).decode(),
            "redirect_uri": REDIRECT_URI,
            "certificate": self.identity.certificate,
            "certificate_key": self.identity.key,
            "ca": self.server.certificate,
        }

    def tls(self) -> ssl.SSLContext:
        """TLS of the platform that asks for the bank's certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "server.pem")
            with open(path, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
                file.write(self.server.certificate + self.server.key)
            context.load_cert_chain(path)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=self.identity.certificate)
        return context
