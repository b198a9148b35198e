"""Remote requests: one a key, prepared for a while, then a ZIP that lasts a day."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

import orjson

from sandbox.applications import Applications
from sandbox.company import Company
from sandbox.families.filedrop import sheets
from sandbox.families.filedrop.problems import Problem
from sandbox.families.filedrop.sheets import Sheet
from sandbox.faults import FaultKind
from sandbox.portal import Portal

PREFIX = "/wjjh/v1/"
SCOPES = {"NSRXX": "taxpayer", "XYDJ": "tax_credit_rating", "ZZSSB": "tax_return", "FPXX": "invoice"}
"""数据类型 of the portal and the dataset each is."""
PREPARING = {
    "NSRXX": timedelta(),
    "XYDJ": timedelta(),
    "ZZSSB": timedelta(seconds=1),
    "FPXX": timedelta(seconds=8),
}
"""How long the portal works on a file."""
LIFE = timedelta(days=1)
"""How long a finished file lasts."""


class _GbkName(zipfile.ZipInfo):
    """An entry whose name is GBK and not marked as anything, as Chinese Windows packs it."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("gbk"), self.flag_bits


@dataclass
class _Remote:
    """One remote request."""

    id: str
    asked: Mapping[str, str]
    company: Company
    ready_at: datetime
    content: bytes = b""


class Deliveries:
    """Requests under way and the outbox."""

    def __init__(self, portal: Portal, applications: Applications) -> None:
        self._portal, self._applications = portal, applications
        self._by_key: dict[str, _Remote] = {}

    def request(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """The remote request of ``qqjz``: the same key gives the same one, and begins nothing."""
        scope = SCOPES[asked["sjlx"]]
        days = date.fromisoformat(asked["qsrq"]), date.fromisoformat(asked["jzrq"])
        company = self._applications.readable(asked["nsrsbh"], asked["sqhzh"], asked["fwlp"], scope, days)
        wanted = {name: asked[name] for name in ("nsrsbh", "sjlx", "qsrq", "jzrq")}
        known = self._by_key.get(asked["qqjz"])
        if known is None:
            if self._portal.faults.active(FaultKind.WRONG_COMPANY, f"{PREFIX}files/request"):
                company = self._portal.directory.stranger(company.taxpayer_id)
            ready_at = self._portal.clock.now() + PREPARING[asked["sjlx"]]
            known = _Remote(f"WJ{len(self._by_key) + 1:08d}", wanted, company, ready_at)
            self._by_key[asked["qqjz"]] = known
            self._note("file_requested", known)
        elif known.asked != wanted:
            raise Problem("2010")
        return {"qqbh": known.id}

    def status(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """处理中 with the seconds left, 完成 with the file's name and digest, or 已过期."""
        remote = self._remote(asked["qqbh"])
        head = {"qqbh": remote.id, "nsrsbh": remote.company.taxpayer_id, "yjsj": 0}
        now = self._portal.clock.now()
        if now < remote.ready_at:
            return {**head, "zt": "处理中", "yjsj": ceil((remote.ready_at - now).total_seconds())}
        if now > remote.ready_at + LIFE:
            return {**head, "zt": "已过期"}
        content = self._content(remote)
        digest = hashlib.sha256(content).hexdigest()
        return {**head, "zt": "完成", "wjm": f"{remote.id}.zip", "wjdx": len(content), "sha256": digest}

    def file(self, name: str) -> bytes:
        """A finished file. Raises ``Problem`` 3001."""
        remote = self._remote(name.removesuffix(".zip"))
        if not remote.ready_at <= self._portal.clock.now() <= remote.ready_at + LIFE:
            raise Problem("3001")
        self._note("page_served", remote)
        return self._content(remote)

    def _remote(self, id: str) -> _Remote:
        if found := next((each for each in self._by_key.values() if each.id == id), None):
            return found
        raise Problem("3001")

    def _content(self, remote: _Remote) -> bytes:
        remote.content = remote.content or self._packed(remote)
        return remote.content

    def _packed(self, remote: _Remote) -> bytes:
        changed = self._portal.faults.active(FaultKind.LAYOUT_CHANGED, f"{PREFIX}files") is not None
        files = _files(remote.company, remote.asked, changed)
        manifest = {
            "qqbh": remote.id,
            **remote.asked,
            "nsrsbh": remote.company.taxpayer_id,
            "wjlb": [
                {"wjm": name, "zts": records, "sha256": hashlib.sha256(content).hexdigest()}
                for name, (content, records) in files.items()
            ],
        }
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("manifest.json", orjson.dumps(manifest))
            for name, (content, _) in files.items():
                entry = _GbkName(name, self._portal.clock.now().timetuple()[:6])
                archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
        return buffer.getvalue()

    def _note(self, event: str, remote: _Remote) -> None:
        detail = f"{remote.id} {remote.asked['sjlx']}"
        self._portal.journal.write(event, taxpayer_id=remote.company.taxpayer_id, detail=detail)


def _files(company: Company, asked: Mapping[str, str], changed: bool) -> dict[str, tuple[bytes, int]]:
    """(content, records) by name. What is issued comes as CSV, what is received as a workbook."""
    start, end = date.fromisoformat(asked["qsrq"]), date.fromisoformat(asked["jzrq"])
    issued, received = (
        [each for each in register if start <= each.issued_at.date() <= end]
        for register in (company.issued, company.received)
    )
    made: Mapping[str, Callable[[], list[tuple[Sheet, str]]]] = {
        "NSRXX": lambda: [(sheets.taxpayer(company), "csv")],
        "XYDJ": lambda: [(sheets.credit(company), "xlsx")],
        "ZZSSB": lambda: [(sheets.vat([r for r in company.returns if start <= r.end <= end]), "bom")],
        "FPXX": lambda: [
            (sheets.invoices(issued, "开具"), "csv"),
            (sheets.invoices(received, "取得"), "xlsx"),
        ],
    }
    files = {}
    for sheet, kind in made[asked["sjlx"]]():
        if kind == "xlsx":
            files[f"{sheet.name}.xlsx"] = (sheet.xlsx(changed=changed), sheet.records)
        else:
            content = sheet.csv(changed=changed, marked=kind == "bom")
            files[f"{sheet.name}.csv"] = (content, sheet.records)
    return files
