"""Which rows a dataset has, and how a table is called."""

from __future__ import annotations

import re

from schema.dataset import Dataset
from schema.rows import bank_transaction as bank
from schema.rows import credit_report as credit
from schema.rows import financial_statement as statement
from schema.rows import intellectual_property as ip
from schema.rows import invoice, registration, social_insurance, tax_payment, tax_return, tax_violation
from schema.rows import judicial_record as judicial
from schema.rows.electricity_bill import ElectricityBill
from schema.rows.row import Row
from schema.rows.tax_credit_rating import TaxCreditRating
from schema.rows.taxpayer import Taxpayer, TaxpayerChange

VERSION = "2.1"
"""Of the common schema. The second number counts additions, the first what breaks a reader of tables."""

ROWS_OF: dict[Dataset, tuple[type[Row], ...]] = {
    Dataset.TAXPAYER: (Taxpayer,),
    Dataset.TAX_CREDIT_RATING: (TaxCreditRating,),
    Dataset.TAX_RETURN: (tax_return.TaxReturn, tax_return.TaxReturnLine, tax_return.TaxReturnScheduleLine),
    Dataset.INVOICE: (invoice.Invoice, invoice.InvoiceLine, invoice.InvoiceRepeat),
    Dataset.TAXPAYER_CHANGE: (TaxpayerChange,),
    Dataset.TAX_PAYMENT: (tax_payment.TaxPayment, tax_payment.TaxArrears),
    Dataset.TAX_VIOLATION: (tax_violation.TaxViolation, tax_violation.TaxInspection),
    Dataset.FINANCIAL_STATEMENT: (statement.FinancialStatement,),
    Dataset.BANK_TRANSACTION: (bank.BankAccount, bank.BankTransaction),
    Dataset.REGISTRATION: (
        registration.Registration,
        registration.RegistrationShareholder,
        registration.RegistrationOfficer,
        registration.RelatedCompany,
        registration.Counterparty,
        registration.RegistrationChange,
        registration.RegistrationAdverse,
        registration.EquityPledge,
        registration.Licence,
    ),
    Dataset.JUDICIAL_RECORD: (judicial.JudicialCase, judicial.Enforcement),
    Dataset.CREDIT_REPORT: (
        credit.CreditReport,
        credit.CreditAccount,
        credit.CreditMonth,
        credit.CreditInquiry,
        credit.CreditGuarantee,
    ),
    Dataset.ELECTRICITY_BILL: (ElectricityBill,),
    Dataset.INTELLECTUAL_PROPERTY: (ip.IntellectualProperty, ip.Inventor, ip.IntellectualPropertyDeal),
    Dataset.SOCIAL_INSURANCE: (social_insurance.SocialInsurance, social_insurance.InsuredPerson),
}


def table_name(row: type[Row]) -> str:
    """``TaxReturnLine`` → ``tax_return_line``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", row.__name__).lower()


ROWS: dict[str, type[Row]] = {table_name(row): row for rows in ROWS_OF.values() for row in rows}
TABLES_OF: dict[Dataset, tuple[str, ...]] = {
    dataset: tuple(map(table_name, rows)) for dataset, rows in ROWS_OF.items()
}
"""The tables that a dataset fills."""
