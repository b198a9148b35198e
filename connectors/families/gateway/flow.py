"""One authorization at the gateway: apply, SMS code, grant. The reference is the idempotency key."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import orjson

from connectors.families.gateway.api import GatewayApi, parsed, refusal
from connectors.families.gateway.portal import PortalData
from connectors.interface import Answer, AuthorizationRequest, Challenge, ChallengeKind, Grant, Resume
from schema.errors import (
    Action,
    AnswerInvalid,
    ChallengeExpired,
    ChallengeRejected,
    ContractChanged,
    GrantRevoked,
    TaxlinkError,
    WrongTaxpayer,
)

WRONG_CODE = "40901"
_BEIJING = timezone(timedelta(hours=8))
_PENDING, _GRANTED, _REVOKED = "01", "02", "03"
_STATE_VERSION = 1


class GatewayFlow:
    """See ``connectors.interface.Flow``. Its state holds no secret: the gateway knows the reference."""

    def __init__(self, api: GatewayApi, portal: PortalData, request: AuthorizationRequest) -> None:
        self._api, self._portal, self._request = api, portal, request

    def advance(self, answer: Answer | None) -> Challenge | Grant:
        return self._apply() if answer is None else self._confirm(answer)

    def state(self) -> bytes:
        return orjson.dumps({"version": _STATE_VERSION, "reference": self._request.reference})

    def close(self) -> None:
        """The gateway keeps nothing open."""

    def check(self, state: bytes) -> None:
        """Raises ``ContractChanged`` for a state of another version or another authorization."""
        if orjson.loads(state) != orjson.loads(self.state()):
            raise ContractChanged("the sealed flow is of another version or authorization")

    def existing(self) -> Grant | None:
        """The grant of this reference, by whatever route it was made."""
        try:
            found = self._outcome(self._api.call("authorization.query", {"ywlsh": self._request.reference}))
        except (ChallengeExpired, GrantRevoked):
            return None
        return found if isinstance(found, Grant) else None

    def _apply(self) -> Challenge | Grant:
        request = self._request
        scopes = [
            {
                "sjlx": self._portal.scopes[dataset],
                "qsrq": f"{period.start:%Y%m%d}",
                "jzrq": f"{period.end:%Y%m%d}",
            }
            for dataset, period in sorted(request.scopes.items())
        ]
        asked = {
            "ywlsh": request.reference,
            "nsrsbh": request.taxpayer_id,
            "sqrsfzh": request.person_id or None,
            "yhmc": self._portal.bank,
            "sqfw": scopes,
        }
        return self._outcome(self._api.call("authorization.apply", asked))

    def _confirm(self, answer: Answer) -> Challenge | Grant:
        """Sent once: a code whose fate is unknown is never sent twice, the gateway is asked for the outcome
        instead."""
        if not (code := answer.get("code", "").strip()):
            raise AnswerInvalid
        try:
            return self._outcome(
                self._api.once("authorization.confirm", {"ywlsh": self._request.reference, "yzm": code})
            )
        except ChallengeRejected as error:
            refused = refusal(error)
            if refused is None or refused.code != WRONG_CODE:
                raise
            return self._outcome(refused.body, retry=True)
        except TaxlinkError as error:
            if error.action is not Action.RETRY:
                raise
            if (grant := self.existing()) is None:
                raise
            return grant

    def _outcome(self, content: bytes, *, retry: bool = False) -> Challenge | Grant:
        body = parsed(content, {"nsrsbh": str, "sqzt": str})
        if body["nsrsbh"] != self._request.taxpayer_id:
            raise WrongTaxpayer
        if body["sqzt"] == _GRANTED:
            return _grant(parsed(content, {"sqhzh": str, "fwlp": str, "sqsj": str, "yxqz": str}))
        if body["sqzt"] == _REVOKED:
            raise GrantRevoked("the application was granted and revoked before")
        if body["sqzt"] != _PENDING:
            raise ContractChanged("an authorization is in a state we do not know")
        pending = parsed(content, {"sjhm": str, "yxsc": int})
        return Challenge(
            ChallengeKind.SMS_CODE, Resume.SERIALIZABLE, pending["yxsc"], hint=pending["sjhm"], retry=retry
        )


def _grant(body: dict[str, Any]) -> Grant:
    secret = orjson.dumps({"sqhzh": body["sqhzh"], "fwlp": body["fwlp"]})
    return Grant(body["sqhzh"], _instant(body["sqsj"]), _instant(body["yxqz"]), secret)


def _instant(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_BEIJING)
    except ValueError:
        raise ContractChanged("a time is printed in another form") from None
