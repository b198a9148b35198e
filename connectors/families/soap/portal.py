"""The family's data file as a checked model."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from connectors.overlay import RouteOverlay
from schema.dataset import Dataset
from schema.errors import RouteBroken, TaxlinkError, catalogue


class PortalData(BaseModel):
    """``portal.toml``: what the gateways of this family have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    soap: Literal["1.1", "1.2"]
    charset: Literal["UTF-8", "GBK"]
    most_rows: int = Field(ge=1)
    bank: str
    scopes: dict[Dataset, str]
    operations: dict[Dataset, str]
    causes: dict[str, str]

    @field_validator("causes")
    @classmethod
    def _known(cls, causes: dict[str, str]) -> dict[str, str]:
        if foreign := set(causes.values()) - set(catalogue()):
            raise ValueError(f"no such cause: {', '.join(sorted(foreign))}")
        return causes

    def cause(self, code: str) -> type[TaxlinkError]:
        """The cause behind a code of the gateway."""
        return catalogue()[self.causes[code]] if code in self.causes else RouteBroken

    @classmethod
    def of(cls, overlay: RouteOverlay) -> PortalData:
        """As a region's labels have it."""
        given = tomllib.loads((Path(__file__).parent / "portal.toml").read_text("utf-8"))
        return cls.model_validate({**given, **overlay.labels})
