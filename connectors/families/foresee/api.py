"""The bureau's notation: url-encoded forms in; out come objects, objects within a JSON string, and taxML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson

from connectors.bureau.desk import Desk, Reply, Session
from connectors.bureau.portal import load
from schema.errors import ContractChanged, DataCorrupt

PORTAL = load(Path(__file__).parent / "portal.toml")
_COMPANY = "gsNsrsbh"
"""The company's id within 纳税人状态信息 (``nsrztxx``), a list ``name:value,…``."""


class ForeseeDesk(Desk):
    """See ``Desk``."""

    content_type = "application/x-www-form-urlencoded"

    def pack(self, fields: Mapping[str, Any]) -> bytes:
        """A list travels as JSON within its field."""
        flat = {
            name: orjson.dumps(value) if isinstance(value, list) else value for name, value in fields.items()
        }
        return urlencode(flat).encode()

    def unpack(self, content: bytes) -> Reply:
        found = unwrapped(content)
        if "taxML" in found:
            code = at(found, "taxML", "head", "bizRtnMsg").get("code")
            if not isinstance(code, str):
                raise ContractChanged("taxML lacks its code")
            return Reply("" if code == "00" else code, found)
        refused = found.get("returnFlag") == "N" or bool(found.get("error"))
        return Reply(str(found.get("code") or "unknown") if refused else "", found)

    def company(self, session: Session) -> str:
        return owner(self.duties(session))

    def duties(self, session: Session) -> dict[str, Any]:
        """申报清册: which returns the company has to file."""
        return unwrapped(self.fetch(session, self.portal.paths["duties"], {}))


def owner(duties: Mapping[str, Any]) -> str:
    """The company that a list of duties is of. Raises ``ContractChanged``."""
    status = duties.get("nsrztxx")
    fields = dict(each.partition(":")[::2] for each in status.split(",")) if isinstance(status, str) else {}
    if not fields.get(_COMPANY):
        raise ContractChanged("the list of duties does not tell whose it is (nsrztxx)")
    return str(fields[_COMPANY])


def unwrapped(content: bytes) -> dict[str, Any]:
    """The object of an answer, out of the JSON string that may hold it."""
    try:
        found = orjson.loads(content)
        found = orjson.loads(found) if isinstance(found, str) else found
    except orjson.JSONDecodeError:
        raise DataCorrupt(f"an answer of {len(content)} bytes is no JSON") from None
    if not isinstance(found, dict):
        raise ContractChanged("an answer is no object")
    return found


def at(found: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The object at a path of keys. Raises ``ContractChanged`` naming the key that is missing."""
    here: Any = found
    for name in names:
        here = here.get(name) if isinstance(here, dict) else None
        if not isinstance(here, dict):
            raise ContractChanged(f"an answer lacks {name}")
    assert isinstance(here, dict)
    return here
