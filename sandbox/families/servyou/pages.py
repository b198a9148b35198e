"""The bureau's pages of data, at their paths of 2019."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache

import orjson
from starlette.responses import Response
from starlette.routing import Route

from sandbox.bureau.counter import MAX_PAGE, Asked, Counter
from sandbox.company import Company, VatReturn
from sandbox.families.servyou import forms, records
from sandbox.families.servyou.notation import enveloped
from sandbox.portal import Clock

_SKSSQ = ("skssqq", "skssqz")
_KPRQ = ("kprqq", "kprqz")
PAGES_KEPT = 256
FILED = "80492219"
"""The code with which the bureau refuses to prepare a return that was filed."""


def pages(counter: Counter, clock: Clock) -> list[Route]:
    """纳税人信息, 应申报, 申报情况, VAT forms and what they begin from, 纳税信用等级, invoices."""

    def taxpayer(asked: Asked) -> Response:
        return enveloped(records.taxpayer(asked.company))

    def duties(asked: Asked) -> Response:
        filed = _within(asked) if "skssqq" in asked.fields else []
        return enveloped(records.duties(asked.company, filed, clock.now().date()))

    def filed(asked: Asked) -> Response:
        return enveloped([row for each in _within(asked) for row in records.filed(asked.company, each)])

    def initial(asked: Asked) -> Response:
        start = date.fromisoformat(asked.fields["skssqq"])
        if any(each.start == start for each in asked.signed_in.returns):
            return enveloped(None, FILED, "您已申报成功，请勿重复申报")
        return enveloped(records.initial(asked.company, clock.now().date()))

    def document(general: bool) -> Callable[[Asked], Response]:
        def show(asked: Asked) -> Response:
            serial = asked.fields["sbxh"]
            (found,) = (each for each in asked.signed_in.returns if records.serial(each) == serial)
            return Response(forms.filled(asked.company, found, general), media_type="text/xml")

        return show

    def credit(asked: Asked) -> Response:
        return enveloped(records.credit(asked.company))

    @lru_cache(PAGES_KEPT)
    def listed(company: Company, side: str, start: date, end: date, number: int, size: int) -> bytes:
        """A page of invoices as it was printed before, so that a large pull waits for nobody."""
        issued = {"xx": company.issued, "jx": company.received}[side]
        found = [each for each in issued if start <= each.issued_at.date() <= end]
        shown = found[(number - 1) * size : number * size]
        head = {"total": len(found), "pageNum": number, "pageSize": size, "jxbz": side}
        return orjson.dumps(records.invoices(company, head, shown))

    def invoices(asked: Asked) -> Response:
        number, size = asked.number("pageNum", 1_000_000), asked.number("pageSize", MAX_PAGE)
        start, end = (date.fromisoformat(asked.fields[name]) for name in _KPRQ)
        found = listed(asked.company, asked.fields["jxbz"], start, end, number, size)
        return enveloped(orjson.Fragment(found))

    view = "/sbzx-web/apps/views/{}/config/001_j3.xml"
    return [
        counter.page("/sbzx-web/api/base/nsrxx/get", None, None, taxpayer),
        counter.page("/sbzx-web/api/ysbqc/queryysb", None, _SKSSQ, duties),
        counter.page("/sbzx-web/api/sb/jgcx/sbqkcx", "tax_return", _SKSSQ, filed),
        counter.page("/sbzx-web/api/sb/common/get/hdxx", "tax_return", None, initial),
        counter.page(view.format("sb_ybnsr_201905/001"), "tax_return", None, document(general=True)),
        counter.page(view.format("xgmsb-tbs"), "tax_return", None, document(general=False)),
        counter.page("/sbzx-web/api/xydj/query", "tax_credit_rating", None, credit),
        counter.page("/sbzx-web/api/fp/fpcx/query", "invoice", _KPRQ, invoices),
    ]


def _within(asked: Asked) -> list[VatReturn]:
    start, end = (date.fromisoformat(asked.fields[name]) for name in _SKSSQ)
    return [each for each in asked.signed_in.returns if start <= each.end <= end]
