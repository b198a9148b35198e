"""Synthetic invoices of one company: issued and received, with lines, voids and red invoices."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from random import Random

from sandbox.company import InvoiceLineRecord, InvoiceRecord
from sandbox.identity import company_id, division_code
from schema.money import yuan
from schema.region import REGIONS

DIGITAL_SHARE = 0.6
VOID_SHARE = 0.03
"""Of 税控 invoices: a 数电票 cannot be voided."""
RED_SHARE = 0.02
LINES = (1, 1, 2, 3)
_RATES = {"13%": 13, "9%": 9, "6%": 6}
_GENERAL_RATES = ("13%", "13%", "13%", "9%", "6%")
_UNITS = ("件", "吨", "箱", "套")


@dataclass(frozen=True)
class Trade:
    """Whose invoices, and when: ``start`` and ``end`` are days, both included. ``lines`` is how many an
    invoice may have, each as likely as it stands there."""

    taxpayer_id: str
    name: str
    region: str
    general: bool
    goods: str
    start: date
    end: date
    lines: tuple[int, ...] = LINES


@dataclass(frozen=True)
class _Party:
    taxpayer_id: str
    name: str


def invoices(trade: Trade, count: int, rng: Random) -> tuple[list[InvoiceRecord], list[InvoiceRecord]]:
    """(issued, received), exactly ``count`` together, each in order of time."""
    issued = count * 2 // 5
    return (
        _side(trade, issued, rng, sells=True, typical_fen=4_000_000),
        _side(trade, count - issued, rng, sells=False, typical_fen=1_600_000),
    )


def _side(trade: Trade, count: int, rng: Random, *, sells: bool, typical_fen: int) -> list[InvoiceRecord]:
    parties = _parties("客户" if sells else "供应商", 12 + count // 60, rng)
    weights = list(accumulate(1 / (rank + 1) for rank in range(len(parties))))
    own = _Party(trade.taxpayer_id, trade.name)
    made: list[InvoiceRecord] = []
    blues: list[InvoiceRecord] = []
    for sequence, moment in enumerate(_moments(trade, count, rng)):
        if blues and rng.random() < RED_SHARE:
            made.append(_red(blues.pop(), moment, sequence, trade.region))
            continue
        other = parties[bisect(weights, rng.random() * weights[-1])]
        seller, buyer = (own, other) if sells else (other, own)
        size = typical_fen * rng.lognormvariate(0, 0.8)
        invoice = _blue(trade, seller, buyer, moment, sequence, size, rng)
        made.append(invoice)
        if invoice.state == "正常" and rng.random() < 0.1:
            blues.append(invoice)
    return made


def _moments(trade: Trade, count: int, rng: Random) -> list[datetime]:
    """Working hours of the trade's days, ascending, denser towards the end."""
    days = (trade.end - trade.start).days + 1
    midnight = datetime(trade.start.year, trade.start.month, trade.start.day)
    offsets = sorted(
        int(days * rng.random() ** 0.85) * 86_400 + rng.randint(32_400, 64_000) for _ in range(count)
    )
    return [midnight + timedelta(seconds=offset) for offset in offsets]


def _parties(label: str, count: int, rng: Random) -> list[_Party]:
    codes = list(REGIONS)
    return [
        _Party(
            company_id(division_code(rng.choice(codes), rng.randint(2, 20)), rng),
            f"沙盒{label}{number:03d}有限公司",
        )
        for number in range(1, count + 1)
    ]


def _blue(
    trade: Trade, seller: _Party, buyer: _Party, moment: datetime, sequence: int, size_fen: float, rng: Random
) -> InvoiceRecord:
    digital = rng.random() < DIGITAL_SHARE
    special = rng.random() < 0.7
    lines = tuple(_line(trade, size_fen, special, rng) for _ in range(rng.choice(trade.lines)))
    amount = sum((line.amount for line in lines), Decimal(0))
    tax = sum((line.tax for line in lines), Decimal(0))
    void = not digital and rng.random() < VOID_SHARE
    return InvoiceRecord(
        digital=digital,
        special=special,
        code="" if digital else f"{trade.region:0<4}{moment:%y}{11 if special else 22}30",
        number=_number(digital, trade.region, moment, sequence, seller.taxpayer_id),
        issued_at=moment if digital else datetime(moment.year, moment.month, moment.day),
        has_time=digital,
        seller_id=seller.taxpayer_id,
        seller_name=seller.name,
        buyer_id=buyer.taxpayer_id,
        buyer_name=buyer.name,
        amount=amount,
        tax=tax,
        total=amount + tax,
        state="作废" if void else "正常",
        lines=lines,
    )


def _number(digital: bool, region: str, moment: datetime, sequence: int, seller_id: str) -> str:
    """20 digits for 数电票 (year, region, source, serial), 8 for 税控; unique on one side of a company."""
    if not digital:
        return f"{sequence:08d}"
    salt = sum(map(ord, seller_id)) % 1000
    return f"{moment:%y}{region[:2]}2{salt:03d}{sequence:012d}"


def _line(trade: Trade, size_fen: float, special: bool, rng: Random) -> InvoiceLineRecord:
    rate, percent = _rate(trade.general, special, rng)
    quantity = rng.randint(1, 200)
    price = max(1, int(size_fen * (0.5 + rng.random()) / quantity))
    amount = price * quantity
    return InvoiceLineRecord(
        name=f"*{trade.goods}*沙盒商品{rng.randint(1, 40):02d}",
        tax_class=f"10{rng.randint(1, 9)}{rng.randint(0, 99):02d}00000000000000",
        specification=f"型号{rng.randint(1, 9)}",
        unit=rng.choice(_UNITS),
        quantity=Decimal(quantity),
        unit_price=yuan(price),
        rate=rate,
        amount=yuan(amount),
        tax=yuan((amount * percent + 50) // 100),
    )


def _rate(general: bool, special: bool, rng: Random) -> tuple[str, int]:
    if not special and rng.random() < 0.08:
        return "免税", 0
    if not general:
        return "3%", 3
    rate = rng.choice(_GENERAL_RATES)
    return rate, _RATES[rate]


def _red(blue: InvoiceRecord, moment: datetime, sequence: int, region: str) -> InvoiceRecord:
    """The red invoice (红字发票) that offsets the whole blue one."""
    return replace(
        blue,
        number=_number(blue.digital, region, moment, sequence, blue.seller_id),
        issued_at=moment if blue.digital else datetime(moment.year, moment.month, moment.day),
        amount=-blue.amount,
        tax=-blue.tax,
        total=-blue.total,
        original_number=blue.number,
        lines=tuple(
            replace(line, quantity=-line.quantity, amount=-line.amount, tax=-line.tax) for line in blue.lines
        ),
    )
