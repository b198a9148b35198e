"""The bureau's notation: JSON both ways, answers enveloped with ``success``, ``msgCode`` and ``value``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from connectors import jsonhead
from connectors.bureau.desk import Desk, Reply, Session
from connectors.bureau.portal import load
from schema.errors import ContractChanged

PORTAL = load(Path(__file__).parent / "portal.toml")


class ServyouDesk(Desk):
    """See ``Desk``."""

    content_type = "application/json;charset=UTF-8"

    def pack(self, fields: Mapping[str, Any]) -> bytes:
        return orjson.dumps(dict(fields))

    def unpack(self, content: bytes) -> Reply:
        return _reply(jsonhead.whole(content))

    def glance(self, content: bytes) -> Reply:
        try:
            return _reply(jsonhead.head(content))
        except ContractChanged:  # an envelope with a list of its own
            return self.unpack(content)

    def company(self, session: Session) -> str:
        record = self.value(self.fetch(session, self.portal.paths["taxpayer"], {}))
        found = record.get("nsrsbh") if isinstance(record, dict) else None
        if not isinstance(found, str):
            raise ContractChanged("纳税人信息 does not tell whose it is (nsrsbh)")
        return found

    def value(self, content: bytes) -> Any:
        """What the envelope of a success holds."""
        return self.unpack(content).body


def _reply(found: Any) -> Reply:
    if not isinstance(found, dict) or not isinstance(found.get("success"), bool) or "value" not in found:
        raise ContractChanged("an answer has another envelope")
    return Reply("" if found["success"] else str(found.get("msgCode") or "unknown"), found["value"])
