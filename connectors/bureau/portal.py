"""A bureau family's data file as a checked model."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from connectors.portaldata import FamilyData
from schema.dataset import Dataset


class Again(BaseModel):
    """Codes after which the person is asked once more: a wrong captcha, a wrong SMS code, a late one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    captcha: str
    code: str
    late: str


class BureauData(FamilyData):
    """``portal.toml``: what the bureaus of one vendor have in common."""

    bank: str
    cookie: str
    """Name of the session cookie; no other is kept."""
    sign_in_page: str
    """Where a page sends somebody whose session has ended; empty where a code says so."""
    active: str
    """The state of a grant that is in force."""
    months_per_query: int = Field(ge=1)
    paths: dict[str, str]
    words: dict[str, str]
    """The bureau's field name by ours."""
    scopes: dict[Dataset, str]
    again: Again


def load(file: Path) -> BureauData:
    return BureauData.model_validate(tomllib.loads(file.read_text("utf-8")))
