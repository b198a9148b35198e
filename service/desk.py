"""What every endpoint works with: the rooms of the house and the intake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from stages.intake import Intake
from stages.workshop import Workshop


@dataclass(frozen=True)
class Desk:
    shop: Workshop
    intake: Intake


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]
"""An endpoint's way to the desk. Async, so that it costs no thread."""
