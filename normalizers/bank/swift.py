"""MT940 customer statements (SWIFT FIN, category 9), read by the ``mt-940`` library.

The library takes what it can and drops what it cannot place; so the order of the fields (SWIFT User
Handbook, MT 940: 20, 21, 25, 28, 60, then 61 each with its 86, then 62, 64, 65, 86) is held against the
standard here, with the line, before anything is believed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import mt940
from mt940.models import Amount, Balance, Transactions
from mt940.options import Options
from mt940.processors import date_cleanup_post_processor

from normalizers.bank.statement import UNNAMED, Movement, Statement, parsed
from normalizers.documents import Document, Reader
from normalizers.registry import Parsed
from schema.dataset import Dataset
from schema.errors import DataCorrupt, DataIncomplete

logging.getLogger("mt940").addHandler(logging.NullHandler())
logging.getLogger("mt940").propagate = False
"""The library tells of what it cannot read with the text of the field, which is a customer's."""
_TAG = re.compile(r"^:(\d{2}[A-Z]?|NS):", re.MULTILINE)
_FEN = Decimal(100)
_ENVELOPE = re.compile(r"^(?:-\}|\{\d:).*$", re.MULTILINE)
_STATEMENT_TAGS = re.compile(rb"^:(?:20|25|28C?|60[FM]|61|62[FM]|86):", re.MULTILINE)
_OPTIONS = Options(
    reversal_sign=True, case_insensitive_marks=True, unbounded_details=True, applicant_iban=True
)
_PROCESSORS: Any = {"post_statement": [date_cleanup_post_processor]}
"""The library's own, without the one that copies the statement's reference into each entry."""
_AFTER: dict[str, frozenset[str]] = {
    "": frozenset({"20", "25", "60", "61", "62", "86"}),
    "20": frozenset({"21", "25", "28", "60", "13"}),
    "21": frozenset({"25"}),
    "25": frozenset({"28", "60", "61", "62"}),
    "28": frozenset({"60", "61", "62", "13", "34"}),
    "13": frozenset({"25", "60", "28", "34", "61"}),
    "34": frozenset({"34", "13", "61", "60", "86"}),
    "60": frozenset({"61", "62", "86", "NS", "20"}),
    "61": frozenset({"61", "86", "62", "NS"}),
    "86": frozenset({"86", "61", "62", "NS", "20", "64", "65"}),
    "62": frozenset({"64", "65", "86", "20", "90"}),
    "64": frozenset({"65", "86", "20", "90"}),
    "65": frozenset({"65", "86", "20", "90"}),
    "90": frozenset({"90", "86", "20"}),
    "NS": frozenset({"61", "62", "86", "NS", "20", "64", "65"}),
}
"""Which fields may follow which, fragments of a statement included; letters behind numbers left out."""


def recognises(document: Document) -> bool:
    """Fields of a statement at the beginnings of lines, and nothing else that could be meant."""
    head = document.content[: 1 << 16]
    found = _STATEMENT_TAGS.search(head.replace(b"\r", b"\n"))
    return found is not None and not head.lstrip().startswith(b"<")


def read(document: Document) -> Parsed:
    """Every statement of the file. Raises ``DataCorrupt`` for a field out of its order or one that cannot be
    read, ``DataIncomplete`` for a statement that ends without its closing balance, each with the line."""
    text = _text(document.content)
    statements, found = [], []
    for block in _blocks(text):
        entries = _read(block)
        statements.append(_statement(block, entries))
        entries.transactions.clear()  # each holds the whole: unless taken apart, all wait for the collector
        if lacking := _lacking(block):
            found.append(("statement_incomplete", f"line {block.line}: without {', '.join(lacking)}"))
    return parsed(statements, found)


@dataclass(frozen=True)
class _Block:
    """One statement: its text, the line it begins in, and (field, line) of each field."""

    text: str
    line: int
    fields: list[tuple[str, int]]

    @property
    def entries(self) -> list[int]:
        return [line for tag, line in self.fields if tag == "61"]


def _text(content: bytes) -> str:
    """UTF-8, else Latin-1, in which no byte is lost: fields and figures are ASCII in either. Blocks of the
    network around a message become the line that ends it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _ENVELOPE.sub("-", text) if "{1:" in text else text


def _blocks(text: str) -> Iterator[_Block]:
    """Cut where a :20: begins a statement, each in its order. Raises ``DataCorrupt`` and
    ``DataIncomplete``."""
    lines, fields = text.split("\n"), list[tuple[str, int]]()
    begin, before = 1, ""
    for line, written in enumerate(lines, start=1):
        if written[:1] != ":" or not _TAG.match(written):
            continue
        tag = written[1:3]
        if tag == "20" and fields:
            yield _ended("\n".join(lines[begin - 1 : line - 1]), begin, fields)
            fields, begin, before = [], line, ""
        if tag not in _AFTER[before]:
            raise DataCorrupt(
                f"line {line}: field {written[: written.index(':', 1) + 1]} does not follow :{before}:"
            )
        fields.append((tag, line))
        before = tag
    yield _ended("\n".join(lines[begin - 1 :]), begin, fields)


def _ended(text: str, line: int, fields: list[tuple[str, int]]) -> _Block:
    tags = [tag for tag, _ in fields]
    if "60" in tags and "61" in tags and "62" not in tags:
        raise DataIncomplete(f"line {fields[-1][1]}: the statement ends without its closing balance")
    return _Block(text, line, fields)


def _lacking(block: _Block) -> list[str]:
    """What a whole statement has."""
    tags = {tag for tag, _ in block.fields}
    names = {"20": "a reference", "25": "an account", "60": "an opening balance", "62": "a closing balance"}
    return [name for tag, name in names.items() if tag not in tags]


def _read(block: _Block) -> Transactions:
    try:
        read = Transactions(_PROCESSORS, options=_OPTIONS)
        read.parse(block.text)
    except (RuntimeError, ValueError, ArithmeticError, TypeError, KeyError, AttributeError) as error:
        raise DataCorrupt(
            f"line {_wrong_line(block)}: a field cannot be read ({type(error).__name__})"
        ) from None
    if len(read) != len(block.entries):
        raise DataCorrupt(f"line {block.line}: {len(read)} of {len(block.entries)} entries can be read")
    return read


def _wrong_line(block: _Block) -> int:
    """The first line whose field the library refuses by itself."""
    tags = mt940.tags.TAG_BY_ID
    matches = list(_TAG.finditer(block.text))
    for number, match in enumerate(matches):
        end = matches[number + 1].start() if number + 1 < len(matches) else len(block.text)
        tag = tags.get(match[1]) or tags.get(int(match[1][:2]) if match[1] != "NS" else "NS")
        if tag is None:
            continue
        value = re.sub(r"\n-\s*\Z", "", block.text[match.end() : end].strip())
        try:
            tag(Transactions(), tag.parse(Transactions(), value))
        except Exception:
            return block.fields[number][1]
    return block.line


def _statement(block: _Block, read: Transactions) -> Statement:
    data = read.data
    opening = _balance(data, "final_opening_balance", "intermediate_opening_balance", "opening_balance")
    closing = _balance(data, "final_closing_balance", "intermediate_closing_balance", "closing_balance")
    try:
        movements = [_movement(entry.data, line) for entry, line in zip(read, block.entries, strict=True)]
        return Statement(
            account_id=str(data.get("account_identification") or UNNAMED).strip(),
            currency=read.currency,
            opening_balance_fen=_fen(opening, block.line),
            closing_balance_fen=_fen(closing, block.line),
            period_start=opening.date if opening and opening.date else None,
            period_end=closing.date if closing and closing.date else None,
            movements=movements,
            pointer=f"line {block.line}",
        )
    except (KeyError, AttributeError) as error:
        raise DataCorrupt(f"line {block.line}: a field is missing ({error})") from None


def _movement(entry: dict[str, Any], line: int) -> Movement:
    get, signed, valued = entry.get, _amount(entry["amount"].amount, line), entry["date"]
    texts = (get("purpose"), get("transaction_details"), get("extra_details"), get("additional_purpose"))
    return Movement(
        pointer=f"line {line}",
        event_date=get("entry_date") or valued,
        direction="out" if signed < 0 else "in",
        amount_fen=abs(signed),
        value_date=valued,
        counterparty_name=get("applicant_name") or get("recipient_name"),
        counterparty_account=get("applicant_iban"),
        counterparty_bank=get("applicant_bin"),
        summary=get("posting_text") or get("id"),
        purpose=" ".join(filter(None, texts)).replace("\n", " ") or None,
        reference=get("bank_reference") or get("customer_reference"),
    )


def _balance(data: dict[str, Any], *names: str) -> Balance | None:
    return next((data[name] for name in names if data.get(name)), None)


def _fen(balance: Balance | None, line: int) -> int | None:
    if balance is None or not isinstance(balance.amount, Amount):
        return None
    return _amount(balance.amount.amount, line)


def _amount(amount: Decimal, line: int) -> int:
    scaled = amount * _FEN
    if scaled != (whole := int(scaled)):
        raise DataCorrupt(f"line {line}: an amount finer than one fen")
    return whole


READERS = (Reader("bank.mt940", 1, Dataset.BANK_TRANSACTION, recognises, read),)
