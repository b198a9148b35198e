"""The datasets that a borrower can authorize, and the typed reasons for one that is missing."""

from __future__ import annotations

from enum import StrEnum


class Dataset(StrEnum):
    """What is asked for, consented to, collected and checkpointed as one."""

    TAXPAYER = "taxpayer"
    """纳税人登记信息, the tax authority's master record."""
    TAX_CREDIT_RATING = "tax_credit_rating"
    """纳税信用等级, one grade a year."""
    TAX_RETURN = "tax_return"
    """纳税申报, VAT returns (general and small-scale)."""
    INVOICE = "invoice"
    """发票, issued and received, header and lines."""

    @property
    def zh(self) -> str:
        return _ZH[self]


_ZH = {
    Dataset.TAXPAYER: "纳税人登记信息",
    Dataset.TAX_CREDIT_RATING: "纳税信用等级",
    Dataset.TAX_RETURN: "增值税申报表",
    Dataset.INVOICE: "发票（开具与取得）",
}


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
