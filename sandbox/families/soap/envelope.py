"""SOAP envelopes signed by hand, with lxml's canonical form and plain RSA or ECDSA.

The portal's half of the protocol, written apart from the connector's on purpose: each proves the other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hmac import compare_digest

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lxml import etree

from sandbox.families.soap.problems import Problem

SOAP = {"1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope"}
SERVICE = "urn:yspt:taxdata:1"
DS = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-"
WSSE, WSU = f"{_OASIS}secext-1.0.xsd", f"{_OASIS}utility-1.0.xsd"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
_HALF = 32
"""Bytes of r, and of s, on P-256."""


def canonical(element: etree._Element) -> bytes:
    """Exclusive canonical form of the element as a document of its own."""
    copied = etree.fromstring(etree.tostring(element, with_tail=False))
    return etree.tostring(copied, method="c14n", exclusive=True)


@dataclass(frozen=True)
class App:
    """A registered bank with an RSA key, and the portal's own P-256 key with its certificate."""

    app_id: str
    public: rsa.RSAPublicKey
    portal_key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate
    issued_key: rsa.RSAPrivateKey = field(repr=False)
    """The bank's own private key. Only a sandbox hands it out."""

    @classmethod
    def registered(cls, *, days: int = 365) -> App:
        """A fresh registration; the portal's certificate ends after so many days."""
        issued = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        portal_key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "沙盒银税互动平台")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(portal_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=400))
            .not_valid_after(now + timedelta(days=days))
            .sign(portal_key, hashes.SHA256())
        )
        return cls("SHAHE-BANK-01", issued.public_key(), portal_key, certificate, issued)

    def client_keys(self) -> dict[str, str]:
        pem = self.issued_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        certificate = self.certificate.public_bytes(Encoding.PEM)
        return {"app_id": self.app_id, "app_key": pem.decode(), "portal_certificate": certificate.decode()}

    def signed(self, payload: etree._Element, version: str, charset: str, now: datetime) -> bytes:
        """The payload in a signed envelope."""
        ns = SOAP[version]
        names = {"S": ns, "wsse": WSSE, "wsu": WSU, "ds": DS}
        envelope = etree.Element(f"{{{ns}}}Envelope", nsmap=names)
        security = etree.SubElement(etree.SubElement(envelope, f"{{{ns}}}Header"), f"{{{WSSE}}}Security")
        stamp = etree.SubElement(security, f"{{{WSU}}}Timestamp", {f"{{{WSU}}}Id": "TS-1"})
        for name, instant in (("Created", now), ("Expires", now + timedelta(minutes=5))):
            etree.SubElement(stamp, f"{{{WSU}}}{name}").text = f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        body = etree.SubElement(envelope, f"{{{ns}}}Body", {f"{{{WSU}}}Id": "BODY-1"})
        body.append(payload)
        signature = etree.SubElement(security, f"{{{DS}}}Signature")
        info = etree.SubElement(signature, f"{{{DS}}}SignedInfo")
        etree.SubElement(info, f"{{{DS}}}CanonicalizationMethod", Algorithm=C14N)
        etree.SubElement(info, f"{{{DS}}}SignatureMethod", Algorithm=ECDSA_SHA256)
        for each in (stamp, body):
            _refer(info, str(each.get(f"{{{WSU}}}Id")), canonical(each))
        der = self.portal_key.sign(canonical(info), ec.ECDSA(hashes.SHA256()))
        value = b"".join(part.to_bytes(_HALF, "big") for part in utils.decode_dss_signature(der))
        etree.SubElement(signature, f"{{{DS}}}SignatureValue").text = base64.b64encode(value).decode()
        return etree.tostring(envelope, encoding=charset, xml_declaration=True)

    def verify(self, root: etree._Element, ns: str) -> tuple[etree._Element, etree._Element]:
        """(Timestamp, Body) of a request that the bank signed. Raises ``Problem`` AQ01."""
        security = root.find(f"./{{{ns}}}Header/{{{WSSE}}}Security")
        signature = security.find(f"./{{{DS}}}Signature") if security is not None else None
        stamp = security.find(f"./{{{WSU}}}Timestamp") if security is not None else None
        body = root.find(f"./{{{ns}}}Body")
        if signature is None or stamp is None or body is None:
            raise Problem("AQ01")
        info = signature.find(f"./{{{DS}}}SignedInfo")
        try:
            value = base64.b64decode(signature.findtext(f"./{{{DS}}}SignatureValue") or "")
            assert info is not None
            self._verify_value(info, value)
        except (InvalidSignature, ValueError, AssertionError, binascii.Error):
            raise Problem("AQ01") from None
        digests = {
            str(each.get("URI")): each.findtext(f"./{{{DS}}}DigestValue") or ""
            for each in info.iter(f"{{{DS}}}Reference")
        }
        for element in (stamp, body):
            own = base64.b64encode(hashlib.sha256(canonical(element)).digest()).decode()
            if not compare_digest(digests.get(f"#{element.get(f'{{{WSU}}}Id')}", ""), own):
                raise Problem("AQ01")
        return stamp, body

    def _verify_value(self, info: etree._Element, value: bytes) -> None:
        method = info.find(f"./{{{DS}}}SignatureMethod")
        assert method is not None
        assert method.get("Algorithm") == RSA_SHA256
        self.public.verify(value, canonical(info), padding.PKCS1v15(), hashes.SHA256())


def _refer(info: etree._Element, name: str, content: bytes) -> None:
    reference = etree.SubElement(info, f"{{{DS}}}Reference", URI=f"#{name}")
    transforms = etree.SubElement(reference, f"{{{DS}}}Transforms")
    etree.SubElement(transforms, f"{{{DS}}}Transform", Algorithm=C14N)
    etree.SubElement(reference, f"{{{DS}}}DigestMethod", Algorithm=SHA256)
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    etree.SubElement(reference, f"{{{DS}}}DigestValue").text = digest
