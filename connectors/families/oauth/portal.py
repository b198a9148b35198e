"""The family's data file as a checked model."""

from __future__ import annotations

from pydantic import Field

from connectors.portaldata import FamilyData
from schema.dataset import Dataset


class PortalData(FamilyData):
    """``portal.toml``: what the platforms of this family have in common."""

    resource: str
    detail_type: str
    page_size: int = Field(ge=1)
    datasets: dict[Dataset, str]


PORTAL = PortalData.beside(__file__)
