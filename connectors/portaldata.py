"""A family's data file, ``portal.toml``, as a checked model: what its portals have in common."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, field_validator

from schema.errors import RouteBroken, TaxlinkError, catalogue


class FamilyData(BaseModel):
    """``causes`` is the cause behind each code of the portals."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    causes: dict[str, str]

    @field_validator("causes")
    @classmethod
    def _known(cls, causes: dict[str, str]) -> dict[str, str]:
        if foreign := set(causes.values()) - set(catalogue()):
            raise ValueError(f"no such cause: {', '.join(sorted(foreign))}")
        return causes

    @classmethod
    def beside(cls, module: str, **changes: Any) -> Self:
        """The ``portal.toml`` in the folder of this module, with these changes."""
        given = tomllib.loads(Path(module).with_name("portal.toml").read_text("utf-8"))
        return cls.model_validate({**given, **changes})

    def cause(self, *codes: str) -> type[TaxlinkError]:
        """The cause behind the first of these codes that is known; ``RouteBroken`` where none is."""
        return next((catalogue()[self.causes[code]] for code in codes if code in self.causes), RouteBroken)
