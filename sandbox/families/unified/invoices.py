"""``/dppt``: 全量发票查询 of the invoice platform, paged tables and export."""

from __future__ import annotations

from datetime import date, datetime
from math import ceil
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.company import Company, InvoiceRecord
from sandbox.families.unified import export
from sandbox.families.unified.desk import Counter, Visit, day
from sandbox.faults import FaultKind
from schema.period import add_months

SIZES = (50, 100)
MAX_MONTHS = 12
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DIRECTIONS = {"out": "开具发票", "in": "取得发票"}
TOO_MANY = "查询结果超过{}条，请缩小开票日期的范围"
TOO_LONG = f"开票日期的查询区间不能超过{MAX_MONTHS}个月"


class Platform:
    """Invoices of one portal."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._exports: dict[tuple[str, str, date, date, bool], bytes] = {}

    async def query(self, request: Request, visit: Visit) -> Response:
        """The form alone, or one page of what was asked for."""
        direction, start, end = self._asked(request)
        size = request.query_params.get("size", "50")
        values: dict[str, object] = {
            "visit": visit,
            "company": visit.company,
            "directions": DIRECTIONS,
            "sizes": SIZES,
            "direction": direction,
            "start": start,
            "end": end,
            "size": int(size) if size in map(str, SIZES) else SIZES[0],
        }
        if "direction" not in request.query_params:
            return self._counter.html("invoices.html", request, **values)
        if _too_long(start, end):
            return self._counter.html("invoices.html", request, message=TOO_LONG, **values)
        found = _between(visit.company, direction, start, end)
        capped = self._counter.portal.faults.active(FaultKind.CAPPED, request.url.path)
        if capped and len(found) > capped.rows:
            message = TOO_MANY.format(capped.rows)
            return self._counter.html("invoices.html", request, message=message, **values)
        return self._counter.html("invoices.html", request, **values, **_sheet(found, request, values))

    async def download(self, request: Request, visit: Visit) -> Response:
        """The whole answer as a spreadsheet. One made before is kept, as a large one takes seconds."""
        direction, start, end = self._asked(request)
        if _too_long(start, end):
            return self._counter.html(
                "notice.html", request, visit=visit, company=visit.company, title="提示", text=TOO_LONG
            )
        changed = self._counter.portal.faults.active(FaultKind.LAYOUT_CHANGED, request.url.path) is not None
        key = (visit.company.taxpayer_id, direction, start, end, changed)
        if key not in self._exports:
            found = _between(visit.company, direction, start, end)
            self._exports[key] = await run_in_threadpool(export.workbook, found, changed)
        name = f"attachment; filename*=UTF-8''%E5%85%A8%E9%87%8F%E5%8F%91%E7%A5%A8-{start:%Y%m}.xlsx"
        return Response(self._exports[key], media_type=XLSX, headers={"Content-Disposition": name})

    def _asked(self, request: Request) -> tuple[str, date, date]:
        today = self._counter.portal.clock.now().date()
        direction = request.query_params.get("direction", "out")
        return (
            direction if direction in DIRECTIONS else "out",
            day(request, "start", today.replace(day=1)),
            day(request, "end", today),
        )


def _too_long(start: date, end: date) -> bool:
    return end < start or end >= add_months(start, MAX_MONTHS)


def _between(company: Company, direction: str, start: date, end: date) -> list[InvoiceRecord]:
    records = company.issued if direction == "out" else company.received
    first, last = datetime.combine(start, datetime.min.time()), datetime.combine(end, datetime.max.time())
    return [record for record in records if first <= record.issued_at <= last]


def _sheet(found: list[InvoiceRecord], request: Request, values: dict[str, object]) -> dict[str, object]:
    size = values["size"]
    assert isinstance(size, int)
    pages = max(1, ceil(len(found) / size))
    asked = request.query_params.get("page", "1")
    page = min(max(1, int(asked)), pages) if asked.isdigit() else 1
    query = {name: str(values[name]) for name in ("direction", "start", "end", "size")}
    first = (page - 1) * size
    return {
        "total": len(found),
        "rows": list(enumerate(found[first : first + size], first + 1)),
        "kind": export.kind,
        "remark": export.remark,
        "page": page,
        "pages": pages,
        "query": urlencode(query),
    }


def routes(counter: Counter) -> list[Route]:
    platform = Platform(counter)
    return [
        Route("/dppt/fpcx", counter.guarded("dppt", platform.query)),
        Route("/dppt/fpcx/export", counter.guarded("dppt", platform.download)),
    ]
