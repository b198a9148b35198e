"""The family's data file as a checked model."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from schema.dataset import Dataset
from schema.errors import RouteBroken, TaxlinkError, catalogue


class PortalData(BaseModel):
    """``portal.toml``: what the platforms of this family have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    resource: str
    detail_type: str
    page_size: int = Field(ge=1)
    datasets: dict[Dataset, str]
    causes: dict[str, str]

    @field_validator("causes")
    @classmethod
    def _known(cls, causes: dict[str, str]) -> dict[str, str]:
        if foreign := set(causes.values()) - set(catalogue()):
            raise ValueError(f"no such cause: {', '.join(sorted(foreign))}")
        return causes

    def cause(self, *words: str) -> type[TaxlinkError]:
        """The cause behind the first of these words that is known."""
        return next((catalogue()[self.causes[word]] for word in words if word in self.causes), RouteBroken)


PORTAL = PortalData.model_validate(tomllib.loads((Path(__file__).parent / "portal.toml").read_text("utf-8")))
