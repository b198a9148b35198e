"""``/tpass``: account and password behind a captcha, SMS code, choice of identity, sign-out. What the tax app
takes part in is in ``appsignin``."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.company import Person, Role
from sandbox.families.unified.desk import Counter
from sandbox.families.unified.sessions import SMS_SECONDS, SMS_TRIES, Session
from sandbox.journal import digest
from sandbox.phone import Sms

LOCK_AFTER = 5
HOME = "/etax/home"
WRONG = "账号或密码错误"
LOCKED = "密码错误次数过多，账号已锁定，请24小时后再试"
UNKNOWN = "未查询到该纳税人的登记信息"
CAPTCHA_SPENT = "验证失败次数过多，请稍后重新登录"
SMS_WRONG = "短信验证码错误，请重新输入"
SMS_EXPIRED = "短信验证码已过期，请重新获取"
SMS_SPENT = "短信验证码错误次数过多，请重新登录"
APPROVAL_SPENT = "APP确认失败次数过多，请重新登录"
_SPENT = {"captcha": CAPTCHA_SPENT, "approval": APPROVAL_SPENT}
PASSWORD, CODE, APP = "password", "qr", "app"
"""Ways to sign in: by password, by a code that the tax app scans; with the last one, a password is followed
by approval in the app in place of an SMS code."""
CODE_PAGE, APPROVAL_PAGE = "/tpass/qr", "/tpass/app"


class Desk:
    """The sign-in pages of one portal."""

    def __init__(self, counter: Counter) -> None:
        self._counter, self._portal = counter, counter.portal
        self._sessions, self._captchas = counter.sessions, counter.captchas

    async def login(self, request: Request) -> Response:
        """The form, or straight on for somebody who is signed in already. A portal that takes no passwords
        shows its code."""
        service = request.query_params.get("service", HOME)
        session = self.session(request)
        if session and session.inside:
            session.service = service
            return self._enter(session)
        session = self._sessions.start(service)
        if PASSWORD not in self._counter.sign_ins:
            return self.known(session, RedirectResponse(CODE_PAGE, 302))
        return self.form(request, session, _SPENT.get(request.query_params.get("spent", ""), ""))

    async def captcha(self, request: Request) -> Response:
        account = request.query_params.get("account", "").strip()
        return JSONResponse(self._captchas.new(account).shown())

    async def check_captcha(self, request: Request) -> Response:
        """``{"pass"}`` for the right answer, else the next captcha, or where to ``go`` when none is left."""
        form, session = await request.form(), self.session(request)
        account = str(form.get("account", "")).strip()
        if word := self._captchas.check(str(form.get("id", "")), str(form.get("answer", ""))):
            return JSONResponse({"pass": word})
        self._portal.journal.write("captcha_wrong", person_id=account)
        if session is None or self._captchas.exhausted(session.id):
            return JSONResponse({"go": "/tpass/login?spent=captcha"})
        return JSONResponse({"again": self._captchas.new(account).shown()})

    async def sign_in(self, request: Request) -> Response:
        form, session = await request.form(), self.session(request)
        company_id, account, password, word = (
            str(form.get(name, "")).strip() for name in ("company", "account", "password", "pass")
        )
        if session is None or not self._captchas.spend(word):
            return self.form(request, self._sessions.start(HOME), "请完成安全验证")
        if self._portal.directory.company(company_id) is None:
            self._portal.journal.write("refused", taxpayer_id=company_id, detail="unknown company")
            return self.form(request, session, UNKNOWN)
        person = self._portal.directory.person(account)
        if message := self._password_fault(person, company_id, account, password):
            return self.form(request, session, message)
        assert person is not None
        session.person, session.asked = person, company_id
        self._portal.journal.write("sign_in_accepted", taxpayer_id=company_id, person_id=person.person_id)
        if APP in self._counter.sign_ins:
            return RedirectResponse(APPROVAL_PAGE, 302)
        self._send_code(session)
        return RedirectResponse("/tpass/sms", 302)

    def _password_fault(self, person: Person | None, company_id: str, account: str, password: str) -> str:
        """The message of a refusal, counted and journalled; empty when the password is right."""
        mark = digest(password)
        if person and person.locked:
            self._portal.journal.write(
                "sign_in_locked", taxpayer_id=company_id, person_id=person.person_id, mark=mark
            )
            return LOCKED
        if (
            person
            and person.password == password
            and any(role.taxpayer_id == company_id for role in person.roles)
        ):
            person.failed_sign_ins = 0
            return ""
        known = person.person_id if person else account
        self._portal.journal.write("sign_in_rejected", taxpayer_id=company_id, person_id=known, mark=mark)
        if person is None:
            return WRONG
        person.failed_sign_ins += 1
        person.locked = person.failed_sign_ins >= LOCK_AFTER
        return LOCKED if person.locked else f"{WRONG}，您还可以尝试{LOCK_AFTER - person.failed_sign_ins}次"

    async def sms(self, request: Request) -> Response:
        session = self.session(request)
        if session is None or session.person is None:
            return RedirectResponse("/tpass/login", 302)
        return self._sms_page(request, session, "")

    async def resend(self, request: Request) -> Response:
        session = self.session(request)
        if session is None or session.person is None:
            return RedirectResponse("/tpass/login", 302)
        self._send_code(session)
        return RedirectResponse("/tpass/sms", 302)

    async def check_sms(self, request: Request) -> Response:
        form, session = await request.form(), self.session(request)
        if session is None or session.person is None or session.sms is None:
            return RedirectResponse("/tpass/login", 302)
        if self._sessions.code_expired(session.sms):
            return self._sms_page(request, session, SMS_EXPIRED)
        if str(form.get("code", "")).strip() != session.sms.code:
            return self._wrong_code(request, session)
        session.sms = None
        return self.admit(session)

    def admit(self, session: Session) -> Response:
        """The person is who they say: on to the choice of identity where there is one, else in."""
        assert session.person is not None
        session.verified = True
        if len(session.person.roles) > 1:
            return RedirectResponse("/tpass/identity", 302)
        return self._choose(session, session.person.roles[0])

    def _wrong_code(self, request: Request, session: Session) -> Response:
        assert session.person is not None
        assert session.sms is not None
        self._portal.journal.write("sms_wrong", taxpayer_id=session.asked, person_id=session.person.person_id)
        session.sms.tries += 1
        if session.sms.tries < SMS_TRIES:
            return self._sms_page(request, session, SMS_WRONG)
        self._sessions.end(session)
        return self.form(request, self._sessions.start(HOME), SMS_SPENT)

    async def identity(self, request: Request) -> Response:
        session = self.session(request)
        if session is None or session.person is None or not session.verified:
            return RedirectResponse("/tpass/login", 302)
        if request.method == "GET":
            return self._counter.html("identity.html", request, roles=session.person.roles)
        choice = str((await request.form()).get("choice", ""))
        if not choice.isdigit() or int(choice) >= len(session.person.roles):
            return self._counter.html(
                "identity.html", request, roles=session.person.roles, message="请选择身份"
            )
        return self._choose(session, session.person.roles[int(choice)])

    async def sign_out(self, request: Request) -> Response:
        if session := self.session(request):
            self._sessions.end(session)
            who = session.person.person_id if session.person else ""
            self._portal.journal.write("session_ended", person_id=who, detail="signed out")
        return RedirectResponse("/tpass/login", 302)

    async def solution(self, request: Request) -> Response:
        """The sandbox's own door, for tests alone: ``{"kind", "solution"}`` of an account's open captcha."""
        found = self._captchas.solutions.get(request.path_params["account"])
        return JSONResponse(found) if found else JSONResponse({"error": "no open captcha"}, 404)

    def session(self, request: Request) -> Session | None:
        return self._sessions.find(request.cookies.get(self._counter.cookie("tpass")))

    def form(self, request: Request, session: Session, message: str) -> Response:
        page = self._counter.html(
            "login.html", request, message=message, by_code=CODE in self._counter.sign_ins
        )
        return self.known(session, page)

    def known(self, session: Session, response: Response) -> Response:
        """The answer, with the session's cookie."""
        response.set_cookie(
            self._counter.cookie("tpass"), session.id, path="/tpass", httponly=True, samesite="lax"
        )
        return response

    def _sms_page(self, request: Request, session: Session, message: str) -> Response:
        assert session.person is not None
        phone = session.person.phone
        return self._counter.html("sms.html", request, phone=f"{phone[:3]}****{phone[-4:]}", message=message)

    def _send_code(self, session: Session) -> None:
        assert session.person is not None
        sms = self._sessions.new_code(session)
        sender = f"{self._counter.region.zh}税务"
        text = f"【{sender}】您的登录验证码为{sms.code}，{SMS_SECONDS // 60}分钟内有效，请勿告知他人。"
        message = Sms(sms.sent_at.isoformat(), sender, text, sms.code)
        self._portal.phones.send(session.person.phone, message)
        self._portal.journal.write("sms_sent", taxpayer_id=session.asked, person_id=session.person.person_id)

    def _choose(self, session: Session, role: Role) -> Response:
        assert session.person is not None
        session.role = role
        who = session.person.person_id
        self._portal.journal.write(
            "identity_chosen", taxpayer_id=role.taxpayer_id, person_id=who, detail=role.title
        )
        self._portal.journal.write("session_started", taxpayer_id=role.taxpayer_id, person_id=who)
        return self._enter(session)

    def _enter(self, session: Session) -> Response:
        """On to the host that sent the person here, with a ticket."""
        service = session.service if session.service.startswith(("/etax/", "/dppt/")) else HOME
        host = service.split("/")[1]
        ticket = self._sessions.ticket(session)
        return RedirectResponse(f"/{host}/sso?ticket={ticket}&service={quote(service, safe='')}", 302)


def routes(counter: Counter) -> list[Route]:
    desk = Desk(counter)
    by_password = [Route("/tpass/login", desk.sign_in, methods=["POST"])]
    return [
        Route("/tpass/login", desk.login),
        *(by_password if PASSWORD in counter.sign_ins else []),
        Route("/tpass/captcha", desk.captcha),
        Route("/tpass/captcha", desk.check_captcha, methods=["POST"]),
        Route("/tpass/sms", desk.sms),
        Route("/tpass/sms", desk.check_sms, methods=["POST"]),
        Route("/tpass/sms/resend", desk.resend, methods=["POST"]),
        Route("/tpass/identity", desk.identity, methods=["GET", "POST"]),
        Route("/tpass/logout", desk.sign_out),
        Route("/tpass/_sandbox/captcha/{account}", desk.solution),
    ]
