"""What every part of a policy is made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Grade = Literal["G1", "G2", "G3", "G4", "G5"]
GRADES: tuple[Grade, ...] = ("G1", "G2", "G3", "G4", "G5")
Light = Literal["green", "amber", "red"]
LIGHTS: tuple[Light, ...] = ("green", "amber", "red")
Route = Literal["pre_approved", "simplified", "full"]
Share = Annotated[float, Field(ge=0, le=1)]
Points = Annotated[float, Field(ge=0, le=100)]


class Data(BaseModel):
    """Frozen, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
