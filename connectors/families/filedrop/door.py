"""银税授权 at the portal, as ``connectors.smsgrant`` asks for it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import orjson

from connectors.families.filedrop.api import FiledropApi, refusal, required
from connectors.families.filedrop.portal import PortalData
from connectors.interface import AuthorizationRequest, Grant
from connectors.smsgrant import Pending
from schema.errors import ChallengeRejected, ContractChanged, GrantRevoked, WrongTaxpayer

WRONG_CODE = "2101"
_BEIJING = timezone(timedelta(hours=8))


class FiledropDoor:
    """See ``connectors.smsgrant.Door``."""

    def __init__(self, api: FiledropApi, portal: PortalData) -> None:
        self._api, self._portal = api, portal

    def apply(self, request: AuthorizationRequest) -> Pending | Grant:
        asked = {
            "ywlsh": request.reference,
            "nsrsbh": request.taxpayer_id,
            "sqrsfzh": request.person_id,
            "yhmc": self._portal.bank,
            "sqfw": [
                {"sjlx": self._portal.scopes[dataset], "qsrq": str(days.start), "jzrq": str(days.end)}
                for dataset, days in sorted(request.scopes.items())
            ],
        }
        return _standing(request, self._api.call("authorization/apply", asked))

    def confirm(self, request: AuthorizationRequest, code: str) -> Pending | Grant:
        try:
            asked = {"ywlsh": request.reference, "yzm": code}
            return _standing(request, self._api.once("authorization/confirm", asked))
        except ChallengeRejected as error:
            refused = refusal(error)
            if refused is None or refused.code != WRONG_CODE:
                raise
            return _standing(request, refused.data)

    def query(self, request: AuthorizationRequest) -> Pending | Grant:
        return _standing(request, self._api.call("authorization/query", {"ywlsh": request.reference}))


def _standing(request: AuthorizationRequest, data: object) -> Pending | Grant:
    told = required(data, {"nsrsbh": str, "sqzt": str})
    if told["nsrsbh"] != request.taxpayer_id:
        raise WrongTaxpayer
    match told["sqzt"]:
        case "待确认":
            pending = required(told, {"sjhm": str, "yxsc": int})
            return Pending(pending["sjhm"], pending["yxsc"])
        case "已授权":
            given = required(told, dict.fromkeys(("sqhzh", "fwlp", "sqsj", "yxqz"), str))
            secret = orjson.dumps({"sqhzh": given["sqhzh"], "fwlp": given["fwlp"]})
            return Grant(given["sqhzh"], _instant(given["sqsj"]), _instant(given["yxqz"]), secret)
        case "已撤销":
            raise GrantRevoked("the application was granted and revoked before")
    raise ContractChanged("an authorization is in a state we do not know")


def _instant(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_BEIJING)
    except ValueError:
        raise ContractChanged("a time is printed in another form") from None
