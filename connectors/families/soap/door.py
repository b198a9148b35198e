"""银税授权 at the gateway, as ``connectors.smsgrant`` asks for it."""

from __future__ import annotations

from datetime import datetime

import orjson
from lxml import etree

from connectors.families.soap.api import SoapApi, fault, text
from connectors.families.soap.portal import PortalData
from connectors.interface import AuthorizationRequest, Grant
from connectors.smsgrant import Pending
from schema.clock import BEIJING
from schema.errors import ChallengeRejected, ContractChanged, GrantRevoked, WrongTaxpayer

WRONG_CODE = "YZ01"


class SoapDoor:
    """See ``connectors.smsgrant.Door``."""

    def __init__(self, api: SoapApi, portal: PortalData) -> None:
        self._api, self._portal = api, portal

    def apply(self, request: AuthorizationRequest) -> Pending | Grant:
        asked = {
            "Ywlsh": request.reference,
            "Nsrsbh": request.taxpayer_id,
            "Sqrsfzh": request.person_id or None,
            "Yhmc": self._portal.bank,
            "Sqfw": [
                {"Sjlx": self._portal.scopes[dataset], "Qsrq": str(days.start), "Jzrq": str(days.end)}
                for dataset, days in sorted(request.scopes.items())
            ],
        }
        return _standing(request, self._api.call("ApplyAuthorization", asked).payload)

    def confirm(self, request: AuthorizationRequest, code: str) -> Pending | Grant:
        try:
            asked = {"Ywlsh": request.reference, "Yzm": code}
            return _standing(request, self._api.once("ConfirmAuthorization", asked).payload)
        except ChallengeRejected as error:
            refused = fault(error)
            if refused is None or refused.code != WRONG_CODE:
                raise
            return _standing(request, refused.error)

    def query(self, request: AuthorizationRequest) -> Pending | Grant:
        found = self._api.call("QueryAuthorization", {"Ywlsh": request.reference})
        return _standing(request, found.payload)


def _standing(request: AuthorizationRequest, told: etree._Element) -> Pending | Grant:
    if text(told, "Nsrsbh") != request.taxpayer_id:
        raise WrongTaxpayer
    match text(told, "Sqzt"):
        case "DQR":
            return Pending(text(told, "Sjhm"), _number(text(told, "Yxsc")))
        case "YSQ":
            receipt = text(told, "Sqhzh")
            secret = orjson.dumps({"Sqhzh": receipt, "Fwlp": text(told, "Fwlp")})
            return Grant(receipt, _instant(text(told, "Sqsj")), _instant(text(told, "Yxqz")), secret)
        case "YCX":
            raise GrantRevoked("the application was granted and revoked before")
    raise ContractChanged("an authorization is in a state we do not know")


def _number(printed: str) -> int:
    if not printed.isdecimal():
        raise ContractChanged("a number is printed in another form")
    return int(printed)


def _instant(printed: str) -> datetime:
    try:
        found = datetime.fromisoformat(printed)
    except ValueError:
        raise ContractChanged("a time is printed in another form") from None
    return found if found.tzinfo else found.replace(tzinfo=BEIJING)
