"""The SOAP gateway's counter: takes an envelope in, checks it, has its operation answer, signs what goes
out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lxml import etree
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.applications import Refusal
from sandbox.families.soap.envelope import SERVICE, SOAP, WSU, App
from sandbox.families.soap.operations import PATH, Asked, Operation, standing
from sandbox.families.soap.problems import CODES, Problem
from sandbox.families.soap.records import Fields, element
from sandbox.faults import FaultKind
from sandbox.portal import Portal

OWN_FAULTS = frozenset({FaultKind.THROTTLED, FaultKind.MAINTENANCE})
"""Answered as signed faults with a code, as a gateway does."""
SKEW = timedelta(minutes=5)
_WSDL = (Path(__file__).parent / "service.wsdl").read_text("utf-8")
_RENAMED = {"Je": "Hjje", "Zts": "Total", "Nsrmc": "Qymc", "Xydj": "Dj", "Bys": "Bqs"}
"""What the fault ``layout_changed`` does to the elements of an answer and of the WSDL."""


@dataclass
class _Call:
    """One request, as far as it is understood. It is answered in its own SOAP version and encoding."""

    version: str = "1.1"
    charset: str = "UTF-8"
    operation: str = ""
    message_id: str = ""


class Counter:
    """The gateway's ASGI app."""

    def __init__(self, portal: Portal, app: App, operations: Mapping[str, Operation]) -> None:
        self._portal, self._app, self._operations = portal, app, operations
        self._seen: dict[str, datetime] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.url.path != PATH:
            response = Response("no such service", 404)
        elif request.method == "GET":
            response = self._wsdl(str(request.url.replace(query="")))
        else:
            response = self._respond(await request.body())
        await response(scope, receive, send)

    def _wsdl(self, location: str) -> Response:
        content = _WSDL.replace("LOCATION", location)
        if self._portal.faults.active(FaultKind.LAYOUT_CHANGED, f"{PATH}/wsdl"):
            for known, renamed in _RENAMED.items():
                content = content.replace(f'name="{known}"', f'name="{renamed}"')
        return Response(content.encode(), media_type="text/xml")

    def _respond(self, content: bytes) -> Response:
        call = _Call()
        try:
            fields = self._answer(call, content)
        except Problem as problem:
            self._portal.journal.write("refused", detail=f"{call.operation} {problem.code}")
            return self._fault(call, problem)
        payload = element(f"{call.operation}Response", fields, RelatesTo=call.message_id)
        if self._portal.faults.active(FaultKind.LAYOUT_CHANGED, f"{PATH}/{call.operation}"):
            for each in payload.iter(*(f"{{{SERVICE}}}{name}" for name in _RENAMED)):
                each.tag = f"{{{SERVICE}}}{_RENAMED[etree.QName(each).localname]}"
        return self._response(call, payload, 200, {})

    def _answer(self, call: _Call, content: bytes) -> Fields:
        payload = self._opened(call, content)
        where = f"{PATH}/{call.operation}"
        for kind, code in ((FaultKind.THROTTLED, "XT01"), (FaultKind.MAINTENANCE, "XT02")):
            if fault := self._portal.faults.active(kind, where):
                raise Problem(code, retry_after=max(1, round(fault.seconds)))
        if self._portal.faults.active(FaultKind.SESSION_LOST, where):
            raise Problem("AQ05")
        if call.operation not in self._operations:
            raise Problem("BW02")
        try:
            return self._operations[call.operation](Asked(payload))
        except Refusal as refusal:
            code, message = CODES[refusal.reason], refusal.reason.value
            raise Problem(code, message, standing=refusal.pending) from None
        except ValueError:
            raise Problem("BW03") from None

    def _opened(self, call: _Call, content: bytes) -> etree._Element:
        """The Body's one child, of a bank that is known, signed, fresh and never seen before."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            root = etree.fromstring(content, parser)
        except (etree.XMLSyntaxError, ValueError):
            raise Problem("BW01") from None
        document = root.getroottree().docinfo
        version = next((v for v, ns in SOAP.items() if root.tag == f"{{{ns}}}Envelope"), None)
        if version is None or document.doctype:
            raise Problem("BW01")
        call.version, call.charset = version, document.encoding or "UTF-8"
        stamp, body = self._app.verify(root, SOAP[version])
        if len(body) != 1:
            raise Problem("BW01")
        call.operation, call.message_id = etree.QName(body[0]).localname, body[0].get("MessageId", "")
        if body[0].get("AppId") != self._app.app_id:
            raise Problem("AQ02")
        self._admit(call.message_id, stamp)
        return body[0]

    def _admit(self, message_id: str, stamp: etree._Element) -> None:
        """By real time: a shifted sandbox clock ages codes and grants, not the wire."""
        now = datetime.now(UTC)
        try:
            created = datetime.fromisoformat(stamp.findtext(f"{{{WSU}}}Created") or "")
        except ValueError:
            raise Problem("BW01") from None
        if abs(now - created) > SKEW:
            raise Problem("AQ04")
        if not message_id or message_id in self._seen:
            raise Problem("AQ03")
        self._seen = {seen: at for seen, at in self._seen.items() if now - at < 2 * SKEW}
        self._seen[message_id] = now

    def _fault(self, call: _Call, problem: Problem) -> Response:
        told = standing(problem.standing) if problem.standing else {}
        fields = {"Message": problem.message, **told}
        error = element("Error", fields, Code=problem.code, RelatesTo=call.message_id)
        headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after else {}
        payload = _faulted(call.version, problem, error)
        return self._response(call, payload, problem.status(call.version), headers)

    def _response(
        self, call: _Call, payload: etree._Element, status: int, headers: Mapping[str, str]
    ) -> Response:
        content = self._app.signed(payload, call.version, call.charset, datetime.now(UTC))
        kind = "text/xml" if call.version == "1.1" else "application/soap+xml"
        return Response(content, status, {**headers, "Content-Type": f"{kind}; charset={call.charset}"})


def _faulted(version: str, problem: Problem, error: etree._Element) -> etree._Element:
    """The error in the fault element of its SOAP version."""
    ns = SOAP[version]
    fault = etree.Element(f"{{{ns}}}Fault", nsmap={"S": ns})
    if version == "1.1":
        etree.SubElement(fault, "faultcode").text = "S:Server" if problem.ours else "S:Client"
        etree.SubElement(fault, "faultstring").text = problem.message
        etree.SubElement(fault, "detail").append(error)
        return fault
    code = etree.SubElement(etree.SubElement(fault, f"{{{ns}}}Code"), f"{{{ns}}}Value")
    code.text = "S:Receiver" if problem.ours else "S:Sender"
    reason = etree.SubElement(etree.SubElement(fault, f"{{{ns}}}Reason"), f"{{{ns}}}Text")
    reason.set("{http://www.w3.org/XML/1998/namespace}lang", "zh")
    reason.text = problem.message
    etree.SubElement(fault, f"{{{ns}}}Detail").append(error)
    return fault
