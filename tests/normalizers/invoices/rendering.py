"""Synthetic invoices, and every format that one is printed in, with the liberties that the format allows."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from xml.sax.saxutils import escape

import xlsxwriter
from hypothesis import strategies as st


@dataclass(frozen=True)
class Item:
    name: str
    quantity: int
    price: int
    rate: int

    @property
    def amount(self) -> int:
        return self.quantity * self.price

    @property
    def tax(self) -> int:
        return round(self.amount * self.rate / 100)


@dataclass(frozen=True)
class Told:
    """``whim`` chooses among what the format leaves open; ``code`` makes it an invoice of the 税控 era."""

    number: str
    code: str | None
    day: date
    seller: tuple[str, str]
    buyer: tuple[str, str]
    items: Sequence[Item]
    whim: int

    @property
    def amount(self) -> int:
        return sum(item.amount for item in self.items)

    @property
    def tax(self) -> int:
        return sum(item.tax for item in self.items)

    @property
    def total(self) -> int:
        return self.amount + self.tax


NAMES = st.text("甲乙丙丁戊己庚辛测试贸易有限公司", min_size=2, max_size=8)
IDS = st.integers(0, 10**7 - 1).map(lambda number: f"91310000MA{number:07}X")
ITEMS = st.builds(
    Item,
    name=NAMES.map(lambda name: f"*类*{name}"),
    quantity=st.integers(1, 999),
    price=st.integers(1, 9_999_99),
    rate=st.sampled_from([1, 3, 6, 9, 13]),
)


def negative(told: Told) -> Told:
    items = [Item(item.name, -item.quantity, item.price, item.rate) for item in told.items]
    return Told(told.number, told.code, told.day, told.seller, told.buyer, items, told.whim)


def invoices(*, control: bool) -> st.SearchStrategy[Told]:
    digits = st.integers(0, 10**8 - 1).map("{:08}".format if control else "244400000000{:08}".format)
    blue = st.builds(
        Told,
        number=digits,
        code=st.integers(0, 10**9 - 1).map("0{:09}11".format) if control else st.none(),
        day=st.dates(date(2015, 1, 1), date(2026, 10, 31)),
        seller=st.tuples(IDS, NAMES),
        buyer=st.tuples(IDS.map(lambda id_: id_.replace("MA", "MB")), NAMES),
        items=st.lists(ITEMS, min_size=1, max_size=4),
        whim=st.integers(0, 7),
    )
    return blue | blue.map(negative)


def yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02}"


def _element(name: str, text: str, prefix: str = "") -> str:
    return f"<{prefix}{name}>{escape(text)}</{prefix}{name}>"


def digital_xml(told: Told) -> bytes:
    """数电票. The order of its parts, labels, remark and classes are left to whim; with it comes a moment."""
    lines = "".join(
        "<IssuItemInformation>"
        + _element("ItemName", item.name)
        + _element("Quantity", str(item.quantity))
        + _element("UnPrice", yuan(item.price))
        + _element("Amount", yuan(item.amount))
        + _element("TaxRate", f"{item.rate / 100:.6f}" if told.whim & 1 else f"{item.rate}%")
        + _element("ComTaxAm", yuan(item.tax) + ("0000" if told.whim & 1 else ""))
        + "</IssuItemInformation>"
        for item in told.items
    )
    basic = (
        "<BasicInformation>"
        + _element("TotalTax-includedAmount", yuan(told.total))
        + _element("TotalAmWithoutTax", yuan(told.amount))
        + _element("TotalTaxAm", yuan(told.tax))
        + _element("RequestTime", f"{told.day} 09:00:00")
        + "</BasicInformation>"
    )
    parties = "".join(
        f"<{name}Information>"
        + _element(f"{name}Name", party[1])
        + _element(f"{name}IdNum", party[0])
        + f"</{name}Information>"
        for name, party in (("Buyer", told.buyer), ("Seller", told.seller))
    )
    data = [basic, parties, lines]
    issued = f"{told.day} 10:00:00" if told.whim & 2 else str(told.day)
    supervision = (
        "<TaxSupervisionInfo>"
        + _element("IssueTime", issued)
        + _element("InvoiceNumber", told.number)
        + "</TaxSupervisionInfo>"
    )
    signature = f"<TaxBureauSignature><SignatureTime>{told.day} 10:00:01</SignatureTime></TaxBureauSignature>"
    body = "".join(reversed(data) if told.whim & 4 else data)
    header = f"<Header><EIid>{told.number}</EIid><Version>0.33</Version></Header>" if told.whim & 4 else ""
    namespace = ' xmlns="urn:example:einvoice"' if told.whim & 1 else ""
    xml = (
        f"<EInvoice{namespace}>{header}<EInvoiceData>{body}</EInvoiceData>{supervision}{signature}</EInvoice>"
    )
    return ("\ufeff" if told.whim & 2 else "").encode() + f'<?xml version="1.0"?>\n{xml}'.encode()


def control_xml(told: Told) -> bytes:
    """税控 era. The prefix, the namespace's year, the QR code's text and line numbers are left to whim."""
    prefix = "fp:" if told.whim & 1 else ""
    space = f' xmlns{":fp" if prefix else ""}="http://www.edrm.org.cn/schema/e-invoice/{2016 + told.whim}"'

    def element(name: str, text: str) -> str:
        return _element(name, text, prefix)

    goods = "".join(
        f"<{prefix}GoodsInfo>"
        + element("Item", item.name)
        + element("Price", yuan(item.price))
        + element("Quantity", str(item.quantity))
        + element("TaxScheme", f"{item.rate}%")
        + element("Amount", yuan(item.amount))
        + element("TaxAmount", yuan(item.tax))
        + f"</{prefix}GoodsInfo>"
        for item in told.items
    )
    parties = "".join(
        f"<{prefix}{name}>"
        + element(f"{name}TaxID", party[0])
        + element(f"{name}Name", party[1])
        + f"</{prefix}{name}>"
        for name, party in (("Seller", told.seller), ("Buyer", told.buyer))
    )
    day = f"{told.day:%Y年%m月%d日}"
    graph = f"01,10,{told.code},{told.number},{yuan(told.amount)},{told.day:%Y%m%d},1,A,"
    return (
        f"<eInvoice{space}>"
        + element("GraphCode", graph)
        + element("InvoiceCode", told.code or "")
        + element("InvoiceNo", told.number)
        + element("IssueDate", day)
        + parties
        + f"<{prefix}GoodsInfos>{goods}</{prefix}GoodsInfos>"
        + element("TaxInclusiveTotalAmount", yuan(told.total))
        + element("TaxTotalAmount", yuan(told.tax))
        + element("TaxExclusiveTotalAmount", yuan(told.amount))
        + "</eInvoice>"
    ).encode()


def _head(told: Told) -> dict[str, str]:
    head = {
        "发票号码": told.number,
        "开票日期": f"{told.day:%Y年%m月%d日}",
        "合计金额": yuan(told.amount),
        "合计税额": yuan(told.tax),
        "购买方纳税人识别号": told.buyer[0],
        "销售方纳税人识别号": told.seller[0],
    }
    return head if told.code is None else head | {"发票代码": told.code}


def ofd(parts: dict[str, str], head: dict[str, str]) -> bytes:
    named = "".join(f'<ofd:CustomData Name="{name}">{value}</ofd:CustomData>' for name, value in head.items())
    root = (
        '<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016"><ofd:DocBody><ofd:DocInfo>'
        f"<ofd:CustomDatas>{named}</ofd:CustomDatas></ofd:DocInfo></ofd:DocBody></ofd:OFD>"
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("OFD.xml", root)
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def attached_ofd(told: Told) -> bytes:
    """With the XML attached, under any name."""
    xml = (digital_xml if told.code is None else control_xml)(told).decode("utf-8-sig")
    return ofd({f"Doc_0/Attachs/whatever{told.whim}.xml": xml}, _head(told))


def tagged_ofd(told: Told) -> bytes:
    """Without an attachment: tags that point to the texts on the page."""
    texts: list[str] = []

    def tag(name: str, *parts: str) -> str:
        references = ""
        for part in parts:
            texts.append(part)
            references += f'<ofd:ObjectRef PageRef="1">{len(texts)}</ofd:ObjectRef>'
        return f"<{name}>{references}</{name}>"

    goods = "".join(
        "<GoodsInfo>"
        + tag("Item", item.name[:3], item.name[3:])
        + tag("TaxScheme", f"{item.rate}%")
        + tag("Amount", yuan(item.amount))
        + tag("TaxAmount", yuan(item.tax))
        + "</GoodsInfo>"
        for item in told.items
    )
    tags = (
        "<:eInvoice xmlns:=''>".replace("'", '"')
        + (tag("InvoiceCode", told.code) if told.code else "")
        + tag("InvoiceNo", told.number)
        + tag("IssueDate", f"{told.day:%Y年%m月%d日}")
        + f"<Buyer>{tag('BuyerName', told.buyer[1])}{tag('BuyerTaxID', told.buyer[0])}</Buyer>"
        + f"<Seller>{tag('SellerName', told.seller[1])}{tag('SellerTaxID', told.seller[0])}</Seller>"
        + tag("TaxInclusiveTotalAmount", "壹圆整", "¥", yuan(told.total))
        + tag("TaxExclusiveTotalAmount", "¥", yuan(told.amount))
        + tag("TaxTotalAmount", f"¥{yuan(told.tax)}")
        + f"<GoodsInfos>{goods}</GoodsInfos></:eInvoice>"
    )
    objects = "".join(
        f'<ofd:TextObject ID="{nth}"><ofd:TextCode>{escape(text)}</ofd:TextCode></ofd:TextObject>'
        for nth, text in enumerate(texts, 1)
    )
    page = f'<ofd:Page xmlns:ofd="http://www.ofdspec.org/2016"><ofd:Layer>{objects}</ofd:Layer></ofd:Page>'
    return ofd({"Doc_0/Pages/Page_0/Content.xml": page, "Doc_0/Tags/CustomTag.xml": tags}, _head(told))


def printed(told: Told) -> list[str]:
    """The text on an invoice. 数电票 have the parties side by side, older ones one above the other."""
    rows = [
        f"{item.name} 型号 件 {item.quantity} {yuan(item.price)} "
        f"{yuan(item.amount)} {item.rate}% {yuan(item.tax)}"
        for item in told.items
    ]
    heading = "项目名称 规格型号 单 位 数 量 单 价 金 额 税率/征收率 税 额"
    buyer, seller = (f"名称：{party[1]}" for party in (told.buyer, told.seller))
    buyer_id, seller_id = (
        f"统一社会信用代码/纳税人识别号：{party[0]}" for party in (told.buyer, told.seller)
    )
    sums = [
        f"合 计 ¥{yuan(told.amount)} ¥{yuan(told.tax)}",
        f"价税合计（大写） 壹圆整 （小写）¥{yuan(told.total)}",
    ]
    day = f"开票日期：{told.day:%Y年%m月%d日}"
    if told.code is None:
        parties = [f"购 {buyer} 销 {seller}", "买 售", f"信 {buyer_id} 信 {seller_id}"]
        return [
            f"电子发票（普通发票） 发票号码：{told.number}",
            day,
            *parties,
            heading,
            *rows,
            *sums,
            "开票人：甲",
        ]
    top = [
        "广东增值税电子普通发票",
        f"发票代码:{told.code}",
        f"发票号码:{told.number}",
        day,
        "校 验 码:1 2 3",
    ]
    named = [f"购 名 称:{told.buyer[1]} 密", f"买 纳税人识别号:{told.buyer[0]}"]
    below = [f"销 名 称:{told.seller[1]} 备", f"售 纳税人识别号:{told.seller[0]}"]
    return [*top, *named, heading.replace("项目名称", "货物或应税劳务、服务名称"), *rows, *sums, *below]


def pdf(lines: Sequence[str]) -> bytes:
    """A page of text in a font that every reader has."""
    text = "".join(
        f"BT /F1 8 Tf 40 {800 - 16 * nth} Td <{line.encode('utf-16-be').hex()}> Tj ET\n"
        for nth, line in enumerate(lines)
    )
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 1200 842] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}endstream",
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H "
        "/DescendantFonts [6 0 R] >>",
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /DW 1000 >>",
    ]
    made, places = b"%PDF-1.4\n", []
    for nth, body in enumerate(objects, 1):
        places.append(len(made))
        made += f"{nth} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Root 1 0 R /Size 7 >>\n"
    return made + f"{end}startxref\n{len(made)}\n%%EOF\n".encode()


def printed_pdf(told: Told) -> bytes:
    return pdf(printed(told))


def xbrl(told: Told) -> bytes:
    """As the buyer received it. Prefix, year and order are left to whim."""
    prefix, year = ("einv", "e")[told.whim & 1], (2023, 2025)[told.whim >> 1 & 1]
    facts = [
        _element("InvoiceNumber", told.number, f"{prefix}:"),
        _element("SellerName", told.seller[1], f"{prefix}:"),
        _element("SellerIdNum", told.seller[0], f"{prefix}:"),
        _element("TotalAmWithoutTax", yuan(told.amount), f"{prefix}:"),
        _element("TotalTaxAm", yuan(told.tax), f"{prefix}:"),
        _element("TotalTax-includedAmount", yuan(told.total), f"{prefix}:"),
        _element("AmountOfTransferredOutInputVat", "12345.67", f"{prefix}:"),
        _element("RequestTime", f"{told.day}T10:00:00", f"{prefix}:"),
        _element("UnifiedSocialCreditCodeOfAccountingEntity", told.buyer[0], f"{prefix}:"),
        _element("NameOfAccountingEntity", told.buyer[1], f"{prefix}:"),
    ]
    body = "".join(reversed(facts) if told.whim & 4 else facts)
    space = f'xmlns:{prefix}="http://xbrl.mof.gov.cn/taxonomy/{year}-12-31/einv"'
    instance = 'xmlns:xbrli="http://www.xbrl.org/2003/instance"'
    unit = '<xbrli:unit id="u1"><xbrli:measure>iso4217:CNY</xbrli:measure></xbrli:unit>'
    return f"<!-- {'x' * 300} --><xbrli:xbrl {space} {instance}>{unit}{body}</xbrli:xbrl>".encode()


HEADINGS = (
    *("序号", "发票代码", "发票号码", "数电发票号码", "销方识别号", "销方名称", "购方识别号", "购买方名称"),
    *("开票日期", "货物或应税劳务名称", "数量", "单价", "金额", "税率", "税额", "价税合计", "发票状态"),
)


def rows(told: Told) -> list[list[str]]:
    """The export's, a row a line."""
    number = [told.code or "", told.number if told.code else "", "" if told.code else told.number]
    parties = [*told.seller, *told.buyer]
    day = f"{told.day} 10:00:00"
    return [
        [
            *("1", *number, *parties, day, item.name, str(item.quantity), yuan(item.price)),
            *(yuan(item.amount), f"{item.rate}%", yuan(item.tax), yuan(item.amount + item.tax), "正常"),
        ]
        for item in told.items
    ]


def export_xlsx(told: Told) -> bytes:
    """Below a title, in any order of columns, on any sheet, with a row that totals the others."""
    order = list(range(len(HEADINGS)))[:: -1 if told.whim & 1 else 1]
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        if told.whim & 2:
            book.add_worksheet("说明").write(0, 0, "导出说明")
        sheet = book.add_worksheet("信息汇总表")
        sheet.write(0, 0, "全量发票查询导出结果")
        for line, cells in enumerate([list(HEADINGS), *rows(told)], 1 + told.whim):
            for column, place in enumerate(order):
                sheet.write(line, column, cells[place])
        sheet.write(line + 1, 0, "合 计")
    return made.getvalue()


def export_csv(told: Told) -> bytes:
    """Separator, encoding and how ids are kept from spreadsheets are left to whim."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=",\t;|"[told.whim & 3])
    quoted = '="{}"'.format if told.whim & 4 else str
    writer.writerow(HEADINGS)
    for row in rows(told):
        writer.writerow(
            [quoted(cell) if place in range(1, 5) and cell else cell for place, cell in enumerate(row)]
        )
    return text.getvalue().encode("gb18030" if told.whim & 1 else "utf-8-sig")


FORMATS: dict[str, tuple[bool | None, Callable[[Told], bytes]]] = {
    "digital_xml": (False, digital_xml),
    "control_xml": (True, control_xml),
    "attached_ofd": (None, attached_ofd),
    "tagged_ofd": (None, tagged_ofd),
    "pdf": (None, printed_pdf),
    "xbrl": (False, xbrl),
    "xlsx": (None, export_xlsx),
    "csv": (None, export_csv),
}
"""By name: whether it is of the 税控 era (None: of both), and how an invoice is printed in it."""
