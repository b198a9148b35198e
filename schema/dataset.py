"""The datasets that a borrower can authorize, and the typed reasons for one that is missing."""

from __future__ import annotations

from enum import StrEnum

from schema.terms import Term


class Dataset(Term):
    """What is asked for, consented to, collected and checkpointed as one."""

    TAXPAYER = "taxpayer", "纳税人登记信息"
    TAX_CREDIT_RATING = "tax_credit_rating", "纳税信用等级"
    TAX_RETURN = "tax_return", "增值税申报表"
    INVOICE = "invoice", "发票（开具与取得）"
    TAXPAYER_CHANGE = "taxpayer_change", "税务登记变更"
    TAX_PAYMENT = "tax_payment", "税款缴纳与欠税"
    TAX_VIOLATION = "tax_violation", "违法违章与稽查"
    FINANCIAL_STATEMENT = "financial_statement", "财务报表"
    BANK_TRANSACTION = "bank_transaction", "银行账户与流水"
    REGISTRATION = "registration", "工商登记与变更"
    JUDICIAL_RECORD = "judicial_record", "司法裁判与执行"
    CREDIT_REPORT = "credit_report", "企业及企业主征信报告"
    ELECTRICITY_BILL = "electricity_bill", "用电与电费"
    INTELLECTUAL_PROPERTY = "intellectual_property", "知识产权"
    SOCIAL_INSURANCE = "social_insurance", "社保与公积金"


USUAL = (Dataset.TAXPAYER, Dataset.TAX_CREDIT_RATING, Dataset.TAX_RETURN, Dataset.INVOICE)
"""What is asked for when nobody says what: every tax portal has these."""


class Missing(StrEnum):
    """Why a value is not there. Each is its own bin in scoring; none is ever imputed as zero."""

    NOT_AUTHORISED = "NOT_AUTHORISED"
    NOT_AVAILABLE = "NOT_AVAILABLE"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    INSUFFICIENT = "INSUFFICIENT"
    STALE = "STALE"


class Route(StrEnum):
    """A way to reach a region for a dataset."""

    API = "api"
    RPA = "rpa"
