"""The bureau's pages of data, at their paths of 2019."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import orjson
from starlette.responses import Response
from starlette.routing import Route

from sandbox.bureau.counter import MAX_PAGE, Asked, Counter
from sandbox.company import VatReturn
from sandbox.families.foresee import forms, records
from sandbox.families.foresee.notation import within_string
from sandbox.portal import Clock

_SKSSQ = ("skssqq", "skssqz")
_KPRQ = ("kprqq", "kprqz")


def pages(counter: Counter, clock: Clock) -> list[Route]:
    """申报清册, VAT forms, lists of filings, 纳税信用评价, invoices."""

    def duties(asked: Asked) -> Response:
        return _plain(records.duties(asked.company, clock.now().date()))

    def form(general: bool) -> Callable[[Asked], Response]:
        def show(asked: Asked) -> Response:
            serial = asked.fields.get("pzxh")
            filed = next((each for each in asked.signed_in.returns if records.serial(each) == serial), None)
            if serial and (filed is None or filed.general is not general):
                raise ValueError
            return _plain(forms.initial(asked.company, filed, clock.now()))

        return show

    def filed(asked: Asked) -> Response:
        return _plain(records.filed(asked.company, _within(asked)))

    def filed_briefly(asked: Asked) -> Response:
        return within_string(records.filed_briefly(_within(asked)))

    def credit(asked: Asked) -> Response:
        return within_string(records.credit(asked.company))

    def invoices(asked: Asked) -> Response:
        number, size = asked.number("pageNo", 1_000_000), asked.number("pageSize", MAX_PAGE)
        start, end = (date.fromisoformat(asked.fields[name]) for name in _KPRQ)
        side = {"XX": asked.company.issued, "JX": asked.company.received}[asked.fields["fpfx"]]
        found = [each for each in side if start <= each.issued_at.date() <= end]
        shown = found[(number - 1) * size : number * size]
        head = {"zjls": len(found), "pageNo": number, "pageSize": size, "fpfx": asked.fields["fpfx"]}
        return within_string(records.invoices(asked.company, head, shown))

    form_path = "/sbzs-cjpt-web/biz/sbzs/{}/xInitData"
    return [
        counter.page("/sbzs-cjpt-web/biz/sbqc/sbqc_aqsb/enterSbqc", None, None, duties),
        counter.page(form_path.format("ybnsrzzs"), _form_needs, None, form(general=True)),
        counter.page(form_path.format("xgmzzs"), _form_needs, None, form(general=False)),
        counter.page("/tycx-cjpt-web/cxpt/query", "tax_return", _SKSSQ, filed),
        counter.page("/sbzs-cjpt-web/sbxxcx/getSbxxcx", "tax_return", _SKSSQ, filed_briefly),
        counter.page("/xypj-cjpt-web/xypj/query", "tax_credit_rating", None, credit),
        counter.page("/fpcx-cjpt-web/fpcx/query", "invoice", _KPRQ, invoices),
    ]


def _form_needs(fields: Mapping[str, str]) -> str:
    """An empty form shows the registration alone, one with a serial a filing."""
    return "tax_return" if "pzxh" in fields else "taxpayer"


def _within(asked: Asked) -> list[VatReturn]:
    start, end = (date.fromisoformat(asked.fields[name]) for name in _SKSSQ)
    return [each for each in asked.signed_in.returns if start <= each.end <= end]


def _plain(found: dict[str, Any]) -> Response:
    return Response(orjson.dumps(found), media_type="application/json;charset=UTF-8")
