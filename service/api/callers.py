"""Who calls: a loan system with its bearer key, for what the key permits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from authz.apikeys import Caller, Scope
from schema.errors import ApiKeyInvalid
from service.desk import AtDesk

_bearer = HTTPBearer(auto_error=False, description="The API key of a loan system (`tlk_…`).")


def _caller(desk: AtDesk, shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Caller:
    if shown is None:
        raise ApiKeyInvalid
    return desk.shop.api_keys.caller(shown.credentials)


def _with(scope: Scope) -> Callable[[Caller], Caller]:
    def permitted(caller: Annotated[Caller, Depends(_caller)]) -> Caller:
        caller.check(scope)
        return caller

    return permitted


# An endpoint's caller. Each raises ``ApiKeyInvalid``, and ``KeyScopeMissing`` for a key without the scope.
Writer = Annotated[Caller, Depends(_with(Scope.WRITE))]
Reader = Annotated[Caller, Depends(_with(Scope.READ))]
ScoreReader = Annotated[Caller, Depends(_with(Scope.SCORES))]
DatasetReader = Annotated[Caller, Depends(_with(Scope.DATASETS))]
EvidenceReader = Annotated[Caller, Depends(_with(Scope.EVIDENCE))]
DocumentGiver = Annotated[Caller, Depends(_with(Scope.DOCUMENTS))]
Withdrawer = Annotated[Caller, Depends(_with(Scope.WITHDRAW))]
