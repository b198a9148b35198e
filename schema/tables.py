"""The columnar half of the common schema: one Polars schema per table.

Money columns end in ``_fen`` (Int64, exact). Dates are dates, instants are UTC datetimes. Every table ends
with ``PROVENANCE``: a figure can be traced to the region, route, raw page and place that it came from.
A table may be empty; a column may never be absent.
"""

from __future__ import annotations

import polars as pl

Columns = dict[str, pl.DataType | type[pl.DataType]]

INSTANT = pl.Datetime("us", "UTC")

PROVENANCE: Columns = {
    "region": pl.String,  # GB/T 2260 prefix
    "route": pl.String,  # api | rpa
    "raw_ref": pl.String,  # vault reference of the sealed raw page
    "pointer": pl.String,  # JSON pointer or cell within the page
    "parser": pl.String,  # parser name and version
    "fetched_at": INSTANT,
}

TAXPAYER: Columns = {
    "taxpayer_id": pl.String,
    "name": pl.String,
    "taxpayer_kind": pl.String,  # general (一般纳税人) | small_scale (小规模纳税人)
    "status": pl.String,  # normal (正常) | abnormal (非正常户) | suspended (停业) | cancelled (注销)
    "general_since": pl.Date,
    "registered_on": pl.Date,
    "industry_code": pl.String,  # GB/T 4754
    "industry_name": pl.String,
    "legal_representative": pl.String,
    "address": pl.String,
    "invoice_cap_fen": pl.Int64,  # 单张最高开票限额
}

TAX_CREDIT_RATING: Columns = {
    "year": pl.Int32,
    "grade": pl.String,  # A B M C D
    "score": pl.Float64,
    "event_date": pl.Date,  # when it was published
}

TAX_RETURN: Columns = {  # one row a return
    "return_id": pl.String,
    "form": pl.String,  # vat_general | vat_small | cit_quarterly | cit_annual | iit_withholding
    "period_start": pl.Date,
    "period_end": pl.Date,
    "due_on": pl.Date,
    "event_date": pl.Date,  # filed on
    "corrects": pl.String,  # return_id of the return it replaces, or null
}

TAX_RETURN_LINE: Columns = {  # one row a figure
    "return_id": pl.String,
    "line": pl.String,  # official line number of the form, e.g. "11"
    "label": pl.String,
    "column": pl.String,  # current (本月数/本期数) | year_to_date (本年累计)
    "amount_fen": pl.Int64,
}

INVOICE: Columns = {
    "invoice_key": pl.String,  # unique within a snapshot; joins invoice_line
    "direction": pl.String,  # out (开具) | in (取得)
    "medium": pl.String,  # digital (数电票) | tax_control (税控)
    "kind": pl.String,  # special (专用) | ordinary (普通)
    "code": pl.String,  # 发票代码, null for 数电票
    "number": pl.String,  # 发票号码
    "issued_at": pl.Datetime("us"),  # Beijing time as printed; midnight when only a date is known
    "has_time": pl.Boolean,
    "seller_id": pl.String,
    "seller_name": pl.String,
    "buyer_id": pl.String,
    "buyer_name": pl.String,
    "amount_fen": pl.Int64,  # 金额, without tax; negative for a red invoice
    "tax_fen": pl.Int64,  # 税额
    "total_fen": pl.Int64,  # 价税合计
    "state": pl.String,  # valid (有效/正常) | void (作废)
    "original_number": pl.String,  # the blue invoice that a red one offsets, when told
    "device_id": pl.String,  # 开票设备, when told
}

INVOICE_LINE: Columns = {
    "invoice_key": pl.String,
    "line": pl.Int32,
    "item_name": pl.String,
    "tax_class": pl.String,  # 税收分类编码, 19 digits
    "specification": pl.String,
    "unit": pl.String,
    "quantity": pl.Float64,
    "unit_price": pl.Float64,  # yuan; a measured value, not an amount
    "tax_rate": pl.Float64,  # null when exempt (免税) or not taxed
    "amount_fen": pl.Int64,
    "tax_fen": pl.Int64,
}

TAX_PAYMENT: Columns = {
    "category": pl.String,  # vat | cit | iit | surtax | other
    "nature": pl.String,  # tax | late_fee (滞纳金) | fine (罚款) | refund (退税)
    "period_start": pl.Date,
    "period_end": pl.Date,
    "due_on": pl.Date,
    "event_date": pl.Date,  # paid on
    "amount_fen": pl.Int64,
}

FINANCIAL_STATEMENT: Columns = {  # one row a figure
    "statement": pl.String,  # balance_sheet | income | cash_flow
    "period_start": pl.Date,
    "period_end": pl.Date,
    "event_date": pl.Date,  # filed on
    "item": pl.String,  # revenue cost admin_expense net_profit | assets liabilities equity current_assets …
    "amount_fen": pl.Int64,
}

BANK_TRANSACTION: Columns = {
    "event_date": pl.Date,
    "direction": pl.String,  # in | out
    "amount_fen": pl.Int64,
    "balance_fen": pl.Int64,
    "counterparty_name": pl.String,
    "counterparty_account": pl.String,
    "summary": pl.String,
    "operating": pl.Boolean,  # False for loans, own accounts and round trips
}

SOCIAL_INSURANCE: Columns = {"month": pl.Date, "insured_count": pl.Int64}

ELECTRICITY_BILL: Columns = {"month": pl.Date, "energy_kwh": pl.Float64, "amount_fen": pl.Int64}

TABLES: dict[str, Columns] = {
    name: columns | PROVENANCE
    for name, columns in (
        ("taxpayer", TAXPAYER),
        ("tax_credit_rating", TAX_CREDIT_RATING),
        ("tax_return", TAX_RETURN),
        ("tax_return_line", TAX_RETURN_LINE),
        ("invoice", INVOICE),
        ("invoice_line", INVOICE_LINE),
        ("tax_payment", TAX_PAYMENT),
        ("financial_statement", FINANCIAL_STATEMENT),
        ("bank_transaction", BANK_TRANSACTION),
        ("social_insurance", SOCIAL_INSURANCE),
        ("electricity_bill", ELECTRICITY_BILL),
    )
}


def empty(table: str) -> pl.DataFrame:
    """The table with its columns and no rows."""
    return pl.DataFrame(schema=TABLES[table])


def conform(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame's columns in the table's order, absent ones as null.

    Raises ``ValueError`` for a column that the table does not have, ``polars.exceptions.PolarsError`` for a
    value that does not fit its type.
    """
    columns = TABLES[table]
    if foreign := [name for name in frame.columns if name not in columns]:
        raise ValueError(f"{table} has no column {', '.join(foreign)}")
    return frame.select(
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in columns.items()
    )
