"""The delivery portal behind the connector interface: ask for a file, wait for it, fetch and unpack it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import orjson

from connectors.families.filedrop.api import FiledropApi
from connectors.families.filedrop.archive import Manifest, opened
from connectors.families.filedrop.portal import PortalData
from connectors.http import persistently
from connectors.interface import NOTHING_HELD, Grant, Held, Sighting
from connectors.jsondoor import JsonDoor, required
from connectors.overlay import RouteOverlay
from connectors.smsgrant import SmsRoute
from schema.dataset import Dataset, Route
from schema.errors import (
    ContractChanged,
    DataConflict,
    DataCorrupt,
    ResultNotReady,
    RouteBroken,
    WrongTaxpayer,
)
from schema.period import Period
from schema.raw import RawPage

_READY, _AT_WORK = "完成", "处理中"
_GONE = ("已过期", "失败")
_ARCHIVE = re.compile(r"[\w\-]{1,80}\.zip")

Download = Callable[[str], bytes]
"""From a file's name to its bytes, over the transport of the overlay."""


class FiledropConnector(SmsRoute):
    """See ``connectors.interface.Connector``."""

    def __init__(
        self, region: str, api: FiledropApi, download: Download, overlay: RouteOverlay, portal: PortalData
    ) -> None:
        super().__init__(JsonDoor(api, portal.authorization))
        self._region, self._api, self._download, self._portal = region, api, download, portal
        self.datasets = overlay.datasets

    def fetch(
        self,
        grant: Grant,
        taxpayer_id: str,
        dataset: Dataset,
        period: Period,
        held: Held = NOTHING_HELD,
    ) -> Iterator[RawPage]:
        """One page a file. Raises ``ResultNotReady`` with its ``retry_at`` while the portal prepares the
        archive; the same fetch later finds the same remote request again."""
        asked = {
            "nsrsbh": taxpayer_id,
            **orjson.loads(grant.secret),
            "sjlx": self._portal.authorization.scopes[dataset],
            "qsrq": str(period.start),
            "jzrq": str(period.end),
        }
        remote = self._finished(asked, lambda n: request_key(grant.receipt, dataset, period, n))
        name = required(remote, {"wjm": str})["wjm"]
        if not _ARCHIVE.fullmatch(name):
            raise ContractChanged("an archive has no plain name")
        content = self._download(name)
        if hashlib.sha256(content).hexdigest() != required(remote, {"sha256": str})["sha256"].lower():
            raise DataCorrupt("an archive has another digest than the portal told")
        manifest, files = opened(content, self._portal.archive)
        _check(manifest, {**asked, "qqbh": remote["qqbh"]})
        fetched_at = datetime.now(UTC)
        for sequence, file in enumerate(files):
            yield RawPage(
                dataset=dataset,
                period=period,
                region=self._region,
                route=Route.API,
                source_format=f"filedrop.{dataset}",
                locator=f"files/{remote['qqbh']}/{file.name}",
                sequence=sequence,
                content=file.content,
                content_type=file.content_type,
                fetched_at=fetched_at,
                portal_total=file.total,
            )

    def revoke(self, grant: Grant, taxpayer_id: str) -> None:
        """Idempotent at the portal."""
        self._api.call("authorization/revoke", {"nsrsbh": taxpayer_id, "sqhzh": grant.receipt})

    def probe(self) -> None:
        self._api.call("health", {})

    def sight(self) -> Sighting:
        return self._api.sight()

    def close(self) -> None:
        self._api.close()

    def _finished(self, asked: dict[str, Any], key: Callable[[int], str]) -> dict[str, Any]:
        """The remote request once its archive is ready. One that expired or failed is asked for anew, under
        the next key, so that every run of the same collection meets the same chain of requests."""
        for generation in range(self._portal.generations):
            begun = self._api.call("files/request", {**asked, "qqjz": key(generation)})
            remote_id = required(begun, {"qqbh": str})["qqbh"]
            remote = persistently(partial(self._polled, remote_id, asked["nsrsbh"]))
            if remote["zt"] not in _GONE:
                return remote
        raise RouteBroken("the portal prepares no archive that lasts until it is fetched")

    def _polled(self, remote_id: str, taxpayer_id: str) -> dict[str, Any]:
        remote = required(
            self._api.call("files/status", {"qqbh": remote_id}), {"nsrsbh": str, "zt": str, "yjsj": int}
        )
        if remote["nsrsbh"] != taxpayer_id:
            raise WrongTaxpayer("a remote request is for another company")
        if remote["zt"] == _AT_WORK:
            ready_at = datetime.now(UTC) + timedelta(seconds=max(1, remote["yjsj"]))
            raise ResultNotReady(f"remote request {remote_id}", retry_at=ready_at)
        if remote["zt"] not in (_READY, *_GONE):
            raise ContractChanged("a remote request is in a state we do not know")
        return {**remote, "qqbh": remote_id}


def request_key(receipt: str, dataset: Dataset, period: Period, generation: int) -> str:
    """The idempotency key of a remote request: the same collection under the same grant is one request,
    before and after a crash."""
    return hashlib.sha256(f"{receipt}|{dataset}|{period}|{generation}".encode()).hexdigest()


def _check(manifest: Manifest, asked: dict[str, Any]) -> None:
    """The archive is of the company, the request, the kind of data and the days that were asked for."""
    if manifest.nsrsbh != asked["nsrsbh"]:
        raise WrongTaxpayer("an archive is of another company")
    for name in ("qqbh", "sjlx", "qsrq", "jzrq"):
        if getattr(manifest, name) != asked[name]:
            raise DataConflict(f"an archive was packed for another request ({name})")
