"""VAT returns (增值税申报表) that agree with a company's invoices to the fen.

Synthetic, even where the invoices are real.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from sandbox.company import InvoiceRecord, VatReturn
from schema.period import add_months, month_end

Figures = dict[str, Decimal]

GENERAL_LABELS = {
    "1": "按适用税率计税销售额",
    "5": "按简易办法计税销售额",
    "7": "免、抵、退办法出口销售额",
    "8": "免税销售额",
    "11": "销项税额",
    "12": "进项税额",
    "13": "上期留抵税额",
    "14": "进项税额转出",
    "17": "应抵扣税额合计",
    "18": "实际抵扣税额",
    "19": "应纳税额",
    "20": "期末留抵税额",
    "24": "应纳税额合计",
    "34": "本期应补(退)税额",
}
SMALL_LABELS = {
    "1": "应征增值税不含税销售额(3%征收率)",
    "9": "免税销售额",
    "15": "本期应纳税额",
    "16": "本期应纳税额减征额",
    "20": "应纳税额合计",
    "22": "本期应补(退)税额",
}
_STOCKS = ("13", "20")
"""Lines that are balances of the general form: their year-to-date column repeats the month."""


def vat_returns(
    taxpayer_id: str,
    general: bool,
    issued: Iterable[InvoiceRecord],
    received: Iterable[InvoiceRecord],
    start: date,
    today: date,
) -> Iterator[VatReturn]:
    """One return a month (general) or quarter (small-scale), from ``start`` to the last that ended before
    ``today``.

    Sales and output tax are the issued invoices that are not void; input tax is the received special ones; a
    red invoice counts negative.
    """
    months = _months(issued, received)
    carried, year, to_date = Decimal(0), 0, Figures()
    for first, last in _periods(start, today, general):
        sums = Figures()
        for offset in range(1 if general else 3):
            for name, value in months[add_months(first, offset)].items():
                sums[name] = sums.get(name, Decimal(0)) + value
        figures = _general(sums, carried) if general else _small(sums)
        carried = figures["20"] if general else carried
        to_date, year = (to_date if first.year == year else Figures()), first.year
        for line, value in figures.items():
            to_date[line] = value if general and line in _STOCKS else to_date.get(line, Decimal(0)) + value
        yield _filed(taxpayer_id, general, first, last, figures, to_date)


def _months(issued: Iterable[InvoiceRecord], received: Iterable[InvoiceRecord]) -> dict[date, Figures]:
    """By first day of the month: ``sales`` (taxed), ``exempt``, ``output`` tax, ``input`` tax."""
    months: dict[date, Figures] = defaultdict(lambda: defaultdict(Decimal))
    for invoice in issued:
        if invoice.state == "正常":
            month = months[invoice.issued_at.date().replace(day=1)]
            month["sales" if invoice.tax else "exempt"] += invoice.amount
            month["output"] += invoice.tax
    for invoice in received:
        if invoice.state == "正常" and invoice.special:
            months[invoice.issued_at.date().replace(day=1)]["input"] += invoice.tax
    return months


def _periods(start: date, today: date, general: bool) -> Iterator[tuple[date, date]]:
    length = 1 if general else 3
    first = start if general else start.replace(month=(start.month - 1) // 3 * 3 + 1)
    while (last := month_end(add_months(first, length - 1))) < today:
        yield first, last
        first = last + timedelta(days=1)


def _general(sums: Figures, carried: Decimal) -> Figures:
    zero = Decimal(0)
    output, incoming = sums.get("output", zero), sums.get("input", zero)
    available = incoming + carried
    used = max(zero, min(output, available))
    due = max(zero, output - used)
    return dict.fromkeys(GENERAL_LABELS, zero) | {
        "1": sums.get("sales", zero),
        "8": sums.get("exempt", zero),
        "11": output,
        "12": incoming,
        "13": carried,
        "17": available,
        "18": used,
        "19": due,
        "20": available - used,
        "24": due,
        "34": due,
    }


def _small(sums: Figures) -> Figures:
    zero = Decimal(0)
    tax = sums.get("output", zero)
    return {
        "1": sums.get("sales", zero),
        "9": sums.get("exempt", zero),
        "15": tax,
        "16": zero,
        "20": tax,
        "22": tax,
    }


def _filed(
    taxpayer_id: str, general: bool, first: date, last: date, figures: Figures, to_date: Figures
) -> VatReturn:
    labels = GENERAL_LABELS if general else SMALL_LABELS
    due = (last + timedelta(days=1)).replace(day=15)
    return VatReturn(
        return_id=f"SB{first:%Y%m}{taxpayer_id[-10:]}",
        general=general,
        start=first,
        end=last,
        due_on=due,
        filed_on=due - timedelta(days=sum(map(ord, taxpayer_id + f"{first:%m}")) % 10 + 1),
        lines={line: (labels[line], value, to_date[line]) for line, value in figures.items()},
    )
