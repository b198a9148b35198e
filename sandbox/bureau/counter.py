"""The bureau's counter: routes to steps and pages, in whatever notation a family brings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.bureau.grants import Days, Grants
from sandbox.bureau.reasons import Problem, Reason
from sandbox.bureau.signin import Fields, Session, SignIn
from sandbox.company import Company
from sandbox.faults import FaultKind
from sandbox.portal import Portal
from schema.period import add_months

MAX_MONTHS = 12
MAX_PAGE = 1000
TURNS = ("check", "sign_in")
"""Steps after which the form token is another one."""


class Notation(Protocol):
    """What a vendor's bureau looks like from outside."""

    cookie: ClassVar[str]
    steps: ClassVar[Mapping[str, str]]
    """Path by step: probe, captcha, check, sign_in, pending, resend, code, grant, grant_query,
    grant_revoke."""
    renamed: ClassVar[Mapping[bytes, bytes]]
    """What the fault ``layout_changed`` does to an answer."""

    async def read(self, request: Request) -> Fields:
        """A step's request in the sandbox's words. Raises ``ValueError``, ``KeyError`` or ``TypeError``."""

    def answer(self, fields: Fields) -> Response: ...

    def refuse(self, reason: Reason) -> Response: ...


@dataclass(frozen=True)
class Asked:
    """A page's request of somebody inside: whose session it is, the company that the bureau shows, and the
    fields as sent."""

    signed_in: Company
    company: Company
    fields: Mapping[str, str]

    def number(self, name: str, most: int) -> int:
        """From 1 to ``most``. Raises ``Problem``."""
        found = int(self.fields[name])
        if not 1 <= found <= most:
            raise Problem(Reason.BAD_REQUEST)
        return found


Page = Callable[[Asked], Response]
Needs = str | Callable[[Mapping[str, str]], str] | None
"""The dataset whose grant a page needs, by its fields; None for a page that needs no grant."""
DaysOf = tuple[str, str]
"""Names of the fields that hold the first and last day."""
Step = Callable[[Session, Fields], Fields]


class Counter:
    """Puts a bureau together. ``scopes`` as for ``Grants``."""

    def __init__(self, portal: Portal, notation: Notation, scopes: Mapping[str, str]) -> None:
        self._portal, self._notation = portal, notation
        self._signin, self._grants = SignIn(portal), Grants(portal, scopes)

    def app(self, pages: list[Route]) -> Starlette:
        """Steps, pages, and the sandbox's own door to the captchas."""
        doors: dict[str, Step] = {
            "check": self._signin.check,
            "sign_in": self._signin.sign_in,
            "pending": lambda session, asked: self._signin.pending(session),
            "resend": lambda session, asked: self._signin.send_code(session),
            "code": self._signin.code,
        }
        inside: dict[str, Step] = {
            "grant": self._grants.give,
            "grant_query": self._grants.find,
            "grant_revoke": self._grants.end,
        }
        steps = [self._step(name, door, inside=False) for name, door in doors.items()]
        steps += [self._step(name, door, inside=True) for name, door in inside.items()]
        return Starlette(routes=[*self._open_doors(), *steps, *pages])

    def _open_doors(self) -> list[Route]:
        async def probe(request: Request) -> Response:
            return self._notation.answer({})

        async def captcha(request: Request) -> Response:
            try:
                asked = await self._notation.read(request)
                session, shown = self._signin.captcha(request.cookies.get(self._notation.cookie, ""), asked)
            except (KeyError, TypeError, ValueError):
                return self._refuse(request, Reason.BAD_REQUEST)
            response = self._notation.answer(shown | {"token": session.token})
            response.set_cookie(self._notation.cookie, session.id, httponly=True, samesite="lax")
            return response

        async def solution(request: Request) -> Response:
            found = self._signin.captchas.solutions.get(request.path_params["account"])
            return JSONResponse(found) if found else JSONResponse({"error": "no open captcha"}, 404)

        paths = self._notation.steps
        return [
            Route(paths["probe"], probe, methods=["POST"]),
            Route(paths["captcha"], captcha, methods=["POST"]),
            Route("/tpass/_sandbox/captcha/{account}", solution),
        ]

    def _step(self, name: str, door: Step, *, inside: bool) -> Route:
        path = self._notation.steps[name]

        async def answer(request: Request) -> Response:
            try:
                session = self._session(request)
                if session.inside is not inside:
                    raise Problem(Reason.SESSION_OVER)
                asked = await self._notation.read(request)
                session.expect(asked)
                done = door(session, asked)
            except Problem as problem:
                return self._refuse(request, problem.reason)
            except (KeyError, TypeError, ValueError):
                return self._refuse(request, Reason.BAD_REQUEST)
            if name in TURNS:
                session.turn()
            return self._notation.answer(done | {"token": session.token})

        return Route(path, answer, methods=["POST"])

    def page(self, path: str, needs: Needs, days: DaysOf | None, show: Page) -> Route:
        """A page that somebody inside reads for the bank."""

        async def answer(request: Request) -> Response:
            try:
                session = self._session(request)
                if not session.inside or session.company is None:
                    raise Problem(Reason.SESSION_OVER)
                fields = await _sent(request)
                dataset = needs(fields) if callable(needs) else needs
                if dataset is not None:
                    self._grants.check(session, dataset, _days(fields, days))
                response = show(
                    Asked(session.company, self._shown(session.company, request.url.path), fields)
                )
            except Problem as problem:
                return self._refuse(request, problem.reason)
            except (KeyError, TypeError, ValueError):
                return self._refuse(request, Reason.BAD_REQUEST)
            self._portal.journal.write(
                "page_served", taxpayer_id=session.company.taxpayer_id, detail=request.url.path
            )
            return self._disguised(request, response)

        return Route(path, answer, methods=["GET", "POST"])

    def _session(self, request: Request) -> Session:
        return self._signin.session(request.cookies.get(self._notation.cookie, ""), request.url.path)

    def _shown(self, company: Company, path: str) -> Company:
        if self._portal.faults.active(FaultKind.WRONG_COMPANY, path):
            return self._portal.directory.stranger(company.taxpayer_id)
        return company

    def _refuse(self, request: Request, reason: Reason) -> Response:
        self._portal.journal.write("refused", detail=f"{request.url.path} {reason.name}")
        return self._notation.refuse(reason)

    def _disguised(self, request: Request, response: Response) -> Response:
        if not self._portal.faults.active(FaultKind.LAYOUT_CHANGED, request.url.path):
            return response
        content = bytes(response.body)
        for known, renamed in self._notation.renamed.items():
            content = content.replace(known, renamed)
        return Response(content, media_type=response.media_type)


async def _sent(request: Request) -> Mapping[str, str]:
    """The fields of a page's request: query, form or JSON."""
    if request.method == "GET":
        return dict(request.query_params)
    if "json" in request.headers.get("content-type", ""):
        found = await request.json()
        return {str(name): str(value) for name, value in found.items()}
    return {name: str(value) for name, value in (await request.form()).items()}


def _days(fields: Mapping[str, str], names: DaysOf | None) -> Days | None:
    """In order, at most ``MAX_MONTHS`` months. Raises ``Problem``."""
    if names is None or names[0] not in fields:
        return None
    start, end = (date.fromisoformat(fields[name]) for name in names)
    if end < start or add_months(start, MAX_MONTHS) <= end:
        raise Problem(Reason.BAD_REQUEST)
    return start, end
