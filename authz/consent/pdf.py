"""The consent as a PDF that the borrower can keep: what was agreed to, word for word, and how to check it.

Chinese is set in STSong-Light, one of the fonts that PDF readers bring along, so that no font is shipped.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from datetime import datetime
from xml.sax.saxutils import escape

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    KeepTogether,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from authz.consent.archive import Signed
from authz.consent.text import PURPOSES
from schema.clock import BEIJING
from schema.dataset import Dataset
from schema.taxpayer_id import masked
from vault.suite import Suite

_FONT = "STSong-Light"
_INK, _SOFT, _LINE, _ACCENT = (HexColor(each) for each in ("#17263a", "#5b6b80", "#d5dce6", "#12457f"))
_ALGORITHM = {
    Suite.INTL: "ECDSA P-256, SHA-256",
    Suite.GM: "SM2, SM3 (id 1234567812345678)",
}
_UNITS = {"day": ("日", "day"), "month": ("月", "month")}
_MARGIN, _PADDING = 22 * mm, 6.0
"""The page's margin, and what reportlab's frames add to it, in points."""
_ROW = list[tuple[str, str]]


def rendered(letters: Sequence[tuple[Signed, datetime | None]]) -> bytes:
    """A4 pages, each letter on its own, with the time of its time-stamp. The same artefacts give the same
    bytes."""
    registerFont(UnicodeCIDFont(_FONT))
    out = io.BytesIO()
    first = letters[0][0].artefact.agreement
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=_MARGIN - _PADDING,
        rightMargin=_MARGIN - _PADDING,
        topMargin=16 * mm,
        bottomMargin=18 * mm,
        title=first.text.zh.splitlines()[0],
        author=first.parties.recipient.zh,
        invariant=1,
    )
    story: list[Flowable] = []
    for signed, stamped_at in letters:
        story += [*_letter(signed, stamped_at), PageBreak()]
    document.build(story[:-1], onFirstPage=_foot, onLaterPages=_foot)
    return out.getvalue()


def _letter(signed: Signed, stamped_at: datetime | None) -> list[Flowable]:
    text = signed.artefact.agreement.text
    title_zh, *letter_zh = text.zh.splitlines()
    title_en, *letter_en = text.en.splitlines()
    return [
        Paragraph(escape(title_zh), _style(20, leading=26, color=_ACCENT)),
        Paragraph(escape(title_en), _style(11, leading=16, color=_SOFT)),
        Spacer(0, 5 * mm),
        _facts(_parties(signed)),
        _heading("授权内容", "What was agreed to"),
        _scopes(signed),
        Spacer(0, 2 * mm),
        _facts(_terms(signed)),
        _heading("授权书全文", "The text as it was shown"),
        *(Paragraph(escape(line), _style(10, leading=17, chinese=True)) for line in letter_zh),
        Spacer(0, 2 * mm),
        *(Paragraph(escape(line), _style(9, leading=14, color=_SOFT)) for line in letter_en),
        KeepTogether([_heading("签署与核验", "Assent and proof"), _facts(_proof(signed, stamped_at))]),
    ]


def _foot(canvas: Canvas, page: SimpleDocTemplate) -> None:
    canvas.setFont(_FONT, 8)
    canvas.setFillColor(_SOFT)
    canvas.drawRightString(A4[0] - _MARGIN, 11 * mm, str(page.page))


def _parties(signed: Signed) -> _ROW:
    parties, assent = signed.artefact.agreement.parties, signed.artefact.assent
    role = {
        "borrower": "经办人 / for the company",
        "legal_representative": "法定代表人 / legal representative",
    }
    who = " ".join(filter(None, (assent.person.name, assent.person.id_number)))
    return [
        ("企业 Company", masked(parties.borrower.taxpayer_id)),
        ("授权人 Given by", f"{who} （{role[parties.borrower.party]}）".strip()),
        ("使用方 Recipient", f"{parties.recipient.zh} {parties.recipient.en}"),
        ("数据来源 Source", f"{parties.source.zh} {parties.source.en}"),
        ("系统运营方 Operator", f"{parties.operator.zh} {parties.operator.en}"),
    ]


def _terms(signed: Signed) -> _ROW:
    agreed = signed.artefact.agreement
    purpose_zh, purpose_en = PURPOSES[agreed.purpose]
    unit_zh, unit_en = _UNITS[agreed.frequency.unit]
    times = agreed.frequency.times
    often = f"每{unit_zh}至多 {times} 次 at most {times} × a {unit_en}"
    return [
        ("目的 Purpose", f"{purpose_zh} {purpose_en}"),
        ("查询方式 Reading", "一次性 once" if agreed.fetch == "once" else f"定期 periodic · {often}"),
        ("有效期 Valid", f"{_beijing(agreed.valid_from)} — {_beijing(agreed.valid_until)}"),
        ("数据保存 Data life", f"{agreed.data_life_days} 天 days"),
    ]


def _proof(signed: Signed, stamped_at: datetime | None) -> _ROW:
    assent, agreed = signed.artefact.assent, signed.artefact.agreement
    text = agreed.text
    rows = [
        ("编号 Number", f"{agreed.consent_id} · v{agreed.version}"),
        ("同意时间 Assent", _beijing(assent.at)),
        ("设备 Device", assent.device or "–"),
        ("文本 SHA-256", text.sha256),
        ("文本 SM3", text.sm3),
        ("文件 SHA-256", signed.sha256),
        (f"签名 Signature ({_ALGORITHM[signed.suite]})", base64.b64encode(signed.signature).decode()),
    ]
    if stamped_at is not None:
        rows.append(("时间戳 Time-stamp (RFC 3161)", _beijing(stamped_at.isoformat())))
    return rows


def _scopes(signed: Signed) -> Table:
    rows: list[list[Paragraph]] = [
        [_cell(each, color=_SOFT) for each in ("数据 Data", "自 From", "至 To")],
        *(
            [
                _cell(f"{Dataset(scope.dataset).zh} {scope.dataset.replace('_', ' ')}"),
                _cell(scope.first_day.isoformat()),
                _cell(scope.last_day.isoformat()),
            ]
            for scope in signed.artefact.agreement.scopes
        ),
    ]
    return _table(rows, [102 * mm, 32 * mm, 32 * mm])


def _facts(rows: _ROW) -> Table:
    return _table([[_cell(name, color=_SOFT), _cell(value)] for name, value in rows], [46 * mm, 120 * mm])


def _table(rows: list[list[Paragraph]], widths: list[float]) -> Table:
    table = Table(rows, colWidths=widths)
    table.setStyle(
        TableStyle(
            [
                ("LINEBELOW", (0, 0), (-1, -1), 0.5, _LINE),
                ("LINEABOVE", (0, 0), (-1, 0), 0.5, _LINE),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 4),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    return table


def _heading(zh: str, en: str) -> Paragraph:
    style = _style(12, leading=18, color=_ACCENT)
    style.spaceBefore, style.spaceAfter = 5 * mm, 2 * mm
    return Paragraph(f"{zh} {en}", style)


def _cell(text: str, *, color: Color = _INK) -> Paragraph:
    return Paragraph(escape(text), _style(9, leading=13, color=color, chinese=True))


def _style(size: float, *, leading: float, color: Color = _INK, chinese: bool = False) -> ParagraphStyle:
    """Chinese breaks a line between any two characters."""
    return ParagraphStyle(
        "letter",
        fontName=_FONT,
        fontSize=size,
        leading=leading,
        textColor=color,
        wordWrap="CJK" if chinese else None,
    )


def _beijing(at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone(BEIJING):%Y-%m-%d %H:%M:%S} (UTC+8)"
