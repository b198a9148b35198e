"""银税授权 in JSON messages, as ``connectors.smsgrant`` asks for it. Portals of this kind share the fields;
methods, states and codes are their own, as data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import orjson
from pydantic import BaseModel, ConfigDict

from connectors.interface import AuthorizationRequest, Grant
from connectors.smsgrant import Pending
from schema.clock import BEIJING
from schema.dataset import Dataset
from schema.errors import ChallengeRejected, ContractChanged, GrantRevoked, TaxlinkError, WrongTaxpayer


class Wording(BaseModel):
    """``[authorization]`` of a family's ``portal.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bank: str
    """The bank's name as the SMS to the person shows it."""
    apply: str
    confirm: str
    query: str
    pending: str
    granted: str
    revoked: str
    wrong_code: str
    """The code of a refusal after which another SMS code may be tried."""
    day: str
    """How a day is written, for ``strftime``."""
    scopes: dict[Dataset, str]
    """数据类型 by dataset."""


class Refusal(Exception):
    """The portal refused with a code of its own: the ``__cause__`` of an error. ``data`` is what came with
    it, an object or its JSON."""

    def __init__(self, code: str, data: object) -> None:
        super().__init__(code)
        self.code, self.data = code, data


class Messages(Protocol):
    """What answers: an object, or its JSON. A refusal is its cause ``from Refusal``."""

    def call(self, method: str, asked: Mapping[str, Any]) -> object:
        """Tried again while that helps."""

    def once(self, method: str, asked: Mapping[str, Any]) -> object:
        """Without a second try."""


class JsonDoor:
    """See ``connectors.smsgrant.Door``. A grant's secret is receipt (授权回执号) and token (访问令牌)."""

    def __init__(self, messages: Messages, wording: Wording) -> None:
        self._messages, self._wording = messages, wording

    def apply(self, request: AuthorizationRequest) -> Pending | Grant:
        wording = self._wording
        asked = {
            "ywlsh": request.reference,
            "nsrsbh": request.taxpayer_id,
            "sqrsfzh": request.person_id or None,
            "yhmc": wording.bank,
            "sqfw": [
                {
                    "sjlx": wording.scopes[dataset],
                    "qsrq": days.start.strftime(wording.day),
                    "jzrq": days.end.strftime(wording.day),
                }
                for dataset, days in sorted(request.scopes.items())
            ],
        }
        return self._standing(request, self._messages.call(wording.apply, asked))

    def confirm(self, request: AuthorizationRequest, code: str) -> Pending | Grant:
        asked = {"ywlsh": request.reference, "yzm": code}
        try:
            return self._standing(request, self._messages.once(self._wording.confirm, asked))
        except ChallengeRejected as error:
            refused = refusal(error)
            if refused is None or refused.code != self._wording.wrong_code:
                raise
            return self._standing(request, refused.data)

    def query(self, request: AuthorizationRequest) -> Pending | Grant:
        return self._standing(request, self._messages.call(self._wording.query, {"ywlsh": request.reference}))

    def _standing(self, request: AuthorizationRequest, data: object) -> Pending | Grant:
        told = required(data, {"nsrsbh": str, "sqzt": str})
        if told["nsrsbh"] != request.taxpayer_id:
            raise WrongTaxpayer
        if told["sqzt"] == self._wording.pending:
            pending = required(told, {"sjhm": str, "yxsc": int})
            return Pending(pending["sjhm"], pending["yxsc"])
        if told["sqzt"] == self._wording.granted:
            given = required(told, dict.fromkeys(("sqhzh", "fwlp", "sqsj", "yxqz"), str))
            secret = orjson.dumps({"sqhzh": given["sqhzh"], "fwlp": given["fwlp"]})
            return Grant(given["sqhzh"], _instant(given["sqsj"]), _instant(given["yxqz"]), secret)
        if told["sqzt"] == self._wording.revoked:
            raise GrantRevoked("the application was granted and revoked before")
        raise ContractChanged("an authorization is in a state we do not know")


def refusal(error: TaxlinkError) -> Refusal | None:
    """The portal's own code and data behind a cause, where the portal gave one."""
    return error.__cause__ if isinstance(error.__cause__, Refusal) else None


def required(data: object, kinds: Mapping[str, type]) -> dict[str, Any]:
    """The object, its required keys checked. Raises ``ContractChanged`` naming the key."""
    try:
        found = orjson.loads(data) if isinstance(data, bytes) else data
    except orjson.JSONDecodeError:
        raise ContractChanged("an answer is no JSON") from None
    if not isinstance(found, dict):
        raise ContractChanged("an answer is no object")
    for name, kind in kinds.items():
        if not isinstance(found.get(name), kind):
            raise ContractChanged(f"an answer lacks {name} as {kind.__name__}")
    return found


def _instant(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        raise ContractChanged("a time is printed in another form") from None
