"""Lists and records in the bureau's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.company import Company, InvoiceLineRecord, InvoiceRecord, VatReturn
from sandbox.families.foresee.forms import number
from schema.period import add_months, month_end

_KIND = {(True, True): "81", (True, False): "82", (False, True): "01", (False, False): "04"}
"""发票种类 by (digital, special): 81/82 数电票 专用/普通, 01/04 税控 专用/普通."""
_STATE = {"正常": "0", "作废": "2"}
_OFFICE = "国家税务总局沙盒税务局"


def duties(company: Company, today: date) -> dict[str, Any]:
    """申报清册: what the company has to file now, and who it is (``nsrztxx``)."""
    months = 1 if company.general else 3
    end = month_end(add_months(today.replace(day=1), -1))
    start = add_months(end.replace(day=1), 1 - months)
    code, kind, name = _form(company.general)
    vat = {
        "zsxmDm": "10101",
        "gdslxDm": "1",
        "zsxmMc": name,
        "skssqQ": f"{start}",
        "skssqZ": f"{end}",
        "yzpzzlDm": kind,
        "sbywbm": code,
        "nsqxDm": "06" if company.general else "08",
        "sbztDm": "",
        "sbrq": "",
        "ybtse": "",
    }
    surtax = {**vat, "zsxmDm": "10109", "zsxmMc": "城市维护建设税", "yzpzzlDm": "BDA0610678"}
    identity = f"gsDjxh:{number(company)},gsZgswskfjDm:,gsNsrsbh:{company.taxpayer_id},"
    return {
        "errList": [],
        "nsrztxx": identity
        + f"gsSsdabh:{company.taxpayer_id},dsDjxh:,dsZgswskfjDm:null,dsNsrsbh:,dsSsdabh:null",
        "isGsCburlBz": "Y",
        "sbqcList": [surtax | {"sbywbm": "LHFJSSB"}, vat],
        "cwbbList": [],
        "czsjjg": "120",
    }


def serial(filed: VatReturn) -> str:
    """凭证序号 of a filing."""
    return f"1001{filed.return_id[2:]}"


def filed(company: Company, returns: Sequence[VatReturn]) -> dict[str, Any]:
    """申报查询 as taxML: VAT returns among the surtaxes filed with them."""
    rows = [row for each in returns for row in (_filed(company, each), _surtax(company, each))]
    head = {"gid": "0" * 32, "tid": " ", "bizRtnMsg": {"message": "", "code": "00"}, "version": ""}
    return {"taxML": {"body": {"taxML": {"ysbxxList": {"ysbxx": rows}}}, "head": head}}


def _filed(company: Company, each: VatReturn) -> dict[str, str]:
    _, kind, name = _form(each.general)
    return {
        "sblxmc": "正常申报",
        "sblx_dm": "11",
        "nsrsbh": company.taxpayer_id,
        "djxh": number(company),
        "yzpzzl_dm": kind,
        "dzbzdszlmc": f"《{name}》",
        "zsxm_dm": "10101",
        "zsxmmc": "增值税",
        "skssqq": f"{each.start}",
        "skssqz": f"{each.end}",
        "sbqx": f"{each.due_on}",
        "sbrq_1": f"{each.filed_on}",
        "pzxh": serial(each),
        "sbzt": "申报成功",
        "sbfsmc": "网络申报",
        "zgswskfjmc": _OFFICE,
        "ybtse": _plain(_due(each)),
    }


def _surtax(company: Company, each: VatReturn) -> dict[str, str]:
    changed = {"yzpzzl_dm": "BDA0610678", "zsxm_dm": "10109", "zsxmmc": "城市维护建设税"}
    return _filed(company, each) | changed | {"pzxh": f"{serial(each)}9", "ybtse": "0"}


def filed_briefly(returns: Sequence[VatReturn]) -> dict[str, Any]:
    """申报信息查询, the shorter list."""
    rows = [
        {
            "zsxmDm": "10101",
            "pzxh": serial(each),
            "sbrq": f"{each.filed_on}",
            "ywbm": _form(each.general)[0],
            "ssqq": f"{each.start}",
            "ssqz": f"{each.end}",
            "ybtse": f"{_due(each):.2f}",
            "sbzfbz": "N",
        }
        for each in returns
    ]
    return {"cbList": [], "error": "", "sbList": rows, "filterSbywbms": ""}


def _form(general: bool) -> tuple[str, str, str]:
    """申报业务编码, 应征凭证种类 and name of the VAT return."""
    if general:
        return "YBNSRZZS", "BDA0610606", "增值税纳税申报表（一般纳税人适用）"
    return "XGMZZS", "BDA0610611", "增值税纳税申报表（小规模纳税人适用）"


def _due(each: VatReturn) -> Decimal:
    return each.lines["34" if each.general else "22"][1]


def credit(company: Company) -> dict[str, Any]:
    """纳税信用评价, oldest first."""
    rows = [
        {
            "pdnd": f"{rating.year}",
            "xydjDm": rating.grade,
            "pddf": f"{rating.score}",
            "fbrq": f"{rating.published_on}",
        }
        for rating in company.ratings
    ]
    return {"returnFlag": "Y", "error": "", "nsrsbh": company.taxpayer_id, "zjls": len(rows), "pjList": rows}


def invoices(company: Company, head: dict[str, Any], shown: Sequence[InvoiceRecord]) -> dict[str, Any]:
    """One page of 发票查询, with the lines (``mxList``) of each invoice."""
    rows = [_invoice(each) for each in shown]
    return {"returnFlag": "Y", "error": "", "nsrsbh": company.taxpayer_id, **head, "fpList": rows}


def _invoice(invoice: InvoiceRecord) -> dict[str, Any]:
    printed = "%Y-%m-%d %H:%M:%S" if invoice.has_time else "%Y-%m-%d"
    return {
        "fpdm": invoice.code,
        "fphm": invoice.number,
        "fpzlDm": _KIND[invoice.digital, invoice.special],
        "kprq": invoice.issued_at.strftime(printed),
        "xhfsbh": invoice.seller_id,
        "xhfmc": invoice.seller_name,
        "ghfsbh": invoice.buyer_id,
        "ghfmc": invoice.buyer_name,
        "hjje": f"{invoice.amount}",
        "hjse": f"{invoice.tax}",
        "jshj": f"{invoice.total}",
        "fpztDm": _STATE[invoice.state],
        "lzfphm": invoice.original_number,
        "mxList": [_line(place, line) for place, line in enumerate(invoice.lines, start=1)],
    }


def _line(place: int, line: InvoiceLineRecord) -> dict[str, Any]:
    return {
        "mxxh": place,
        "spmc": line.name,
        "spbm": line.tax_class,
        "ggxh": line.specification,
        "jldw": line.unit,
        "spsl": _plain(line.quantity) if line.quantity else "",
        "spdj": _plain(line.unit_price) if line.unit_price else "",
        "sl1": line.rate,
        "je": f"{line.amount}",
        "se": f"{line.tax}",
    }


def _plain(value: Decimal) -> str:
    """Without trailing zeros: ``0`` for nothing, as the bureau prints it."""
    return f"{value.normalize():f}"
