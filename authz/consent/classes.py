"""Who consents to what: each class of data has its own consent, and some concern a second person, who
consents separately."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from schema.dataset import Dataset
from schema.errors import UnknownScope


class Party(StrEnum):
    """Who gives a consent."""

    BORROWER = "borrower"
    """The company, by the person who acts for it."""
    LEGAL_REPRESENTATIVE = "legal_representative"
    """法定代表人, for what concerns that person."""


class DataClass(StrEnum):
    """Data that one consent may cover together. Separate consents (单独同意): PIPL articles 23 and 29."""

    TAX = "tax"
    CASH_FLOW = "cash_flow"
    CREDIT = "credit"
    """征信: 征信业务管理办法 article 12 asks for a consent of its own."""
    PUBLIC_RECORD = "public_record"
    OPERATION = "operation"
    PERSONNEL = "personnel"


_CLASSES: dict[DataClass, tuple[str, ...]] = {
    DataClass.TAX: (
        "taxpayer",
        "taxpayer_change",
        "tax_credit_rating",
        "tax_return",
        "tax_payment",
        "tax_violation",
        "financial_statement",
        "invoice",
    ),
    DataClass.CASH_FLOW: ("bank_account", "bank_transaction"),
    DataClass.CREDIT: ("credit_report",),
    DataClass.PUBLIC_RECORD: ("registration", "judicial_record", "intellectual_property"),
    DataClass.OPERATION: ("electricity_bill",),
    DataClass.PERSONNEL: ("social_insurance",),
}
_CLASS_OF = {name: each for each, names in _CLASSES.items() for name in names}

PARTIES: dict[DataClass, tuple[Party, ...]] = {
    each: (Party.BORROWER, Party.LEGAL_REPRESENTATIVE) if each is DataClass.CREDIT else (Party.BORROWER,)
    for each in DataClass
}
"""Whose consents a class needs, all of them."""


def class_of(dataset: Dataset) -> DataClass:
    """The class that a dataset belongs to. Raises ``UnknownScope`` for one that is in none."""
    try:
        return _CLASS_OF[dataset.value]
    except KeyError:
        raise UnknownScope(f"{dataset} belongs to no class of data") from None


def needed(datasets: Iterable[Dataset]) -> list[tuple[Party, DataClass]]:
    """The consents that these datasets need: the borrower's first, and of these the one to tax data."""
    classes = {class_of(dataset) for dataset in datasets}
    return [
        (party, each) for party in Party for each in DataClass if each in classes and party in PARTIES[each]
    ]
