"""The wire: what is altered, replayed, wrapped or built to explode is refused, by the gateway and by us."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from connectors.families.soap import messages
from connectors.families.soap.messages import DS, SERVICE, SOAP, WSSE, WSU, Keys
from sandbox.families.soap.envelope import App, canonical
from sandbox.families.soap.records import element
from schema.errors import CertificateExpired, ContractChanged, DataCorrupt, RouteBroken, SignatureInvalid
from tests.connectors.bank import SOAP as PORTAL
from tests.connectors.bank import Bank

APP = App.registered()
KEYS = Keys.parse(APP.client_keys())
NOW = datetime.now(UTC)
S, T = f"{{{SOAP['1.1']}}}", f"{{{SERVICE}}}"
TRUE, EVIL = "91320104MA00SH001N", "91320104MA00EV11L0"


def _signed(app: App = APP, *, now: datetime = NOW, version: str = "1.1", charset: str = "UTF-8") -> bytes:
    payload = element("GetTaxpayerResponse", {"Nsrsbh": TRUE, "Nsrmc": "沙盒"}, RelatesTo="m1")
    return app.signed(payload, version, charset, now)


def _read(content: bytes) -> messages.Answer:
    return messages.answer(KEYS, "m1", content, NOW)


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize("charset", ["UTF-8", "GBK", "GB18030"])
def test_a_signed_answer_opens(version: str, charset: str) -> None:
    found = _read(_signed(version=version, charset=charset))
    assert found.payload.findtext(f"{T}Nsrmc") == "沙盒"
    assert "沙盒".encode() in found.content


def test_an_altered_body_is_refused() -> None:
    with pytest.raises(SignatureInvalid):
        _read(_signed().replace(TRUE.encode(), EVIL.encode()))


def test_an_answer_signed_by_somebody_else_is_refused() -> None:
    with pytest.raises(SignatureInvalid):
        _read(_signed(App.registered()))


def test_a_good_answer_to_another_request_is_refused() -> None:
    with pytest.raises(SignatureInvalid):
        messages.answer(KEYS, "m2", _signed(), NOW)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_stale_answer_is_refused(hours: int) -> None:
    with pytest.raises(SignatureInvalid):
        _read(_signed(now=NOW + timedelta(hours=hours)))


def test_an_expired_certificate_is_named() -> None:
    app = App.registered(days=-1)
    with pytest.raises(CertificateExpired):
        messages.answer(Keys.parse(app.client_keys()), "m1", _signed(app), NOW)


def test_an_unsigned_answer_is_refused() -> None:
    root = etree.fromstring(_signed())
    security = root.find(f"{S}Header/{{{WSSE}}}Security")
    assert security is not None
    security.remove(security[1])
    with pytest.raises(SignatureInvalid):
        _read(etree.tostring(root))


# --- signature wrapping: the signed Body survives, and another one stands where it is read ---


def _evil(body: etree._Element, name: str) -> etree._Element:
    """A Body with another company in it, under this id."""
    forged = copy.deepcopy(body)
    forged.set(f"{{{WSU}}}Id", name)
    for each in forged.iter(f"{T}Nsrsbh"):
        each.text = EVIL
    return forged


def _moved(root: etree._Element, name: str) -> None:
    """The signed Body goes into the header; the forged one takes its place."""
    body = root.find(f"{S}Body")
    header = root.find(f"{S}Header")
    assert body is not None
    assert header is not None
    root.replace(body, _evil(body, name))
    etree.SubElement(header, f"{T}Wrapper").append(body)


def _beside(root: etree._Element, before: bool) -> None:
    body = root.find(f"{S}Body")
    assert body is not None
    root.insert(1 if before else 2, _evil(body, "BODY-2"))


def _in_object(root: etree._Element) -> None:
    """The signed Body goes into the signature itself, as ds:Object."""
    body, signature = root.find(f"{S}Body"), next(root.iter(f"{{{DS}}}Signature"))
    assert body is not None
    root.replace(body, _evil(body, "BODY-2"))
    etree.SubElement(signature, f"{{{DS}}}Object").append(body)


def _second_security(root: etree._Element) -> None:
    """An empty Security stands first, the signed one behind it."""
    header = root.find(f"{S}Header")
    assert header is not None
    header.insert(0, etree.Element(f"{{{WSSE}}}Security"))


def _foreign_id(root: etree._Element) -> None:
    """A plain Id equal to the signed Body's wsu:Id."""
    _moved(root, "BODY-2")
    forged = root.find(f"{S}Body")
    assert forged is not None
    del forged.attrib[f"{{{WSU}}}Id"]
    forged.set("Id", "BODY-1")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda root: _moved(root, "BODY-1"),
        lambda root: _moved(root, "BODY-2"),
        lambda root: _beside(root, before=True),
        lambda root: _beside(root, before=False),
        _in_object,
        _second_security,
        _foreign_id,
    ],
)
def test_a_wrapped_signature_is_refused(wrap: Callable[[etree._Element], None]) -> None:
    root = etree.fromstring(_signed())
    wrap(root)
    with pytest.raises(SignatureInvalid):
        _read(etree.tostring(root))


def test_what_is_read_is_what_was_signed() -> None:
    """A comment that splits a text is outside the canonical form, and cannot cut what is read."""
    found = _read(_signed().replace(TRUE.encode(), TRUE[:9].encode() + b"<!--x-->" + TRUE[9:].encode()))
    assert found.payload.findtext(f"{T}Nsrsbh") == TRUE


# --- documents built to read files, to call out, or to explode ---

_LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
HOSTILE = {
    "xxe": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "external dtd": '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/evil.dtd"><a/>',
    "parameter entity": '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x">%x;]><a/>',
    "billion laughs": f'<!DOCTYPE a [<!ENTITY a0 "ha">{_LAUGHS}]><a>&a9;</a>',
    "laughs in an attribute": f'<!DOCTYPE a [<!ENTITY a0 "ha">{_LAUGHS}]><a b="&a9;"/>',
    "default attribute": '<!DOCTYPE a [<!ATTLIST a Id CDATA "BODY-1">]><a/>',
    "bare doctype": "<!DOCTYPE a><a/>",
    "deep": "<a>" * 5000 + "</a>" * 5000,
    "a text of 11 MB": f"<a>{'x' * 11_000_000}</a>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_corrupt(name: str) -> None:
    with pytest.raises(DataCorrupt) as raised:
        messages.parsed(HOSTILE[name].encode())
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        _signed()[:-20],
        "<?xml version='1.0' encoding='UTF-8'?><a>沙盒企业</a>".encode("gbk"),
        b"<?xml version='1.0' encoding='GBK'?><a>\xff\xff</a>",
        b"<?xml version='1.0' encoding='x-none'?><a/>",
    ],
)
def test_what_is_no_xml_of_its_own_encoding_is_corrupt(content: bytes) -> None:
    with pytest.raises(DataCorrupt):
        _read(content)


def test_what_is_no_envelope_is_a_changed_contract() -> None:
    with pytest.raises(ContractChanged):
        _read(b"<html/>")


def test_keys_never_show_in_a_repr() -> None:
    assert "PrivateKey" not in repr(KEYS)
    with pytest.raises(RouteBroken):
        Keys.parse({**APP.client_keys(), "app_key": APP.client_keys()["portal_certificate"]})


def test_a_bank_with_an_ecdsa_key_signs_with_it() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    own = Keys.parse({**APP.client_keys(), "app_key": pem})
    root = etree.fromstring(messages.request(own, "1.2", "GBK", "Ping", {}, NOW)[1])
    info, value = next(root.iter(f"{{{DS}}}SignedInfo")), next(root.iter(f"{{{DS}}}SignatureValue"))
    raw = base64.b64decode(value.text or "")
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.public_key().verify(der, canonical(info), ec.ECDSA(hashes.SHA256()))


class TestTheGatewayRefuses:
    """Posted by hand, as an attacker would."""

    def _post(self, bank: Bank, content: bytes) -> str:
        url = bank.sandbox.endpoints[PORTAL.name]["base_url"] + PORTAL.confirms
        told = etree.fromstring(requests.post(url, data=content, timeout=5).content)
        error = next(told.iter(f"{T}Error"), None)
        return "" if error is None else str(error.get("Code"))

    def _request(self, bank: Bank, now: datetime | None = None, **keys: str) -> bytes:
        own = Keys.parse({**bank.sandbox.endpoints[PORTAL.name]["keys"], **keys})
        return messages.request(own, "1.1", "UTF-8", "Ping", {}, now or datetime.now(UTC))[1]

    def test_a_replay(self, bank: Bank) -> None:
        content = self._request(bank)
        assert self._post(bank, content) == ""
        assert self._post(bank, content) == "AQ03"

    def test_an_altered_body(self, bank: Bank) -> None:
        assert self._post(bank, self._request(bank).replace(b"Ping", b"Pong")) == "AQ01"

    def test_another_banks_key(self, bank: Bank) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        assert self._post(bank, self._request(bank, app_key=pem)) == "AQ01"

    def test_an_unknown_bank(self, bank: Bank) -> None:
        assert self._post(bank, self._request(bank, app_id="nobody")) == "AQ02"

    @pytest.mark.parametrize("minutes", [-6, 6])
    def test_a_clock_too_far_off(self, bank: Bank, minutes: int) -> None:
        late = datetime.now(UTC) + timedelta(minutes=minutes)
        assert self._post(bank, self._request(bank, now=late)) == "AQ04"

    @pytest.mark.parametrize("content", [b"", b"<a/>", b"<!DOCTYPE a><a/>", b"\xff"])
    def test_malformed_messages(self, bank: Bank, content: bytes) -> None:
        assert self._post(bank, content) == "BW01"
