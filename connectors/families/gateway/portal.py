"""The family's data file as a checked model."""

from __future__ import annotations

from pydantic import Field

from connectors.jsondoor import Wording
from connectors.portaldata import FamilyData
from schema.dataset import Dataset


class PortalData(FamilyData):
    """``portal.toml``: what the gateways of this family have in common."""

    prefix: str
    months_per_query: int = Field(ge=1)
    authorization: Wording
    methods: dict[Dataset, str]
    listings: dict[Dataset, dict[str, str]]
    """By dataset: the method of each table that comes as a list of the period."""


PORTAL = PortalData.beside(__file__)
