"""VAT forms as the bureau keeps them: an object whose ``body`` is a JSON string, figures as numbers.

A form is a grid: one row a column of the paper form, one key a line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from sandbox.bureau.vatlines import GENERAL, SERVICES, SMALL
from sandbox.company import Company, VatReturn


def initial(company: Company, filed: VatReturn | None, now: datetime) -> dict[str, Any]:
    """The VAT form of the company: as filed, or empty. It carries the registration (``nsrjbxx``) with it."""
    general = company.general if filed is None else filed.general
    start, end = (f"{filed.start}", f"{filed.end}") if filed else ("", "")
    due, on = (f"{filed.due_on}", f"{filed.filed_on}") if filed else ("", f"{now:%Y-%m-%d}")
    opened = {"sssq": {"rqQ": start, "rqZ": end}, "sbqx": due, "sbrq": on, "gzsbBz": "0"}
    name = "zzsybnsrsbInitData" if general else "zzsxgmsbInitData"
    body = {
        "jmxxGrid": {"jmxxGridlb": []},
        "qcs": {"formContent": {}, "initData": {"nsrjbxx": registration(company), name: opened}},
        **_main_form(company, filed, general),
    }
    return {
        "ywbm": "ybnsrzzs" if general else "xgmzzs",
        "ysqxxid": "0" * 108,
        "body": orjson.dumps(body).decode(),
        "ywlx": "SBZS",
        "otherParams": {"useZcbwFlag": "Y" if filed else "N", "signType": "ocx", "cayh": "Y"},
        "serverTime": f"{now:%Y-%m-%d %H:%M:%S}",
        "returnFlag": "Y",
        "showTipsType": "B",
        "formulaExecType": "1",
        "info2tip": "0",
    }


def registration(company: Company) -> dict[str, Any]:
    """纳税人基本信息."""
    states = {"正常": "03", "停业": "04", "非正常户": "05", "注销": "07"}
    return {
        "nsrsbh": company.taxpayer_id,
        "nsrmc": company.name,
        "djxh": number(company),
        "nsrztDm": states[company.status],
        "zzsqylxDm": "2" if company.general else "4",
        "djrq": f"{company.registered_on}",
        "hyDm": company.industry_code,
        "hydm": company.industry_code,
        "hymc": company.industry_name,
        "sshy": company.industry_name,
        "frxm": company.legal_representative,
        "zcdz": company.address,
        "jydz": company.address,
        "gdslxDm": "1",
        "xgmxwje": 90000.0,
    }


def number(company: Company) -> str:
    """登记序号: 20 digits, the same for a company every time."""
    return f"101{int(hashlib.blake2b(company.taxpayer_id.encode(), digest_size=7).hexdigest(), 16):017d}"


def _main_form(company: Company, filed: VatReturn | None, general: bool) -> dict[str, Any]:
    head = {
        "skssqq": f"{filed.start}" if filed else "",
        "skssqz": f"{filed.end}" if filed else "",
        "sbsxDm1": "11" if filed else "",
        "nsrsbh": company.taxpayer_id if filed else "",
        "nsrmc": company.name if filed else "",
        "sbrq1": f"{filed.filed_on}" if filed else "",
    }
    current = {line: figures[1] for line, figures in filed.lines.items()} if filed else {}
    to_date = {line: figures[2] for line, figures in filed.lines.items()} if filed else {}
    if general:
        columns = [current, to_date, {}, {}]
        labels = ["第一列", "第二列", "第三列", "第四列"]
        rows = [_row(GENERAL, place, label, columns) for place, label in enumerate(labels)]
        grid = {"zbGrid": {"zbGridlbVO": rows}}
        return {"zzsybsbSbbdxxVO": {"zzssyyybnsr_zb": {"sbbhead": head, **grid, "slxxForm": {}}}}
    goods = company.industry_code not in SERVICES
    columns = [current, {}, to_date, {}] if goods else [{}, current, {}, to_date]
    labels = ["应税货物及劳务本期数", "应税服务本期数", "应税货物及劳务本年累计", "应税服务本年累计"]
    rows = [
        _row(SMALL, place, label, columns) | {"hdxse": 0.0, "hdynse": 0.0}
        for place, label in enumerate(labels)
    ]
    grid = {"zzsxgmGrid": {"zzsxgmGridlb": rows}}
    return {"zzssyyxgmnsrySbSbbdxxVO": {"zzssyyxgmnsr": {"sbbhead": head, **grid, "slxxForm": {}}}}


def _row(
    keys: Sequence[str], place: int, label: str, columns: Sequence[Mapping[str, Decimal]]
) -> dict[str, Any]:
    figures = {key: float(columns[place].get(f"{line}", 0)) for line, key in enumerate(keys, start=1)}
    return {"ewblxh": place + 1, "lmc": label, **figures}
