"""The international formats and the voucher, written by the standard."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import SimpleDocTemplate, Table

from tests.normalizers.bank.rendering import Cells, Entry, plain

Write = Callable[[Sequence[Entry]], bytes]
FONT = "STSong-Light"
DETAILS = "InformationOfReconcileDetailsTuple"
LOCKED_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "EncryptedPackage".encode("utf-16-le")
"""What is seen of a workbook that opens with a password (MS-OFFCRYPTO): the container and its part's name."""


def _opening(given: Sequence[Entry]) -> int:
    return given[0].balance - given[0].signed


def _side(fen: int) -> str:
    return "借" if fen < 0 else "贷"


def mt940(given: Sequence[Entry]) -> bytes:
    """A comma before the decimals, one statement."""

    def balance(tag: str, day: str, fen: int) -> str:
        return f":{tag}:{'D' if fen < 0 else 'C'}{day}CNY{plain(abs(fen)).replace('.', ',')}"

    lines = [":20:STMT1", ":25:621700123", ":28C:1/1", balance("60F", "240101", _opening(given))]
    for number, entry in enumerate(given):
        mark, amount = "D" if entry.signed < 0 else "C", plain(abs(entry.signed)).replace(".", ",")
        lines.append(f":61:{entry.on:%y%m%d}{entry.on:%m%d}{mark}{amount}NTRFREF{number}//BANK{number}")
        lines.append(f":86:166?00TRANSFER?20SVWZ+Invoice {number}?32NAME {number}")
    lines.append(balance("62F", f"{given[-1].on:%y%m%d}", given[-1].balance))
    return "\r\n".join([*lines, "-"]).encode()


def camt(version: int) -> Write:
    """camt.053.001.<version>: a party is wrapped from 8 on, as a status is."""

    def write(given: Sequence[Entry]) -> bytes:
        def balance(code: str, day: object, fen: int) -> str:
            side = "DBIT" if fen < 0 else "CRDT"
            return (
                f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='CNY'>{plain(abs(fen))}</Amt>"
                f"<CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
            )

        entries = []
        for entry in given:
            side, party = ("DBIT", "Cdtr") if entry.signed < 0 else ("CRDT", "Dbtr")
            name = f"<Nm>{escape(entry.name)}</Nm>"
            status = "<Sts><Cd>BOOK</Cd></Sts>" if version >= 8 else "<Sts>BOOK</Sts>"
            entries.append(
                f"<Ntry><Amt Ccy='CNY'>{plain(abs(entry.signed))}</Amt><CdtDbtInd>{side}</CdtDbtInd>{status}"
                f"<BookgDt><Dt>{entry.on}</Dt></BookgDt><NtryDtls><TxDtls><RltdPties><{party}>"
                f"{f'<Pty>{name}</Pty>' if version >= 8 else name}</{party}></RltdPties>"
                "</TxDtls></NtryDtls></Ntry>"
            )
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02}">'
            "<BkToCstmrStmt><Stmt>"
            f"<Acct><Id><IBAN>NL26VAYB8060476890</IBAN></Id><Ccy>CNY</Ccy></Acct>"
            f"{balance('OPBD', '2024-01-01', _opening(given))}"
            f"{balance('CLBD', given[-1].on, given[-1].balance)}\n"
            + "\n".join(entries)
            + "</Stmt></BkToCstmrStmt></Document>"
        ).encode()

    return write


def ofx(given: Sequence[Entry]) -> bytes:
    """Version 1, SGML: elements with text are not closed."""
    entries = "".join(
        f"<STMTTRN>\n<TRNTYPE>OTHER\n<DTPOSTED>{entry.on:%Y%m%d}120000[+8:CST]\n<TRNAMT>{plain(entry.signed)}\n"
        f"<FITID>{number}\n<NAME>NAME {number}\n</STMTTRN>\n"
        for number, entry in enumerate(given)
    )
    return (
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\n"
        "COMPRESSION:NONE\nOLDFILEUID:NONE\nNEWFILEUID:NONE\n\n<OFX>\n<BANKMSGSRSV1>\n<STMTTRNRS>\n<TRNUID>1\n"
        "<STMTRS>\n<CURDEF>CNY\n<BANKACCTFROM>\n<BANKID>102\n<ACCTID>6217\n<ACCTTYPE>CHECKING\n</BANKACCTFROM>\n"
        f"<BANKTRANLIST>\n<DTSTART>20240101\n<DTEND>20240131\n{entries}</BANKTRANLIST>\n"
        f"<LEDGERBAL>\n<BALAMT>{plain(given[-1].balance)}\n<DTASOF>20240131\n</LEDGERBAL>\n"
        "</STMTRS>\n</STMTTRNRS>\n</BANKMSGSRSV1>\n</OFX>\n"
    ).encode()


def voucher(year: int) -> Write:
    """银行电子对账单 by the taxonomy of a year."""

    def write(given: Sequence[Entry]) -> bytes:
        def detail(entry: Entry) -> str:
            texts = {
                "DateOfBookkeeping": entry.on,
                "IdentificationOfCreditOrDebit": _side(entry.signed),
                "TransactionAmount": plain(abs(entry.signed)),
                "DebitOrCreditOfBalance": _side(entry.balance),
                "AccountBalance": plain(abs(entry.balance)),
                "NameOfCounterparty": escape(entry.name),
            }
            body = "".join(f"<bkrs:{name}>{text}</bkrs:{name}>" for name, text in texts.items())
            return f"<bkrs:{DETAILS}>{body}</bkrs:{DETAILS}>\n"

        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<xbrl xmlns="http://www.xbrl.org/2003/instance" '
            f'xmlns:bkrs="http://xbrl.mof.gov.cn/taxonomy/{year}-12-31/bkrs">\n'
            "<bkrs:Currency>人民币</bkrs:Currency>"
            "<bkrs:CustomerSettlementBankAccount>6217</bkrs:CustomerSettlementBankAccount>\n"
            f"{''.join(map(detail, given))}</xbrl>"
        ).encode()

    return write


def receipt(*, side: str, amount: str = "88.00", recipient: str = "") -> bytes:
    """银行电子回单."""
    texts = {
        "IdentificationOfCreditOrDebit": side,
        "DateOfBookkeeping": "2024-03-05",
        "TimeOfBookkeeping": "10:11:12",
        "Currency": "CNY",
        "TransactionAmountInFigures": amount,
        "AccountNameOfPayer": "付款公司",
        "AccountNumberOfPayer": "111",
        "AccountNameOfPayee": "收款公司",
        "AccountNumberOfPayee": "222",
        "AccountNumberOfRecipient": recipient,
    }
    body = "".join(f"<bker:{name}>{text}</bker:{name}>" for name, text in texts.items() if text)
    return (
        '<xbrl xmlns="http://www.xbrl.org/2003/instance" '
        f'xmlns:bker="http://xbrl.mof.gov.cn/taxonomy/2024-06-30/bker">{body}</xbrl>'
    ).encode()


def ruled_pdf(rows: Sequence[Cells], password: str | None = None) -> bytes:
    """A table with rules, over several pages when it is long, its headings on each."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    content = io.BytesIO()
    table = Table([[str(cell) for cell in row] for row in rows], repeatRows=1)
    table.setStyle([("FONT", (0, 0), (-1, -1), FONT, 7), ("GRID", (0, 0), (-1, -1), 0.5, "black")])
    encrypt = StandardEncryption(password, canPrint=1) if password else None
    SimpleDocTemplate(content, pagesize=landscape(A4), encrypt=encrypt).build([table])
    return content.getvalue()


def plain_pdf(above: Sequence[str], rows: Sequence[Cells], places: Sequence[int]) -> bytes:
    """Columns without rules: figures end where their column ends."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    content = io.BytesIO()
    page = Canvas(content, pagesize=landscape(A4))
    page.setFont(FONT, 8)
    height = 560
    for line in above:
        page.drawString(40, height, line)
        height -= 14
    for row in rows:
        for place, cell in zip(places, row, strict=True):
            page.drawString(place, height, str(cell))
        height -= 14
    page.save()
    return content.getvalue()


def picture_pdf() -> bytes:
    """A page with a drawing and no text."""
    content = io.BytesIO()
    page = Canvas(content)
    page.rect(100, 100, 200, 200, fill=1)
    page.save()
    return content.getvalue()


FORMATS: Mapping[str, tuple[str, Write]] = {
    "mt940": ("bank.mt940", mt940),
    **{f"camt.053 v{version}": ("bank.camt053", camt(version)) for version in range(2, 9)},
    "ofx": ("bank.ofx", ofx),
    "bkrs 2021": ("bank.voucher", voucher(2021)),
    "bkrs 2023": ("bank.voucher", voucher(2023)),
}
