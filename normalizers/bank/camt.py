"""camt.053 bank-to-customer statements (ISO 20022, camt.053.001.01 to .12), by the paths of the standard.

Versions differ in their namespace, in where a status stands (``Sts`` or ``Sts/Cd``) and in whether a party is
wrapped in ``Pty``; amounts, dates and indicators have stood in the same places since version 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import TypeVar

from lxml import etree

from normalizers.bank.statement import UNNAMED, Movement, Statement, parsed
from normalizers.documents import Document, Reader
from normalizers.registry import Parsed
from schema.dataset import Dataset
from schema.errors import ContractChanged, DataCorrupt, DataIncomplete
from schema.money import fen

_T = TypeVar("_T")
_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(\d{2})$")
_LOOKED_AT = 4096
_DIRECTIONS = {"CRDT": "in", "DBIT": "out"}
_STATES = {"BOOK": "booked", "PDNG": "pending", "INFO": "closed", "FUTR": "pending"}
_SIGNS = {"CRDT": 1, "DBIT": -1}
OPENING, CLOSING = ("OPBD", "PRCD"), ("CLBD",)
"""Booked balances: a statement opens with its own opening or with the closing one before it."""


def recognises(document: Document) -> bool:
    """The namespace of camt.053 near the top."""
    head = document.content[:_LOOKED_AT]
    text = head.replace(b"\x00", b"") if head[:2] in (b"\xff\xfe", b"\xfe\xff") else head
    return b"iso:20022:tech:xsd:camt.053.001." in text


def read(document: Document) -> Parsed:
    """Every statement. Raises ``DataCorrupt``, ``DataIncomplete`` or ``ContractChanged`` with line and
    path."""
    root = tree(document.content)
    if not _NAMESPACE.search(etree.QName(root).namespace or ""):
        raise ContractChanged("line 1: /Document is of another namespace than camt.053")
    statements = [
        _statement(element, f"/Document/BkToCstmrStmt/Stmt[{number}]")
        for number, element in enumerate(root.iterfind("{*}BkToCstmrStmt/{*}Stmt"), start=1)
    ]
    if not statements:
        raise DataIncomplete(f"line {root.sourceline}: /Document/BkToCstmrStmt has no Stmt")
    return parsed(statements)


def tree(content: bytes) -> etree._Element:
    """The root, parsed without entities, network or a document type. Raises ``DataCorrupt`` with the line."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise DataCorrupt(f"line {error.lineno}: no well-formed XML") from None
    if root.getroottree().docinfo.doctype:
        raise DataCorrupt("line 1: XML with a document type is not read")
    return root


def _statement(element: etree._Element, path: str) -> Statement:
    balances = {_text(each, "Tp/CdOrPrtry/Cd"): each for each in element.iterfind("{*}Bal")}
    account = element.find("{*}Acct")
    opening = next((balances[code] for code in OPENING if code in balances), None)
    closing = next((balances[code] for code in CLOSING if code in balances), None)
    currency = _text(element, "Acct/Ccy") or _currency(opening, closing)
    number = _text(element, "Acct/Id/IBAN") or _text(element, "Acct/Id/Othr/Id")
    if account is None:
        raise DataIncomplete(f"{_place(element)} has no Acct")
    start, end = _text(element, "FrToDt/FrDtTm"), _text(element, "FrToDt/ToDtTm")
    return Statement(
        account_id=number or UNNAMED,
        bank_name=_text(element, "Acct/Svcr/FinInstnId/Nm"),
        holder_name=_text(element, "Acct/Ownr/Nm"),
        currency=currency,
        opening_balance_fen=_balance(opening, currency),
        closing_balance_fen=_balance(closing, currency),
        period_start=_moment(element, start)[0] if start else None,
        period_end=_moment(element, end)[0] if end else None,
        movements=[
            _movement(entry, currency, f"line {entry.sourceline} {path}/Ntry[{number}]")
            for number, entry in enumerate(element.iterfind("{*}Ntry"), start=1)
        ],
        pointer=f"line {element.sourceline} {path}",
    )


def _movement(entry: etree._Element, currency: str | None, pointer: str) -> Movement:
    booked = _date(entry, "BookgDt") or _date(entry, "ValDt")
    if booked is None:
        raise DataIncomplete(f"{_place(entry)} has neither BookgDt nor ValDt")
    direction = _word(entry, "CdtDbtInd", _DIRECTIONS)
    value = _date(entry, "ValDt")
    theirs = "Dbtr" if direction == "in" else "Cdtr"
    details = entry.findall("{*}NtryDtls/{*}TxDtls")
    only = details[0] if len(details) == 1 else entry
    amount = entry.find("{*}Amt")
    own = amount.get("Ccy") if amount is not None else None
    return Movement(
        pointer=pointer,
        event_date=booked[0],
        direction=direction,
        amount_fen=_amount(entry),
        at=booked[1],
        value_date=value[0] if value else None,
        counterparty_name=_party(only, theirs),
        counterparty_account=_text(only, f"RltdPties/{theirs}Acct/Id/IBAN")
        or _text(only, f"RltdPties/{theirs}Acct/Id/Othr/Id"),
        counterparty_bank=_text(only, f"RltdAgts/{theirs}Agt/FinInstnId/BIC")
        or _text(only, f"RltdAgts/{theirs}Agt/FinInstnId/BICFI")
        or _text(only, f"RltdAgts/{theirs}Agt/FinInstnId/Nm"),
        summary=_text(entry, "AddtlNtryInf")
        or _text(entry, "BkTxCd/Domn/Fmly/SubFmlyCd")
        or _text(entry, "BkTxCd/Prtry/Cd"),
        purpose=_purpose(details),
        reference=_text(entry, "AcctSvcrRef") or _text(entry, "NtryRef"),
        state=_word(entry, "Sts/Cd" if entry.find("{*}Sts/{*}Cd") is not None else "Sts", _STATES),
        currency=own if own != currency else None,
    )


def _party(details: etree._Element, theirs: str) -> str | None:
    return _text(details, f"RltdPties/{theirs}/Nm") or _text(details, f"RltdPties/{theirs}/Pty/Nm")


def _purpose(details: list[etree._Element]) -> str | None:
    """What was written to the counterparty, of every part of the entry."""
    words = [
        each.text.strip()
        for part in details
        for path in ("{*}RmtInf/{*}Ustrd", "{*}RmtInf/{*}Strd/{*}CdtrRefInf/{*}Ref", "{*}AddtlTxInf")
        for each in part.iterfind(path)
        if each.text
    ]
    return " ".join(words) or None


def _balance(element: etree._Element | None, currency: str | None) -> int | None:
    """None for one in another currency than the account's."""
    if element is None:
        return None
    amount = element.find("{*}Amt")
    if amount is not None and currency and amount.get("Ccy") not in (None, currency):
        return None
    return _amount(element) * _word(element, "CdtDbtInd", _SIGNS)


def _currency(*balances: etree._Element | None) -> str | None:
    amounts = [each.find("{*}Amt") for each in balances if each is not None]
    return next((amount.get("Ccy") for amount in amounts if amount is not None), None)


def _amount(element: etree._Element) -> int:
    """ISO 20022 amounts have up to five decimals and no sign."""
    printed = _text(element, "Amt") or ""
    if not re.fullmatch(r"\d{1,16}(\.\d{0,5})?", printed):
        raise DataCorrupt(f"{_place(element)}/Amt is no amount")
    try:
        return fen(printed)
    except ValueError as error:
        raise DataCorrupt(f"{_place(element)}/Amt: {error}") from None


def _date(element: etree._Element, name: str) -> tuple[date, time | None] | None:
    printed = _text(element, f"{name}/Dt") or _text(element, f"{name}/DtTm")
    return _moment(element, printed) if printed else None


def _moment(element: etree._Element, printed: str) -> tuple[date, time | None]:
    """As printed: a bank's own time, whatever the offset behind it."""
    try:
        if "T" not in printed:
            return date.fromisoformat(printed.removesuffix("Z")[:10]), None
        at = datetime.fromisoformat(printed)
    except ValueError:
        raise DataCorrupt(f"{_place(element)}: a date that is none") from None
    return at.date(), at.time().replace(tzinfo=None)


def _word(element: etree._Element, name: str, words: Mapping[str, _T]) -> _T:
    printed = _text(element, name)
    if printed is None or printed not in words:
        raise ContractChanged(f"{_place(element)}/{name} is missing or a word that is not known")
    return words[printed]


def _text(element: etree._Element, path: str) -> str | None:
    found = element.findtext("/".join(f"{{*}}{name}" for name in path.split("/")))
    return found.strip() or None if found else None


def _place(element: etree._Element) -> str:
    """``line 40 /Document/BkToCstmrStmt/Stmt[2]/Ntry[3]``."""
    return f"line {element.sourceline} {''.join(_steps(element))}"


def _steps(element: etree._Element) -> Iterator[str]:
    for each in (*reversed(list(element.iterancestors())), element):
        before = sum(other.tag == each.tag for other in each.itersiblings(preceding=True))
        yield f"/{etree.QName(each).localname}" + (f"[{before + 1}]" if before else "")


READERS = (Reader("bank.camt053", 1, Dataset.BANK_TRANSACTION, recognises, read),)
