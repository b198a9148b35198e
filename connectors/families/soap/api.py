"""The gateway's operations, called: one message out, one verified answer back, every fault as its cause."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from lxml import etree

from connectors.drift.fingerprint import Fingerprint
from connectors.families.soap.messages import SERVICE, Answer, Fields, Keys, answer, parsed, request
from connectors.families.soap.portal import PortalData
from connectors.http import HttpAnswer, PortalHttp, persistently, refuse_status, retry_at
from schema.errors import ContractChanged, DataCorrupt, SignatureInvalid, TaxlinkError

_XML = ("text/xml", "application/soap+xml", "application/xml")
_WSDL = "{http://schemas.xmlsoap.org/wsdl/}operation"
_XS = "{http://www.w3.org/2001/XMLSchema}"
_XSD = f"{_XS}element"


class Fault(Exception):
    """The gateway answered with a fault. ``error`` is what came with its code, signed."""

    def __init__(self, code: str, error: etree._Element) -> None:
        super().__init__(code)
        self.code, self.error = code, error


class SoapApi:
    """Threads may share it."""

    def __init__(self, http: PortalHttp, keys: Keys, portal: PortalData) -> None:
        self._http, self._keys, self._portal = http, keys, portal

    def call(self, operation: str, asked: Fields) -> Answer:
        """The verified answer, tried again while that helps. Raises the causes of ``schema.errors``."""
        return persistently(lambda: self.once(operation, asked))

    def once(self, operation: str, asked: Fields) -> Answer:
        """``call`` without a second try."""
        portal, now = self._portal, datetime.now(UTC)
        message_id, content = request(self._keys, portal.soap, portal.charset, operation, asked, now)
        content_type, headers = self._described(operation)
        self._http.recorder.step(operation)  # every operation has the same address
        got = self._http.post(portal.path, content, content_type, headers=headers, explained=_explained)
        found = self._opened(operation, message_id, got)
        if (error := next(found.payload.iter(f"{{{SERVICE}}}Error"), None)) is not None:
            code = error.get("Code", "")
            cause = portal.cause(code)
            raise cause(f"{operation} was refused with {code}", retry_at=retry_at(got.headers)) from Fault(
                code, error
            )
        refuse_status(got.status, got.headers, operation)
        if found.payload.tag != f"{{{SERVICE}}}{operation}Response":
            raise ContractChanged(f"{operation} was answered with another element")
        return found

    def wsdl(self) -> HttpAnswer:
        """The service's description of itself. Raises ``ContractChanged`` where there is none."""
        got = persistently(lambda: self._http.get(f"{self._portal.path}?wsdl"))
        if got.status != 200:
            raise ContractChanged(f"the WSDL is answered with {got.status}")
        return got

    def close(self) -> None:
        self._http.close()

    def _described(self, operation: str) -> tuple[str, Mapping[str, str]]:
        """Content type and headers. The action is a header in SOAP 1.1, a parameter of the type in 1.2."""
        action, charset = f"{SERVICE}#{operation}", self._portal.charset
        if self._portal.soap == "1.1":
            return f"text/xml; charset={charset}", {"SOAPAction": f'"{action}"'}
        return f'application/soap+xml; charset={charset}; action="{action}"', {}

    def _opened(self, operation: str, message_id: str, got: HttpAnswer) -> Answer:
        """What is no signed envelope has the cause of its status, when that tells one."""
        try:
            return answer(self._keys, message_id, got.body, datetime.now(UTC))
        except (ContractChanged, DataCorrupt, SignatureInvalid):
            refuse_status(got.status, got.headers, operation)
            if got.status != 200 or not _is_xml(got.headers):
                raise ContractChanged(f"{operation} answered {got.status} with no message") from None
            raise


def fault(error: TaxlinkError) -> Fault | None:
    """The gateway's own fault behind a cause, where the gateway gave one."""
    return error.__cause__ if isinstance(error.__cause__, Fault) else None


def text(payload: etree._Element, name: str) -> str:
    """The text of a child. Raises ``ContractChanged`` naming it."""
    if not (found := payload.findtext(f"{{{SERVICE}}}{name}")):
        raise ContractChanged(f"an answer lacks {name}")
    return found


def names(wsdl: bytes) -> frozenset[str]:
    """What a WSDL declares: operations, and every element of their messages."""
    return frozenset(str(each.get("name")) for each in parsed(wsdl).iter(_WSDL, _XSD))


def service(wsdl: bytes) -> Fingerprint:
    """Operations by name, elements by their path of names. Addresses are left out."""
    root = parsed(wsdl)
    operations = {str(each.get("name")): {"declared": "yes"} for each in root.iter(_WSDL)}
    elements = {_path(each): {"type": each.get("type", "its own")} for each in root.iter(_XSD)}
    return {"operation": operations, "element": elements}


def _path(element: etree._Element) -> str:
    above = [each.get("name") for each in element.iterancestors() if str(each.tag).startswith(_XS)]
    return "/".join(name for name in (*reversed(above), element.get("name")) if name)


def _explained(status: int, headers: Mapping[str, str]) -> bool:
    """A fault comes with status 400, 429, 500 or 503, in XML."""
    return status in (400, 429, 500, 503) and _is_xml(headers)


def _is_xml(headers: Mapping[str, str]) -> bool:
    return headers.get("Content-Type", "").startswith(_XML)
