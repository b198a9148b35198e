"""银税授权: which banks may read what, a new grant with its receipt (授权回执), and withdrawal."""

from __future__ import annotations

import secrets
from datetime import timedelta

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.families.unified.desk import Counter, Visit
from schema.dataset import USUAL, Dataset

BANKS = ("示范银行", "沙盒农村商业银行", "沙盒城市商业银行")
TERMS = (6, 12, 24, 36)
ACTIVE, REVOKED = "有效", "已撤销"
PAGE = "/etax/yssq"
NOT_PERMITTED = "仅法定代表人或财务负责人可以办理银税授权"
ABNORMAL = "该纳税人为非正常户，不能办理银税授权"


class Office:
    """The authorization pages of one portal."""

    def __init__(self, counter: Counter) -> None:
        self._counter, self._portal = counter, counter.portal

    async def overview(self, request: Request, visit: Visit) -> Response:
        """Existing grants, and the form for whoever may give one."""
        return self._page(request, visit, self._obstacle(visit))

    async def give(self, request: Request, visit: Visit) -> Response:
        """Make the grant; one to the same bank with the same scopes that is still valid is shown instead."""
        form = await request.form()
        if obstacle := self._obstacle(visit):
            self._log("refused", visit, obstacle)
            return self._page(request, visit, obstacle)
        if fault := _fault(form):
            return self._page(request, visit, "", fault)
        bank, scopes = str(form["bank"]), ",".join(sorted(str(scope) for scope in form.getlist("scope")))
        for grant in visit.company.grants.values():
            if (grant["bank"], grant["scopes"], grant["state"]) == (bank, scopes, ACTIVE):
                self._log("grant_repeated", visit, grant["receipt"])
                return RedirectResponse(f"{PAGE}/{grant['receipt']}", 303)
        return self._make(visit, form, bank, scopes)

    def _make(self, visit: Visit, form: FormData, bank: str, scopes: str) -> Response:
        assert visit.session.person is not None
        now = self._portal.clock.now()
        grant, made = self._portal.directory.make_grant(
            visit.company,
            reference=str(form.get("serial", "")),
            bank=bank,
            scopes=scopes,
            person_id=visit.session.person.person_id,
            channel="rpa",
            granted_at=now,
            expires_at=now + timedelta(days=int(str(form["term"])) * 365 // 12),
        )
        self._log("grant_made" if made else "grant_repeated", visit, grant["receipt"])
        return RedirectResponse(f"{PAGE}/{grant['receipt']}", 303)

    async def receipt(self, request: Request, visit: Visit) -> Response:
        grant = visit.company.grants.get(request.path_params["receipt"])
        if grant is None:
            return self._counter.html(
                "notice.html",
                request,
                visit=visit,
                company=visit.company,
                title="提示",
                text="未查询到该授权回执",
            )
        return self._counter.html(
            "receipt.html", request, visit=visit, company=visit.company, grant=grant, datasets=_labels()
        )

    async def withdraw(self, request: Request, visit: Visit) -> Response:
        grant = visit.company.grants.get(str((await request.form()).get("receipt", "")))
        if (obstacle := self._obstacle(visit)) or grant is None:
            return self._page(request, visit, obstacle, "未查询到该授权回执")
        if grant["state"] == ACTIVE:
            grant["state"] = REVOKED
            self._log("grant_revoked", visit, grant["receipt"])
        return RedirectResponse(PAGE, 303)

    def _obstacle(self, visit: Visit) -> str:
        """Why this person may not authorize for this company; empty when they may."""
        assert visit.session.role is not None
        if not visit.session.role.may_authorize:
            return NOT_PERMITTED
        return ABNORMAL if visit.company.status == "非正常户" else ""

    def _page(self, request: Request, visit: Visit, obstacle: str, message: str = "") -> Response:
        return self._counter.html(
            "grants.html",
            request,
            visit=visit,
            company=visit.company,
            grants=visit.company.grants.values(),
            banks=BANKS,
            terms=TERMS,
            datasets=_labels(),
            obstacle=obstacle,
            message=message,
            serial=secrets.token_hex(12),
        )

    def _log(self, event: str, visit: Visit, detail: str) -> None:
        assert visit.session.person is not None
        self._portal.journal.write(
            event,
            taxpayer_id=visit.company.taxpayer_id,
            person_id=visit.session.person.person_id,
            detail=detail,
        )


def _fault(form: FormData) -> str:
    if form.get("bank") not in BANKS or str(form.get("term")) not in map(str, TERMS):
        return "请选择授权银行和授权期限"
    scopes = form.getlist("scope")
    if not scopes or not set(map(str, scopes)) <= set(Dataset):
        return "请选择授权数据范围"
    return "" if form.get("agree") else "请阅读并同意授权协议"


def _labels() -> dict[str, str]:
    return {str(dataset): dataset.zh for dataset in USUAL}


def routes(counter: Counter) -> list[Route]:
    office = Office(counter)
    return [
        Route(PAGE, counter.guarded("etax", office.overview)),
        Route(PAGE, counter.guarded("etax", office.give), methods=["POST"]),
        Route(f"{PAGE}/revoke", counter.guarded("etax", office.withdraw), methods=["POST"]),
        Route(PAGE + "/{receipt}", counter.guarded("etax", office.receipt)),
    ]
