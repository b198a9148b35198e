"""The bureau's counter: how every page is guarded and drawn, and the pages of ``/etax`` that only show."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.company import Company
from sandbox.families.unified.captcha import Captchas
from sandbox.families.unified.sessions import Session, Sessions
from sandbox.faults import FaultKind
from sandbox.portal import Portal
from schema.region import region as region_of

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(),
    trim_blocks=True,
)
_PAGES.globals["printed"] = lambda instant: f"{datetime.fromisoformat(instant):%Y-%m-%d %H:%M:%S}"
_RENAMED = (
    ("tx-", "n26-"),
    ("纳税人名称", "主体名称"),
    ("纳税人识别号", "主体代码"),
    ("本月数", "当期金额"),
    ("开票日期", "日期"),
)
"""What ``layout_changed`` does: other ids, classes and labels, on a page that still works for a person."""


@dataclass(frozen=True)
class Visit:
    """A signed-in person at a page, and the company that the portal shows."""

    session: Session
    company: Company


Page = Callable[[Request, Visit], Awaitable[Response]]


class Counter:
    """What every page group shares. ``sign_ins`` are the ways to sign in that the portal offers."""

    def __init__(
        self, portal: Portal, sessions: Sessions, captchas: Captchas, sign_ins: Collection[str]
    ) -> None:
        self.portal, self.sessions, self.captchas, self.sign_ins = portal, sessions, captchas, sign_ins
        self.region = region_of(portal.region)

    def cookie(self, host: str) -> str:
        """Cookies ignore ports, and regions of the sandbox share one address: the region is in the name."""
        return f"{host}_{self.portal.region}"

    def html(self, template: str, request: Request, **values: object) -> HTMLResponse:
        """A page, under the fault ``layout_changed`` with other ids, classes and labels."""
        text = _PAGES.get_template(template).render(region=self.region, **values)
        if self.portal.faults.active(FaultKind.LAYOUT_CHANGED, request.url.path):
            for old, new in _RENAMED:
                text = text.replace(old, new)
        return HTMLResponse(text, headers={"Cache-Control": "no-store"})

    def guarded(self, host: str, page: Page) -> Callable[[Request], Awaitable[Response]]:
        """The page for whoever is signed in; everybody else goes to sign in and comes back."""

        async def answer(request: Request) -> Response:
            session = self.sessions.find(request.cookies.get(self.cookie(host)))
            if session and self.portal.faults.active(FaultKind.SESSION_LOST, request.url.path):
                self.sessions.end(session)
                self._log("session_ended", session, "lost")
                session = None
            if session is None or session.role is None or not session.inside:
                here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                return RedirectResponse(f"/tpass/login?service={quote(here, safe='')}", 302)
            visit = Visit(session, self._shown(session.role.taxpayer_id, request))
            self._log("page_served", session, request.url.path)
            return await page(request, visit)

        return answer

    def _shown(self, taxpayer_id: str, request: Request) -> Company:
        directory = self.portal.directory
        if self.portal.faults.active(FaultKind.WRONG_COMPANY, request.url.path):
            return directory.stranger(taxpayer_id)
        return directory.companies[taxpayer_id]

    def _log(self, event: str, session: Session, detail: str) -> None:
        assert session.person is not None
        taxpayer_id = session.role.taxpayer_id if session.role else ""
        self.portal.journal.write(
            event, taxpayer_id=taxpayer_id, person_id=session.person.person_id, detail=detail
        )


def routes(counter: Counter) -> list[Route]:
    """Home, 纳税人信息, 纳税信用等级, 申报查询, and the exchange of tickets for cookies."""

    def showing(template: str) -> Page:
        async def page(request: Request, visit: Visit) -> Response:
            return counter.html(template, request, visit=visit, company=visit.company)

        return page

    async def returns(request: Request, visit: Visit) -> Response:
        start, end = day(request, "start", date(1994, 1, 1)), day(request, "end", date.max)
        found = [filed for filed in visit.company.returns if start <= filed.start and filed.end <= end]
        return counter.html(
            "returns.html", request, visit=visit, company=visit.company, returns=found, start=start, end=end
        )

    async def one_return(request: Request, visit: Visit) -> Response:
        wanted = request.path_params["return_id"]
        filed = next((each for each in visit.company.returns if each.return_id == wanted), None)
        if filed is None:
            return counter.html(
                "notice.html",
                request,
                visit=visit,
                company=visit.company,
                title="提示",
                text="未查询到该申报表",
            )
        return counter.html("return.html", request, visit=visit, company=visit.company, filed=filed)

    async def exchange(request: Request) -> Response:
        """``/etax/sso`` and ``/dppt/sso``: a ticket of tpass for this host's own cookie."""
        host = request.url.path.split("/")[1]
        service = request.query_params.get("service", "")
        cookie = counter.sessions.redeem(request.query_params.get("ticket", ""), host)
        if cookie is None or not service.startswith(f"/{host}/"):
            return RedirectResponse("/tpass/login", 302)
        response = RedirectResponse(service, 302)
        response.set_cookie(counter.cookie(host), cookie, path=f"/{host}", httponly=True, samesite="lax")
        return response

    async def root(request: Request) -> Response:
        return RedirectResponse("/etax/home", 302)

    return [
        Route("/", root),
        Route("/etax/sso", exchange),
        Route("/dppt/sso", exchange),
        Route("/etax/home", counter.guarded("etax", showing("home.html"))),
        Route("/etax/nsrxx", counter.guarded("etax", showing("taxpayer.html"))),
        Route("/etax/xydj", counter.guarded("etax", showing("credit.html"))),
        Route("/etax/sbcx", counter.guarded("etax", returns)),
        Route("/etax/sbcx/{return_id}", counter.guarded("etax", one_return)),
    ]


def day(request: Request, name: str, default: date) -> date:
    """A day of the query; the default for an absent or malformed one."""
    try:
        return date.fromisoformat(request.query_params[name])
    except (KeyError, ValueError):
        return default
