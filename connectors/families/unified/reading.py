"""Reading one dataset in a signed-in tab.

Pages are read with the session's cookies as the portal sends them. The page that opens a dataset is rendered
where it shows what we know only after its scripts ran.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode, urljoin

from connectors.families.unified.outcomes import Patterns, View
from connectors.families.unified.pages import Pages
from connectors.interface import Held
from connectors.narrowing import narrowed
from connectors.registry import Endpoint
from schema.dataset import Dataset
from schema.errors import DataCorrupt, DataIncomplete, PageChanged, RouteAbsent, SessionExpired
from schema.period import Period
from schema.raw import RawPage

MAX_MONTHS = 12
"""Longest range of 开票日期 that the invoice platform takes."""
ROWS = 100
"""Rows of a table page, as asked for."""
DIRECTIONS = ("out", "in")
HTML = "text/html; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TOTAL = "//*[@id='tx-total']"
_DETAILS = "//table[@id='tx-returns']//a[contains(@class, 'tx-detail')]"
_EXPORT = "//a[@id='tx-export']"
_NEXT = "//a[@id='tx-next']"
_NUMBER = re.compile(r"\bpage=\d+")

T = TypeVar("T")


class Run(Protocol):
    def __call__(self, work: Coroutine[Any, Any, T]) -> T: ...


class Reading:
    """One fetch. Every page is checked: signed in, whole, and of this company."""

    def __init__(
        self, endpoint: Endpoint, run: Run, walk: Pages, known: Patterns, taxpayer_id: str, held: Held
    ) -> None:
        self._endpoint, self._run, self._walk, self._known = endpoint, run, walk, known
        self._taxpayer_id, self._held = taxpayer_id, held
        self._sequence = 0

    def pages(self, dataset: Dataset, period: Period) -> Iterator[RawPage]:
        """Raises ``RouteAbsent`` for a dataset that the portal has no page for."""
        readers: dict[Dataset, Callable[[Period], Iterator[RawPage]]] = {
            Dataset.TAXPAYER: self._taxpayer,
            Dataset.TAX_CREDIT_RATING: self._credit,
            Dataset.TAX_RETURN: self._returns,
            Dataset.INVOICE: self._invoices,
        }
        if dataset not in readers:
            raise RouteAbsent(f"no page shows {dataset}")
        yield from readers[dataset](period)

    def _taxpayer(self, period: Period) -> Iterator[RawPage]:
        path = self._known.paths["taxpayer"]
        view = self._open("taxpayer", path)
        yield self._html(Dataset.TAXPAYER, period, "unified.taxpayer_html", path, view, 1)

    def _credit(self, period: Period) -> Iterator[RawPage]:
        path = self._known.paths["credit"]
        view = self._open("credit", path)
        yield self._html(Dataset.TAX_CREDIT_RATING, period, "unified.credit_html", path, view, _total(view))

    def _returns(self, period: Period) -> Iterator[RawPage]:
        """Every return on the list; the list itself where it is empty, as the proof of that."""
        path = f"{self._known.paths['returns']}?{urlencode({'start': period.start, 'end': period.end})}"
        view = self._open("returns", path)
        links = [str(link.get("href", "")) for link in view.find(_DETAILS)]
        total = _total(view)
        if len(links) != total:
            raise DataIncomplete(f"the list shows {len(links)} of {total} returns")
        if not links:
            yield self._html(Dataset.TAX_RETURN, period, "unified.vat_html", path, view, 0)
        for link in links:
            if (locator := f"{path}#{link}", period) in self._held:
                continue
            detail = self._read("return", link)
            yield self._html(Dataset.TAX_RETURN, period, "unified.vat_html", locator, detail, total)

    def _invoices(self, period: Period) -> Iterator[RawPage]:
        """Both directions, in ranges that the platform takes: the export, or the tables where none is."""
        for direction in DIRECTIONS:
            for chunk in period.parts(MAX_MONTHS):
                yield from narrowed(chunk, partial(self._range, period, direction))

    def _range(self, period: Period, direction: str, chunk: Period) -> Iterator[RawPage]:
        locator = self._locator(direction, chunk)
        if (locator, period) in self._held:
            return
        view = self._open("invoices", self._query(direction, chunk))
        total, links = _total(view), view.find(_EXPORT)
        if total and links:
            yield self._spreadsheet(period, locator, str(links[0].get("href", "")), total)
        else:
            yield from self._tables(period, locator, view, total)

    def _spreadsheet(self, period: Period, locator: str, link: str, total: int) -> RawPage:
        url = self._url(link)
        received = self._run(self._walk.get(url))
        if received.status != HTTPStatus.OK or "html" in received.headers.get("content-type", ""):
            self._checked(self._walk.seen(received), "export")
        if not zipfile.is_zipfile(io.BytesIO(received.body)):
            raise DataCorrupt(f"the export of {len(received.body)} bytes is no spreadsheet")
        return self._raw(Dataset.INVOICE, period, "unified.invoice_xlsx", locator, received.body, XLSX, total)

    def _tables(self, period: Period, locator: str, view: View, total: int) -> Iterator[RawPage]:
        """Page by page, where nothing can be exported. A link to the next page that numbers it leads past
        those that are held."""
        yield self._html(Dataset.INVOICE, period, "unified.invoice_html", f"{locator}#1", view, total)
        number, last = 1, -(-total // ROWS)
        while following := view.find(_NEXT):
            number += 1
            link = urljoin(self._known.paths["invoices"], str(following[0].get("href", "")))
            while (f"{locator}#{number}", period) in self._held and _NUMBER.search(link):
                number, link = number + 1, _NUMBER.sub(f"page={number + 1}", link)
                if number > last:
                    return
            view, place = self._read("invoices", link), f"{locator}#{number}"
            yield self._html(Dataset.INVOICE, period, "unified.invoice_html", place, view, total)

    def _query(self, direction: str, chunk: Period) -> str:
        asked = {"direction": direction, "start": chunk.start, "end": chunk.end, "size": ROWS}
        return f"{self._known.paths['invoices']}?{urlencode(asked)}"

    def _locator(self, direction: str, chunk: Period) -> str:
        """Says the direction, which the export itself does not."""
        asked = {"direction": direction, "start": chunk.start, "end": chunk.end}
        return f"{self._known.paths['invoices']}?{urlencode(asked)}"

    def _open(self, page: str, path: str) -> View:
        sent = self._run(self._walk.read(self._url(path)))
        if sent.page or sent.fault or not sent.whole:
            return self._checked(sent, page)
        return self._checked(self._run(self._walk.visit(self._url(path))), page)

    def _read(self, page: str, link: str) -> View:
        return self._checked(self._run(self._walk.read(self._url(link))), page)

    def _checked(self, view: View, page: str) -> View:
        if view.fault is None and not view.whole:
            raise DataCorrupt("a page ended early")
        if view.page in ("sign_in", "captcha"):
            raise SessionExpired
        if view.fault is None and view.taxpayer_id:
            view.of(self._taxpayer_id)
        view.expect(page)
        view.of(self._taxpayer_id)
        return view

    def _url(self, link: str) -> str:
        """A link of the portal's pages; the invoice platform may have a host of its own."""
        base = self._endpoint.base_url
        if link.startswith(self._known.paths["invoices"]):
            base = self._endpoint.hosts.get("dppt", base)
        return urljoin(base, link)

    def _html(
        self, dataset: Dataset, period: Period, source_format: str, locator: str, view: View, total: int
    ) -> RawPage:
        return self._raw(dataset, period, source_format, locator, view.content, HTML, total)

    def _raw(
        self,
        dataset: Dataset,
        period: Period,
        source_format: str,
        locator: str,
        content: bytes,
        content_type: str,
        total: int,
    ) -> RawPage:
        self._sequence += 1
        return RawPage(
            dataset=dataset,
            period=period,
            region=self._endpoint.region,
            route=self._endpoint.route,
            source_format=source_format,
            locator=locator,
            sequence=self._sequence,
            content=content,
            content_type=content_type,
            fetched_at=datetime.now(UTC),
            portal_total=total,
        )


def _total(view: View) -> int:
    """The portal's own count."""
    text = view.text(_TOTAL)
    if not text.isdigit():
        raise PageChanged("the count of records is not a number")
    return int(text)
