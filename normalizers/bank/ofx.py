"""OFX 1.x (SGML) and 2.x (XML) statements of banks, cards and brokers, parsed by the ``ofxtools`` library.

The library's own models refuse files that order their elements another way than the specification does; so
the tree it parses is read by the specification's paths (OFX 2.3, chapters 3 and 11).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date, time
from xml.etree.ElementTree import Element

from ofxtools.Parser import OFXTree

from normalizers.bank.statement import UNNAMED, Movement, Statement, parsed
from normalizers.documents import Document, Reader
from normalizers.registry import Parsed
from schema.dataset import Dataset
from schema.errors import DataCorrupt, DataIncomplete, TaxlinkError
from schema.money import fen

_LOOKED_AT = 4096
_MOMENT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?(?:\.\d+)?)?(?:\[.*\])?")
_AMOUNT = re.compile(r"[+-]?(\d{1,15}|\d{1,3}([,.])\d{3}(\2\d{3})*)?(?:[.,](\d*))?")
_LISTS = ("BANKTRANLIST", "INVTRANLIST")
_STATEMENTS = {"STMTRS": "BANKACCTFROM", "CCSTMTRS": "CCACCTFROM", "INVSTMTRS": "INVACCTFROM"}


def recognises(document: Document) -> bool:
    """An OFX header, or the root element of one."""
    head = document.content[:_LOOKED_AT].lstrip(b"\xef\xbb\xbf\r\n\t ")
    return head.startswith((b"OFXHEADER", b"<OFX>")) or b"<?OFX" in head


def read(document: Document) -> Parsed:
    """Every statement. Raises ``DataCorrupt`` for what does not parse, ``DataIncomplete`` for a file that is
    cut short or holds no statement, with the path."""
    root = _root(document.content)
    statements: list[Statement] = []
    found: list[tuple[str, str]] = []
    for path, element in _walked(root, f"/{root.tag}"):
        if element.tag in _STATEMENTS:
            statements.append(_statement(element, path, found))
    if not statements:
        messages = ", ".join(sorted(child.tag for child in root))
        raise DataIncomplete(f"/{root.tag}: no statement among {messages or 'nothing'}")
    return parsed(statements, found)


def _root(content: bytes) -> Element:
    text = content.rstrip()
    if not text.upper().endswith(b"</OFX>"):
        raise DataIncomplete("/OFX: the file ends before its root element does")
    try:
        return OFXTree().parse(io.BytesIO(content))
    except RecursionError:
        raise DataCorrupt("/OFX: elements nested deeper than any statement") from None
    except (SyntaxError, ValueError, LookupError, AssertionError, AttributeError, TypeError) as error:
        raise DataCorrupt(f"/OFX: no well-formed OFX ({type(error).__name__})") from None


def _walked(element: Element, path: str) -> Iterator[tuple[str, Element]]:
    """Every element with its path; siblings of one name are numbered."""
    stack = [(path, element)]
    while stack:
        path, element = stack.pop()
        yield path, element
        counted: dict[str, int] = {}
        below = []
        for child in element:
            counted[child.tag] = counted.get(child.tag, 0) + 1
            below.append((f"{path}/{child.tag}[{counted[child.tag]}]", child))
        stack += reversed(below)


def _statement(element: Element, path: str, found: list[tuple[str, str]]) -> Statement:
    account, balance = element.find(_STATEMENTS[element.tag]), element.find(".//LEDGERBAL")
    listed = next((each for name in _LISTS if (each := element.find(name)) is not None), None)
    read = Statement(currency=element.findtext("CURDEF"), pointer=path)
    if account is not None:
        read.account_id = account.findtext("ACCTID") or UNNAMED
        read.bank_name = account.findtext("BANKID") or account.findtext("BROKERID")
    if balance is not None:
        read.closing_balance_fen = _fen(balance, "BALAMT", f"{path}/LEDGERBAL")
    if listed is not None:
        start, end = listed.findtext("DTSTART"), listed.findtext("DTEND")
        read.period_start = _moment(start, path)[0] if start else None
        read.period_end = _moment(end, path)[0] if end else None
        for place, each in _walked(listed, f"{path}/{listed.tag}"):
            if each.tag == "STMTTRN":
                read.movements.append(_entry(each, place))
            elif _traded(each, place, found):
                read.movements.append(_trade(each, place))
    return read


def _entry(element: Element, path: str) -> Movement:
    posted, user = element.findtext("DTPOSTED"), element.findtext("DTUSER") or element.findtext("DTAVAIL")
    on, at = _moment(posted, f"{path}/DTPOSTED")
    signed = _fen(element, "TRNAMT", path)
    return Movement(
        pointer=path,
        event_date=on,
        at=at,
        direction="out" if signed < 0 else "in",
        amount_fen=abs(signed),
        value_date=_moment(user, path)[0] if user else None,
        counterparty_name=element.findtext("NAME") or element.findtext("PAYEE/NAME"),
        counterparty_account=element.findtext("BANKACCTTO/ACCTID") or element.findtext("CCACCTTO/ACCTID"),
        summary=element.findtext("TRNTYPE"),
        purpose=element.findtext("MEMO"),
        reference=element.findtext("FITID"),
        currency=element.findtext("CURRENCY/CURSYM") or element.findtext("ORIGCURRENCY/CURSYM"),
    )


def _traded(element: Element, path: str, found: list[tuple[str, str]]) -> bool:
    """Whether this is a trade with its own total; one that moves securities alone is told and left out."""
    trade = element.find("INVTRAN")
    if trade is None:
        return False
    if element.find("TOTAL") is None:
        found.append(("no_cash_moved", f"{path}: moves securities, no money"))
        return False
    return True


def _trade(element: Element, path: str) -> Movement:
    """What a bought or sold security took from the cash account or brought to it."""
    on, at = _moment(element.findtext("INVTRAN/DTTRADE"), f"{path}/INVTRAN/DTTRADE")
    settled = element.findtext("INVTRAN/DTSETTLE")
    signed = _fen(element, "TOTAL", path)
    return Movement(
        pointer=path,
        event_date=on,
        at=at,
        direction="out" if signed < 0 else "in",
        amount_fen=abs(signed),
        value_date=_moment(settled, path)[0] if settled else None,
        summary=element.tag,
        purpose=element.findtext("INVTRAN/MEMO"),
        reference=element.findtext("INVTRAN/FITID"),
    )


def _fen(element: Element, name: str, path: str) -> int:
    """A comma or a point before the decimals; the specification groups no thousands, some banks do."""
    printed = (element.findtext(name) or "").strip()
    if not (found := _AMOUNT.fullmatch(printed)) or not re.search(r"\d", printed):
        raise DataCorrupt(f"{path}/{name} is no amount")
    if len(found[4] or "") == 3:
        raise DataCorrupt(f"{path}/{name} may be thousands or thousandths")
    whole = re.sub(r"[,.]", "", found[1] or "0")
    try:
        amount = fen(f"{whole}.{found[4] or 0}")
    except ValueError as error:
        raise DataCorrupt(f"{path}/{name}: {error}") from None
    return -amount if printed.startswith("-") else amount


def _moment(printed: str | None, path: str) -> tuple[date, time | None]:
    """As printed: the bank's own day, whatever the zone behind it. Midnight stands for a day alone."""
    if printed is None:
        raise DataIncomplete(f"{path} is missing")
    found = _MOMENT.fullmatch(printed.strip())
    try:
        if not found:
            raise ValueError
        on = date(int(found[1]), int(found[2]), int(found[3]))
        hour, minute, second = (int(part or 0) for part in found.groups()[3:])
        at = time(hour, minute, second)
    except ValueError:
        raise _no_date(path) from None
    return on, at if at != time() else None


def _no_date(path: str) -> TaxlinkError:
    return DataCorrupt(f"{path} is no date")


READERS = (Reader("bank.ofx", 1, Dataset.BANK_TRANSACTION, recognises, read),)
