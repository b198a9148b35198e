"""The family's data file as a checked model."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from schema.dataset import Dataset
from schema.errors import RouteBroken, TaxlinkError, catalogue


class ArchiveLimits(BaseModel):
    """What an archive may hold, unpacked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    most_files: int = Field(ge=1)
    most_bytes: int = Field(ge=1)
    most_ratio: int = Field(ge=1)


class PortalData(BaseModel):
    """``portal.toml``: what the portals of this family have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prefix: str
    outbox: str
    bank: str
    generations: int = Field(ge=1)
    archive: ArchiveLimits
    scopes: dict[Dataset, str]
    causes: dict[str, str]

    @field_validator("causes")
    @classmethod
    def _known(cls, causes: dict[str, str]) -> dict[str, str]:
        if foreign := set(causes.values()) - set(catalogue()):
            raise ValueError(f"no such cause: {', '.join(sorted(foreign))}")
        return causes

    def cause(self, code: str) -> type[TaxlinkError]:
        """The cause behind a code of the portal."""
        return catalogue()[self.causes[code]] if code in self.causes else RouteBroken


PORTAL = PortalData.model_validate(tomllib.loads((Path(__file__).parent / "portal.toml").read_text("utf-8")))
