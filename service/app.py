"""The service, put together."""

from __future__ import annotations

from fastapi import FastAPI

from service import api, console, link, problems
from service.console.login import SignInNeeded
from service.console.routes import to_sign_in
from service.desk import Desk
from service.edge import BodyCheck, Edge
from service.metrics import Metrics, router
from stages.intake import Intake
from stages.workshop import Workshop


def create(workshop: Workshop, intake: Intake) -> FastAPI:
    """The ASGI application over one workshop.

    Paths hold link tokens, so serve it without an access log; let a shutdown end the open event streams after
    a short grace.
    """
    app = FastAPI(
        title="Taxlink",
        version="1",
        description="One tap in, one scored and evidenced file out. Every failure is "
        "`application/problem+json` with a `code` and a message in Chinese and English.",
        docs_url=None,  # the framework's pages load their scripts from elsewhere
        redoc_url=None,
    )
    metrics = Metrics(workshop.store)
    app.state.desk, app.state.metrics = Desk(workshop, intake), metrics
    problems.install(app)
    app.add_exception_handler(SignInNeeded, to_sign_in)
    app.include_router(router(metrics))
    app.include_router(api.router)
    for room in (link, console):
        app.include_router(room.router)
        app.mount(f"/assets/{room.NAME}", room.assets())
    app.add_middleware(BodyCheck)
    app.add_middleware(Edge, metrics=metrics, tls=workshop.settings.public_url.startswith("https:"))
    return app
