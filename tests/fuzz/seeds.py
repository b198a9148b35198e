"""Whole files of each kind, from which the fuzzer sets out: one of every format that a kind wraps."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tests.normalizers.bank.banks import BANKS
from tests.normalizers.bank.rendering import as_csv, as_workbook, entries
from tests.normalizers.bank.writing import FORMATS, receipt

_GIVEN = entries([1_234_56, -99_99, 500_00, -1])
_INVOICE = (
    '<?xml version="1.0" encoding="UTF-8"?><EInvoice><Header><EIid>24312000000012345678</EIid></Header>'
    "<EInvoiceData><SellerInformation><SellerIdNum>91310000MA1FL8XQ37</SellerIdNum></SellerInformation>"
    "<BuyerInformation><BuyerName>乙</BuyerName></BuyerInformation>"
    "<BasicInformation><TotalAmWithoutTax>100.00</TotalAmWithoutTax><TotalTaxAm>13.00</TotalTaxAm>"
    "<TotalTax-includedAmount>113.00</TotalTax-includedAmount></BasicInformation>"
    "<IssuItemInformation><ItemName>*服务*咨询</ItemName><Amount>100.00</Amount><TaxRate>0.13</TaxRate>"
    "<ComTaxAm>13.00</ComTaxAm></IssuItemInformation></EInvoiceData><TaxSupervisionInfo>"
    "<InvoiceNumber>24312000000012345678</InvoiceNumber><IssueTime>2024-01-01</IssueTime>"
    "</TaxSupervisionInfo></EInvoice>"
)
_LIST = [
    "序号,发票代码,发票号码,数电发票号码,销方识别号,销方名称,购方识别号,购买方名称,开票日期,金额,税率,税额,价税合计,"
    "发票来源,发票票种,发票状态,是否正数发票",
    "1,,,24312000000012345678,91310000MA1FL8XQ37,甲,91310000MA1FL8XQ37,乙,2024-01-01,100.00,13%,13.00,113.00,"
    "电子发票服务平台,数电票（普通发票）,正常,是",
]


_ROWS = [line.split(",") for line in _LIST]
_LARGE = 64 << 10
"""Bytes of a real file beyond which the fuzzer would spend its time on reading."""
_REAL = {
    "xml": ("einvoice_xml/*", "bank_camt/*", "voucher_xbrl/invoice-precheck/*"),
    "ofd": ("einvoice_ofd/*",),
    "csv": ("bank_cn/*.csv", "bank_mt940/*", "bank_ofx/*"),
    "xlsx": (),
}


def seeds(kind: str) -> list[bytes]:
    """Made files, and the real ones where TAXLINK_REAL_DATA names their folder."""
    folder = os.environ.get("TAXLINK_REAL_DATA")
    real = [path for glob in _REAL[kind] for path in sorted(Path(folder).glob(glob))] if folder else []
    return [*SEEDS[kind], *(path.read_bytes() for path in real if path.stat().st_size < _LARGE)]


def _ofd() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        made.writestr(
            "OFD.xml",
            '<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016" DocType="OFD"><ofd:DocBody><ofd:DocInfo>'
            "<ofd:CustomDatas><ofd:CustomData Name='发票号码'>24312000000012345678</ofd:CustomData>"
            "</ofd:CustomDatas></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        )
        made.writestr("Doc_0/Document.xml", '<ofd:Document xmlns:ofd="http://www.ofdspec.org/2016"/>')
        made.writestr("Doc_0/Attachs/original_invoice.xml", _INVOICE)
    return content.getvalue()


SEEDS: Mapping[str, list[bytes]] = {
    "xml": [
        *(write(_GIVEN) for name, (_, write) in FORMATS.items() if name.startswith(("camt", "bkrs"))),
        receipt(side="借"),
        _INVOICE.encode(),
    ],
    "ofd": [_ofd()],
    "xlsx": [*(as_workbook(bank(_GIVEN)) for bank in BANKS.values()), as_workbook(_ROWS)],
    "csv": [*(as_csv(bank(_GIVEN)) for bank in BANKS.values()), as_csv(_ROWS), FORMATS["mt940"][1](_GIVEN)],
}
