"""``/tpass/qr`` and ``/tpass/app``: the sign-ins that the tax app decides. The page asks every half second
what became of its code or request, and leads on by itself."""

from __future__ import annotations

import io
import secrets

import segno
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.families.unified.desk import Counter
from sandbox.families.unified.sessions import Session
from sandbox.families.unified.signin import APP, APPROVAL_PAGE, CODE, CODE_PAGE, HOME, PASSWORD, Desk
from sandbox.taxapp import Task, TaskState, picture_url

TASK_SECONDS = 120.0
REFUSALS = 5
_TOLD: dict[tuple[str, TaskState], str] = {
    (CODE, TaskState.WAITING): "请使用电子税务局APP扫码登录",
    (CODE, TaskState.SCANNED): "已扫描，请在手机上确认登录",
    (CODE, TaskState.EXPIRED): "二维码已过期，请点击刷新",
    (CODE, TaskState.REFUSED): "您已取消登录，请重新扫码",
    (APP, TaskState.WAITING): "请在电子税务局APP中核对数字并确认登录",
    (APP, TaskState.EXPIRED): "确认请求已过期，请重新发送",
    (APP, TaskState.REFUSED): "您已取消登录，请重新发送",
}


class AppDesk:
    """The pages of one portal that wait for the tax app."""

    def __init__(self, counter: Counter, task_seconds: float) -> None:
        self._counter, self._portal, self._desk = counter, counter.portal, Desk(counter)
        self._app, self._seconds = counter.portal.phones.app, task_seconds

    async def code(self, request: Request) -> Response:
        """A fresh code, for anybody."""
        session = self._desk.session(request) or self._counter.sessions.start(HOME)
        page = self._counter.html(
            "qr.html",
            request,
            picture=picture_url(self._new_code(session).picture),
            told=_TOLD[CODE, TaskState.WAITING],
            by_password=PASSWORD in self._counter.sign_ins,
        )
        return self._desk.known(session, page)

    async def approval(self, request: Request) -> Response:
        """A fresh request in the app of the person whose password was right."""
        session = self._desk.session(request)
        if session is None or session.person is None:
            return RedirectResponse("/tpass/login", 302)
        return self._counter.html(
            "app.html",
            request,
            number=self._new_approval(session).number,
            name=session.person.name,
            told=_TOLD[APP, TaskState.WAITING],
        )

    async def renew(self, request: Request) -> Response:
        """``{"picture"}`` or ``{"number"}`` of the next try, or where to ``go`` when none is left."""
        session = self._desk.session(request)
        if session is None:
            return JSONResponse({"go": "/tpass/login"})
        if request.url.path == CODE_PAGE:
            return JSONResponse({"picture": picture_url(self._new_code(session).picture)})
        if session.person is None or session.refusals >= REFUSALS:
            self._counter.sessions.end(session)
            return JSONResponse({"go": "/tpass/login?spent=approval"})
        return JSONResponse({"number": self._new_approval(session).number})

    async def state(self, request: Request) -> Response:
        """``{"state", "told"}``, and where to ``go`` once the person has confirmed."""
        session = self._desk.session(request)
        task = self._app.get(session.task) if session else None
        if session is None or task is None:
            return JSONResponse({"state": "gone", "told": "", "go": "/tpass/login"})
        state, kind = task.at(self._portal.clock.now()), CODE if task.picture else APP
        if state is TaskState.CONFIRMED:
            return JSONResponse({"state": state, "told": "登录成功", "go": f"{APPROVAL_PAGE}/enter"})
        return JSONResponse({"state": state, "told": _TOLD[kind, state]})

    async def enter(self, request: Request) -> Response:
        """Whoever confirmed in the app is signed in, in the session that showed the code, once. The app knows
        people whom this portal does not."""
        session = self._desk.session(request)
        task = self._app.get(session.task) if session else None
        if session is None or task is None or task.state is not TaskState.CONFIRMED:
            return RedirectResponse("/tpass/login", 302)
        session.person, session.task = self._portal.directory.person(task.account), ""
        if session.person is None:
            return RedirectResponse("/tpass/login", 302)
        self._log("sign_in_accepted", session)
        return self._desk.admit(session)

    def _new_code(self, session: Session) -> Task:
        now, word = self._portal.clock.now(), secrets.token_urlsafe(18)
        drawn = io.BytesIO()
        segno.make_qr(f"etax-sandbox:{self._portal.region}:{word}").save(drawn, kind="png", scale=6)
        task = Task(self._portal.name, now, self._seconds, picture=drawn.getvalue())
        return self._show(session, task, "code_shown")

    def _new_approval(self, session: Session) -> Task:
        assert session.person is not None
        now, number = self._portal.clock.now(), f"{secrets.randbelow(100):02d}"
        task = Task(self._portal.name, now, self._seconds, session.person.person_id, number)
        return self._show(session, task, "approval_asked")

    def _show(self, session: Session, task: Task, event: str) -> Task:
        """Let the session wait for this and for nothing before it."""
        before = self._app.get(session.task)
        session.refusals += before is not None and before.state is TaskState.REFUSED
        if before is not None and before.state is not TaskState.CONFIRMED:
            before.state = TaskState.EXPIRED
        session.task = self._app.put(task).id
        self._log(event, session)
        return task

    def _log(self, event: str, session: Session) -> None:
        who = session.person.person_id if session.person else ""
        self._portal.journal.write(event, taxpayer_id=session.asked, person_id=who)


def routes(counter: Counter, task_seconds: float) -> list[Route]:
    """The pages of the ways that the portal offers."""
    desk = AppDesk(counter, task_seconds)
    shown = {CODE: (CODE_PAGE, desk.code), APP: (APPROVAL_PAGE, desk.approval)}
    offered = [shown[way] for way in counter.sign_ins if way in shown]
    return [
        *(Route(path, page) for path, page in offered),
        *(Route(path, desk.renew, methods=["POST"]) for path, _ in offered),
        Route(f"{APPROVAL_PAGE}/state", desk.state),
        Route(f"{APPROVAL_PAGE}/enter", desk.enter),
    ]
