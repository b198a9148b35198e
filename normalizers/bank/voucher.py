"""Electronic vouchers of banks in XBRL: 银行电子对账单 (bkrs) and 银行电子回单 (bker, one receipt).

Elements are those of the Ministry of Finance's taxonomy for electronic vouchers; its namespaces carry the
year of their publication.
"""

from __future__ import annotations

import re
from datetime import date, time

from lxml import etree

from normalizers.bank.camt import tree
from normalizers.bank.cells import clock, heading, moment, money
from normalizers.bank.layout import layouts
from normalizers.bank.preamble import currency_of
from normalizers.bank.statement import UNNAMED, Movement, Statement, parsed
from normalizers.documents import Document, Reader
from normalizers.registry import Parsed
from schema.dataset import Dataset
from schema.errors import ContractChanged, DataCorrupt, DataIncomplete, TaxlinkError

_KIND = re.compile(r"http://xbrl\.mof\.gov\.cn/taxonomy/\d{4}-\d{2}-\d{2}/(bkrs|bker)$")
_DECLARED = re.compile(
    rb"xmlns(?::\w+)?\s*=\s*[\"']http://xbrl\.mof\.gov\.cn/taxonomy/\d{4}-\d{2}-\d{2}/(?:bkrs|bker)[\"']"
)
_INSTANCE = "http://www.xbrl.org/2003/instance"
_DETAILS = "InformationOfReconcileDetailsTuple"
_LOOKED_AT = 8192


def recognises(document: Document) -> bool:
    """An XBRL instance that declares the namespace of a bank's voucher."""
    head = document.content[:_LOOKED_AT]
    return _DECLARED.search(head) is not None and _INSTANCE.encode() in head


def read(document: Document) -> Parsed:
    """Raises ``DataCorrupt``, ``DataIncomplete`` or ``ContractChanged`` with line and element."""
    root = tree(document.content)
    if root.tag != f"{{{_INSTANCE}}}xbrl":
        raise ContractChanged("line 1: the root is no XBRL instance")
    kinds = {found[1] for each in root if (found := _KIND.match(etree.QName(each).namespace or ""))}
    if kinds == {"bkrs"}:
        return parsed([_statement(root)])
    if kinds == {"bker"}:
        return parsed([_receipt(root)])
    raise DataIncomplete(f"line {root.sourceline}: no element of a bank's voucher")


def _statement(root: etree._Element) -> Statement:
    details = [each for each in root if etree.QName(each).localname == _DETAILS]
    year, month = (
        _text(root, "YearOfBankReconciliationStatement"),
        _text(root, "MonthOfBankReconciliationStatement"),
    )
    if not details and not (year and month):
        raise DataIncomplete(f"line {root.sourceline}: neither details nor a month")
    return Statement(
        account_id=_text(root, "CustomerSettlementBankAccount") or UNNAMED,
        bank_name=_text(root, "NumberOfBankBranch"),
        holder_name=_text(root, "NameOfCustomerAccount"),
        currency=_currency(root),
        movements=[_detail(each) for each in details],
        pointer=f"line {root.sourceline} xbrl",
    )


def _detail(each: etree._Element) -> Movement:
    balance = _money(each, "AccountBalance")
    if balance and (side := _text(each, "DebitOrCreditOfBalance")):
        balance = balance if _direction(each, side) == "in" else -balance
    direction, amount = _signed(each, "TransactionAmount", _text(each, "IdentificationOfCreditOrDebit"))
    on, at = _moment(each)
    return Movement(
        pointer=f"line {each.sourceline} {_DETAILS}",
        event_date=on,
        at=at,
        direction=direction,
        amount_fen=amount,
        balance_fen=balance,
        counterparty_name=_text(each, "NameOfCounterparty"),
        counterparty_account=_text(each, "AccountOfCounterparty"),
        counterparty_bank=_text(each, "DepositoryBankOfCounterparty"),
        summary=_text(each, "NotesOfBankElectronicReceipt") or _text(each, "TypesOfBusinessProducts"),
        purpose=_text(each, "OtherAccountingInformation"),
        reference=_text(each, "BusinessSerialNumber") or _text(each, "NumberOfBankElectronicReceipt"),
    )


def _receipt(root: etree._Element) -> Statement:
    """One movement. The recipient's own account, where it is told, says on which side it stands."""
    recipient = _text(root, "AccountNumberOfRecipient")
    side = {_text(root, "AccountNumberOfPayee"): "贷", _text(root, "AccountNumberOfPayer"): "借"}.get(
        recipient
    )
    told = side if recipient and side else _text(root, "IdentificationOfCreditOrDebit")
    direction, amount = _signed(root, "TransactionAmountInFigures", told)
    own, other = ("Payee", "Payer") if direction == "in" else ("Payer", "Payee")
    on, at = _moment(root)
    movement = Movement(
        pointer=f"line {root.sourceline} xbrl",
        event_date=on,
        at=at,
        direction=direction,
        amount_fen=amount,
        counterparty_name=_text(root, f"AccountNameOf{other}"),
        counterparty_account=_text(root, f"AccountNumberOf{other}"),
        counterparty_bank=_text(root, f"OpeningBankOf{other}"),
        summary=_text(root, "Notes") or _text(root, "BusinessProductType"),
        purpose=_text(root, "Usage"),
        reference=_text(root, "NumberOfBankElectronicReceipt") or _text(root, "BusinessSerialNumber"),
        channel=_text(root, "ChannelType"),
    )
    return Statement(
        account_id=_text(root, f"AccountNumberOf{own}") or UNNAMED,
        bank_name=_text(root, f"OpeningBankOf{own}"),
        holder_name=_text(root, f"AccountNameOf{own}"),
        currency=_currency(root),
        movements=[movement],
        pointer=movement.pointer,
    )


def _signed(element: etree._Element, name: str, told: str | None) -> tuple[str, int]:
    """Direction and fen. An amount below zero takes back what its side says (红字)."""
    amount, direction = _money(element, name), _direction(element, told)
    if amount is None:
        raise DataIncomplete(f"line {element.sourceline}: {name} is missing")
    if amount < 0:
        return "out" if direction == "in" else "in", -amount
    return direction, amount


def _direction(element: etree._Element, printed: str | None) -> str:
    """借 is money out of the customer's account, 贷 money into it."""
    words, word = layouts()[-1].words, heading(printed or "").upper()
    if word in words.inward:
        return "in"
    if word in words.outward:
        return "out"
    raise ContractChanged(f"line {element.sourceline}: a side that is neither 借 nor 贷")


def _moment(element: etree._Element) -> tuple[date, time | None]:
    try:
        at = moment(_text(element, "DateOfBookkeeping") or "")
        printed = _text(element, "TimeOfBookkeeping")
        clocked = clock(printed) if printed else None
    except ValueError as error:
        raise _wrong(element, "DateOfBookkeeping", error) from None
    if at is None:
        raise DataIncomplete(f"line {element.sourceline}: DateOfBookkeeping is missing")
    return at[0], clocked or at[1]


def _money(element: etree._Element, name: str) -> int | None:
    try:
        return money(_text(element, name) or "")
    except ValueError as error:
        raise _wrong(element, name, error) from None


def _wrong(element: etree._Element, name: str, error: ValueError) -> TaxlinkError:
    return DataCorrupt(f"line {element.sourceline}: {name} {error}")


def _currency(root: etree._Element) -> str | None:
    return currency_of(_text(root, "Currency") or "CNY", layouts()[-1].currencies)


def _text(element: etree._Element, name: str) -> str | None:
    found = element.findtext(f"{{*}}{name}")
    return found.strip() or None if found else None


READERS = (Reader("bank.voucher", 1, Dataset.BANK_TRANSACTION, recognises, read),)
