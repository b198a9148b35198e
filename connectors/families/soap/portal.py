"""The family's data file as a checked model."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field

from connectors.overlay import RouteOverlay
from connectors.portaldata import FamilyData
from schema.dataset import Dataset


class PortalData(FamilyData):
    """``portal.toml``: what the gateways of this family have in common."""

    path: str
    soap: Literal["1.1", "1.2"]
    charset: Literal["UTF-8", "GBK"]
    most_rows: int = Field(ge=1)
    bank: str
    scopes: dict[Dataset, str]
    operations: dict[Dataset, str]

    @classmethod
    def of(cls, overlay: RouteOverlay) -> Self:
        """As a region's labels have it."""
        return cls.beside(__file__, **overlay.labels)
