"""Messages of the gateway: SOAP 1.1 or 1.2, Body and Timestamp signed as WS-Security has it. Pure: bytes in,
bytes out.

One detached ``ds:Signature`` in ``wsse:Security`` covers ``wsu:Timestamp`` and ``soap:Body`` by their
``wsu:Id``, in exclusive canonical form, with RSA-SHA256 or ECDSA-SHA256 and SHA-256 digests. The Body's one
child names in ``MessageId`` itself, in ``RelatesTo`` the request that it answers.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.exceptions import InvalidCertificate, SignXMLException
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

from schema.errors import CertificateExpired, ContractChanged, DataCorrupt, RouteBroken, SignatureInvalid

SOAP = {"1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope"}
SERVICE = "urn:yspt:taxdata:1"
DS = "http://www.w3.org/2000/09/xmldsig#"
_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-"
WSSE, WSU = f"{_OASIS}secext-1.0.xsd", f"{_OASIS}utility-1.0.xsd"
LIFE, SKEW = timedelta(minutes=5), timedelta(minutes=5)
_RSA, _ECDSA = SignatureMethod.RSA_SHA256, SignatureMethod.ECDSA_SHA256
_ID = f"{{{WSU}}}Id"

# Its debug log prints what it canonicalizes, which is a company's data.
logging.getLogger("signxml").setLevel(logging.WARNING)

Fields = Mapping[str, "str | Sequence[Fields] | None"]
"""Elements by name: text, absent for None, or one element for each of a list."""


@dataclass(frozen=True)
class Keys:
    """The bank's registration at a gateway, and the gateway's pinned certificate."""

    app_id: str
    app_key: RSAPrivateKey | EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> Keys:
        """From ``app_id``, ``app_key`` and ``portal_certificate`` (PEM). Raises ``RouteBroken`` naming the
        key alone."""
        for name in ("app_id", "app_key", "portal_certificate"):
            if not given.get(name):
                raise RouteBroken(f"the gateway's {name} is missing")
        try:
            key = load_pem_private_key(given["app_key"].encode(), None)
            certificate = x509.load_pem_x509_certificate(given["portal_certificate"].encode())
        except (ValueError, TypeError):
            raise RouteBroken("the gateway's app_key or portal_certificate is malformed") from None
        if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
            raise RouteBroken("the gateway's app_key is neither RSA nor ECDSA")
        return cls(given["app_id"], key, certificate)


@dataclass(frozen=True)
class Answer:
    """What the gateway signed: the Body as canonical bytes, and its one child, parsed from them alone."""

    content: bytes = field(repr=False)
    payload: etree._Element = field(repr=False)


def parsed(content: bytes) -> etree._Element:
    """The document's root. No entities, no network, no DTD, no huge nodes: raises ``DataCorrupt``."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise DataCorrupt(f"{len(content)} bytes are no XML") from None
    if root.getroottree().docinfo.doctype:
        raise DataCorrupt("XML with a document type is not read")
    return root


def request(
    keys: Keys, soap: str, charset: str, operation: str, asked: Fields, now: datetime
) -> tuple[str, bytes]:
    """(MessageId, envelope): a fresh id each time, so that a retry is a request of its own."""
    ns, message_id = SOAP[soap], uuid.uuid4().hex
    envelope = etree.Element(f"{{{ns}}}Envelope", nsmap={"soap": ns, "t": SERVICE, "wsu": WSU})
    header, body = (etree.SubElement(envelope, f"{{{ns}}}{name}") for name in ("Header", "Body"))
    security = etree.SubElement(header, f"{{{WSSE}}}Security", nsmap={"wsse": WSSE})
    security.set(f"{{{ns}}}mustUnderstand", "1")
    stamp = etree.SubElement(security, f"{{{WSU}}}Timestamp")
    for name, instant in (("Created", now), ("Expires", now + LIFE)):
        etree.SubElement(stamp, f"{{{WSU}}}{name}").text = f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    stamp.set(_ID, "timestamp")
    body.set(_ID, "body")
    call = etree.SubElement(body, f"{{{SERVICE}}}{operation}", MessageId=message_id, AppId=keys.app_id)
    _fill(call, asked)
    signer = XMLSigner(
        SignatureConstructionMethod.detached,
        _RSA if isinstance(keys.app_key, RSAPrivateKey) else _ECDSA,
        DigestAlgorithm.SHA256,
        CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    info = etree.Element(f"{{{DS}}}KeyInfo", nsmap={"ds": DS})
    etree.SubElement(info, f"{{{DS}}}KeyName").text = keys.app_id
    signature = signer.sign(
        envelope, key=keys.app_key, reference_uri=["#timestamp", "#body"], key_info=info, id_attribute="Id"
    )
    security.append(signature)
    return message_id, etree.tostring(envelope, encoding=charset, xml_declaration=True)


def answer(keys: Keys, message_id: str, content: bytes, now: datetime) -> Answer:
    """Parse and verify the answer to the request.

    Raises ``DataCorrupt`` for what is no plain XML, ``ContractChanged`` for what is no SOAP envelope,
    ``SignatureInvalid`` for one that is unsigned, signed by another key, stale, an answer to another request,
    or signed elsewhere than where it is read.
    """
    root = parsed(content)
    ns = next((ns for ns in SOAP.values() if root.tag == f"{{{ns}}}Envelope"), None)
    if ns is None:
        raise ContractChanged("an answer is no SOAP envelope")
    _refuse_wrapped(root, ns)
    content_of, root_of = {}, {}
    for result in _verified(keys, root, ns):
        if result.signed_xml is not None:
            content_of[result.signed_xml.tag] = result.signed_data
            root_of[result.signed_xml.tag] = result.signed_xml
    stamp, body = root_of.get(f"{{{WSU}}}Timestamp"), root_of.get(f"{{{ns}}}Body")
    if stamp is None or body is None:
        raise SignatureInvalid("a signature does not cover Timestamp and Body")
    _refuse_stale(stamp, now)
    payloads = list(body)
    if len(payloads) != 1:
        raise ContractChanged("a Body does not hold one element")
    told = next(payloads[0].iter(f"{{{SERVICE}}}*"), None)
    if told is None or told.get("RelatesTo") != message_id:
        raise SignatureInvalid("a signed answer belongs to another request")
    return Answer(content_of[body.tag], payloads[0])


def _fill(parent: etree._Element, fields: Fields) -> None:
    for name, value in fields.items():
        if isinstance(value, str):
            etree.SubElement(parent, f"{{{SERVICE}}}{name}").text = value
        elif value is not None:
            for each in value:
                _fill(etree.SubElement(parent, f"{{{SERVICE}}}{name}"), each)


def _refuse_wrapped(root: etree._Element, ns: str) -> None:
    """The signature's two references must be the envelope's own Body and Timestamp, and nothing may carry an
    id twice: otherwise what is verified need not be what stands where it is read (signature wrapping)."""
    signed = list(root.iter(f"{{{DS}}}Signature", f"{{{ns}}}Body", f"{{{WSU}}}Timestamp"))
    security = root.find(f"./{{{ns}}}Header/{{{WSSE}}}Security")
    if security is None or security.find(f"./{{{DS}}}Signature") is None:
        raise SignatureInvalid("an answer is not signed")
    stamp, body = security.find(f"./{{{WSU}}}Timestamp"), root.find(f"./{{{ns}}}Body")
    if len(signed) != 3 or stamp is None or body is None:
        raise SignatureInvalid("an envelope has not one Signature, Timestamp and Body, each in its place")
    ids = [
        value
        for element in root.iter("*")
        for name, value in element.attrib.items()
        if etree.QName(name).localname.lower() == "id"
    ]
    references = [each.get("URI") for each in security.iter(f"{{{DS}}}Reference")]
    own = [f"#{element.get(_ID)}" for element in (stamp, body)]
    if len(ids) != len(set(ids)) or sorted(map(str, references)) != sorted(own):
        raise SignatureInvalid("a signature refers to something else than Timestamp and Body")


def _verified(keys: Keys, root: etree._Element, ns: str) -> list[VerifyResult]:
    config = SignatureConfiguration(
        location=f"./{{{ns}}}Header/{{{WSSE}}}Security/",
        expect_references=2,
        signature_methods=frozenset({_RSA, _ECDSA}),
        digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
    )
    try:
        found = XMLVerifier().verify(
            root, x509_cert=keys.certificate, id_attribute="Id", expect_config=config
        )
    except InvalidCertificate:
        raise CertificateExpired("the gateway's signing certificate is not valid now") from None
    except (SignXMLException, InvalidSignature, etree.LxmlError, ValueError, TypeError):
        raise SignatureInvalid from None
    return found if isinstance(found, list) else [found]


def _refuse_stale(stamp: etree._Element, now: datetime) -> None:
    try:
        created, expires = (
            datetime.fromisoformat(stamp.findtext(f"{{{WSU}}}{name}") or "")
            for name in ("Created", "Expires")
        )
        fresh = created - SKEW <= now <= expires + SKEW
    except (ValueError, TypeError):
        fresh = False
    if not fresh:
        raise SignatureInvalid("an answer is older or younger than its Timestamp allows")
