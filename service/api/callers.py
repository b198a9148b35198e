"""Who calls: a loan system with its bearer key."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from authz.apikeys import Caller
from schema.errors import ApiKeyInvalid
from service.desk import AtDesk

_bearer = HTTPBearer(auto_error=False, description="The API key of a loan system (`tlk_…`).")


def _caller(desk: AtDesk, shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Caller:
    if shown is None:
        raise ApiKeyInvalid
    return desk.shop.api_keys.caller(shown.credentials)


FromCaller = Annotated[Caller, Depends(_caller)]
"""An endpoint's caller. Raises ``ApiKeyInvalid``."""
