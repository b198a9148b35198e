"""The family's data file as a checked model."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from connectors.jsondoor import Wording
from connectors.portaldata import FamilyData


class ArchiveLimits(BaseModel):
    """What an archive may hold, unpacked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    most_files: int = Field(ge=1)
    most_bytes: int = Field(ge=1)
    most_ratio: int = Field(ge=1)


class PortalData(FamilyData):
    """``portal.toml``: what the portals of this family have in common."""

    prefix: str
    outbox: str
    generations: int = Field(ge=1)
    archive: ArchiveLimits
    authorization: Wording


PORTAL = PortalData.beside(__file__)
