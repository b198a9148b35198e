"""Where people act: the sign-in page of the platform, and the tax app on somebody's phone.

The app is a page of the sandbox, open to anybody: ``/app/_sandbox/{account}``.
"""

from __future__ import annotations

import secrets
from html import escape
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.families.oauth.applications import Application, Applications
from sandbox.families.oauth.endpoints import Endpoints, issuer_of
from sandbox.families.oauth.problems import Problem
from sandbox.journal import digest

_HEAD = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body{{font-family:sans-serif;max-width:26rem;margin:1rem auto;background:#f2f4f7}}
form{{background:#fff;border-radius:.8rem;padding:.8rem 1rem;margin:.6rem 0}}
input,button{{font-size:1rem;margin:.3rem 0;padding:.4rem}}</style></head><body><h1>{title}</h1>"""
_SIGN_IN = """<form method="post"><p>沙盒银行申请查询{company}的涉税数据</p><p class="message">{message}</p>
<input name="account" placeholder="身份证件号码"><input name="password" type="password" placeholder="密码">
<button name="decision" value="approve">登录并授权</button><button name="decision" value="deny">拒绝</button>
</form></body></html>"""
_ASKED = """<form class="asked" method="post"><p>沙盒银行申请查询{company}的涉税数据</p>
<p>核对码 <b class="message">{message}</b></p><input type="hidden" name="id" value="{id}">
<button name="decision" value="approve">同意</button><button name="decision" value="deny">拒绝</button>
</form>"""


class People:
    """The pages of one address of the platform."""

    def __init__(self, endpoints: Endpoints, applications: Applications) -> None:
        self._endpoints, self._applications, self._portal = endpoints, applications, applications.portal

    def routes(self) -> list[Route]:
        return [
            Route("/authorize", self._authorize, methods=["GET", "POST"]),
            Route("/app/_sandbox/{account}", self._app, methods=["GET", "POST"]),
        ]

    async def _authorize(self, request: Request) -> Response:
        """The person signs in and decides; the answer travels back in the redirect."""
        uri = request.query_params.get("request_uri", "")
        try:
            pushed = self._applications.waiting(uri.rpartition(":")[2])
            if pushed.code or "redirect_uri" not in pushed.asked:
                raise Problem("invalid_request")
        except Problem as problem:
            return problem.response()
        if request.method == "GET":
            return _sign_in(pushed)
        form = await request.form()
        person = self._portal.directory.person(str(form.get("account")))
        if person is None or form.get("password") != person.password:
            mark = digest(str(form.get("password")))
            self._portal.journal.write("sign_in_rejected", person_id=str(form.get("account")), mark=mark)
            return _sign_in(pushed, "账号或密码错误")
        self._portal.journal.write("sign_in_accepted", person_id=person.person_id)
        try:
            self._applications.decide(pushed, person, approved=form.get("decision") == "approve")
        except Problem as problem:
            return self._back(request, pushed, {"error": problem.error, "reason": problem.reason})
        if pushed.state == "denied":
            return self._back(request, pushed, {"error": "access_denied"})
        pushed.code = secrets.token_urlsafe(24)
        self._applications.by_code[pushed.code] = pushed
        return self._back(request, pushed, {"code": pushed.code})

    def _back(self, request: Request, pushed: Application, answer: dict[str, str]) -> Response:
        told = answer | {"state": pushed.asked["state"]}
        if self._endpoints.signing:
            told = {"response": self._endpoints.signed(request, told)}
        else:
            told |= {"iss": issuer_of(request)}
        return RedirectResponse(f"{pushed.asked['redirect_uri']}?{urlencode(told)}", 303)

    async def _app(self, request: Request) -> Response:
        """The app of one person: GET lists what waits; POST ``id`` and ``decision`` (approve, deny)."""
        account = str(request.path_params["account"])
        if request.method == "POST":
            form = await request.form()
            try:
                pushed = self._applications.waiting(str(form.get("id")))
                if pushed.person is None or pushed.person.person_id != account:
                    raise Problem("access_denied", 403)
                approved = form.get("decision") == "approve"
                self._applications.decide(pushed, pushed.person, approved=approved)
            except Problem as problem:
                return problem.response()
        shown = "".join(
            _ASKED.format(
                company=escape(each.company.name),
                message=escape(str(each.asked.get("binding_message", ""))),
                id=escape(each.id),
            )
            for each in self._applications.by_id.values()
            if each.state == "pending" and each.person and each.person.person_id == account
        )
        title = "沙盒税务 App"
        return HTMLResponse(_HEAD.format(title=title) + (shown or "<p>暂无待办</p>") + "</body></html>")


def _sign_in(pushed: Application, message: str = "") -> Response:
    page = _SIGN_IN.format(company=escape(pushed.company.name), message=message)
    return HTMLResponse(_HEAD.format(title="沙盒税务平台登录") + page)
