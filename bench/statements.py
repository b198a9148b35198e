"""MT940 and OFX: the formats' own libraries over a file, and the way of the product over the same bytes, from
recognising the format to checked columns of the common schema."""

from __future__ import annotations

import gc
import io
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import mt940
from ofxtools.Parser import OFXTree

from bench.figures import Figure, median_ratio, paired, spread
from normalizers.documents import Document, normalize

STATEMENTS, ENTRIES, ROUNDS = 60, 100, 9
PROMISE = 1.2
"""Times the library's own time."""


def run(quick: bool = False) -> list[Figure]:
    """One figure for each format: the median of the ratios of rounds taken in turn, in processor time."""
    statements, rounds = (2, 1) if quick else (STATEMENTS, ROUNDS)
    return [
        _compared("MT940", _mt940(statements), _by_mt940, rounds),
        _compared("OFX", _ofx(statements), _by_ofxtools, rounds),
    ]


def _compared(name: str, content: bytes, library: Callable[[bytes], int], rounds: int) -> Figure:
    def product(number: int) -> float:
        return _timed(lambda: _by_product(content, number))

    def peer(_: int) -> float:
        return _timed(lambda: library(content))

    if library(content) != _by_product(content, -1):
        raise AssertionError(f"{name}: the library and the product read different entries")
    pairs = paired(peer, product, rounds)
    ratio = median_ratio(pairs)
    return Figure(
        f"{name} to checked columns ÷ its library's parsing",
        ratio,
        " ×",
        f"at most {PROMISE} ×",
        ratio <= PROMISE,
        spread(pairs, " s"),
    )


def _timed(work: Callable[[], object]) -> float:
    gc.collect()  # what one run leaves behind is not for the next to clear away
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _by_product(content: bytes, number: int) -> int:
    """The number of the round is in the name, which decides nothing."""
    _, found = normalize(Document(f"{number}", content, datetime(2026, 1, 1, tzinfo=UTC)))
    return found.tables["bank_transaction"].height


def _by_mt940(content: bytes) -> int:
    return sum(len(each) for each in mt940.parse_statements(io.StringIO(content.decode())))


def _by_ofxtools(content: bytes) -> int:
    tree = OFXTree()
    tree.parse(io.BytesIO(content))
    return sum(len(statement.transactions) for statement in tree.convert().statements)


def _mt940(statements: int) -> bytes:
    """Statements that go on from each other, a hundred entries each."""
    lines, balance, day = [], 0, date(2024, 1, 1)
    for number in range(statements):
        lines += [
            f":20:STMT{number}",
            ":25:62170012345678",
            f":28C:{number + 1}/1",
            f":60F:C240101CNY{balance},00",
        ]
        for entry in range(ENTRIES):
            balance += 100 + entry
            lines.append(f":61:{day:%y%m%d}{day:%m%d}C{100 + entry},00NTRFREF{entry}//BANK{entry}")
            lines.append(
                f":86:166?00TRANSFER?20SVWZ+Invoice {number}-{entry}?30BANKCNBJ?31CN00{entry}?32NAME {entry}"
            )
        day += timedelta(days=1)
        lines += [f":62F:C{day:%y%m%d}CNY{balance},00", "-"]
    return "\r\n".join(lines).encode()


def _ofx(statements: int) -> bytes:
    """One statement of version 2 with as many entries as the statements above together."""
    entries = "".join(
        f"<STMTTRN><TRNTYPE>CREDIT</TRNTYPE><DTPOSTED>20240101</DTPOSTED><TRNAMT>{100 + number}.00</TRNAMT>"
        f"<FITID>{number}</FITID><NAME>NAME {number}</NAME><MEMO>Invoice {number}</MEMO></STMTTRN>\n"
        for number in range(statements * ENTRIES)
    )
    head = '<?OFX OFXHEADER="200" VERSION="200" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>'
    status = "<STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>"
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n{head}\n'
        f"<OFX><SIGNONMSGSRSV1><SONRS>{status}<DTSERVER>20240102</DTSERVER><LANGUAGE>ENG</LANGUAGE></SONRS></SIGNONMSGSRSV1><BANKMSGSRSV1>"
        f"<STMTTRNRS><TRNUID>1</TRNUID>{status}<STMTRS><CURDEF>CNY</CURDEF><BANKACCTFROM><BANKID>102</BANKID>"
        "<ACCTID>6217</ACCTID><ACCTTYPE>CHECKING</ACCTTYPE></BANKACCTFROM><BANKTRANLIST><DTSTART>20240101</DTSTART>"
        f"<DTEND>20240131</DTEND>{entries}</BANKTRANLIST><LEDGERBAL><BALAMT>1.00</BALAMT><DTASOF>20240131</DTASOF>"
        "</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    ).encode()
