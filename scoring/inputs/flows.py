"""Bank movements, of which the operating ones (经营性流水) are marked as such."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.parties import INDIVIDUAL, fold_name
from scoring.inputs.rows import Rows
from scoring.measure import derived
from scoring.series import MONTHS, Cube, cubes, distinct, segment_sum
from scoring.value import INSUFFICIENT, NOT_AVAILABLE, Bools, Floats, Ints

WORDS: dict[str, re.Pattern[str]] = {
    "loan": re.compile("放款|贷款发放|发放贷款|借款到账|贷款入账|贷款划入"),
    "repay": re.compile("还款|还贷|归还贷款|贷款利息|利息扣收|贷款本息|偿还|分期扣款"),
    "payroll": re.compile("工资|代发|薪酬|薪资|奖金"),
    "rent": re.compile("租金|房租|租赁费|物业"),
    "utility": re.compile("水费|电费|燃气|供电|自来水|水电|租金|房租|物业"),
    "cash": re.compile("现金|取现|存现|ATM|现存|现支"),
    "failed": re.compile("扣款失败|退票|余额不足|支付失败|退汇"),
    "nonbank": re.compile("小额贷款|小贷|网贷|消费金融|融资租赁|保理|花呗|借呗|微粒贷|信用贷"),
    "risky": re.compile("典当|博彩|彩票|赌|虚拟币|比特币|数字货币|币安"),
    "interest": re.compile("利息"),
    "foreign": re.compile("收汇|结汇|外汇|跨境|出口收款"),
    "invested": re.compile("证券|期货|银证转账|购房|房款|置业|楼盘|房地产开发"),
}
"""What words in a summary, a purpose or a counterparty's name tell of a movement."""

_BIT = {name: 1 << place for place, name in enumerate(WORDS)}


@lru_cache(maxsize=1 << 18)
def _bits(text: str) -> int:
    return sum(_BIT[name] for name, pattern in WORDS.items() if pattern.search(text))


@dataclass(frozen=True, eq=False)
class Flows:
    """Rows with an amount. ``party`` is a code of the folded counterparty name, natural persons and
    nameless rows under ``个人``; ``names`` are the texts of ``name``, −1 for none."""

    rows: Rows
    age: Floats
    amount: Floats
    into: Bools
    out: Bools
    operating: Bools
    bits: Ints
    party: Ints
    parties: list[str]
    name: Ints
    names: list[str]
    history: Floats
    """Months from the first movement to ``as_of``."""
    gap: Floats
    """0, or ``INSUFFICIENT`` without a movement."""
    unclassified: Floats
    """0, or why nothing is known of which are operating."""

    def says(self, word: str) -> Bools:
        """Whether a movement's words tell so."""
        return (self.bits & _BIT[word]) > 0

    @cached_property
    def personal(self) -> Bools:
        """Movements with a named natural person."""
        person = [text == INDIVIDUAL for text in self.parties]
        return np.array([*person, False])[self.party] & (self.name >= 0)

    @cached_property
    def _cell(self) -> Ints:
        """Where a row stands in a cube; the last month takes what is too old or has no day."""
        inside = (self.age >= 0.0) & (self.age < float(MONTHS))
        return self.rows.firm * (MONTHS + 1) + np.where(inside, self.age, MONTHS).astype(np.int64)

    def cube(self, mask: Bools) -> Cube:
        """Fen by month."""
        shape = (self.rows.firms, MONTHS + 1)
        found = segment_sum(self._cell[mask], shape[0] * shape[1], self.amount[mask])
        return Cube(found.reshape(shape)[:, :MONTHS])

    @cached_property
    def _both_ways(self) -> list[Cube]:
        """All and operating fen in, then out."""
        masks = np.stack((self.into, self.into & self.operating, self.out, self.out & self.operating))
        sort, row = masks.nonzero()
        shape = (len(masks), self.rows.firms, MONTHS + 1)
        cell = sort * (shape[1] * shape[2]) + self._cell[row]
        found = segment_sum(cell, shape[0] * shape[1] * shape[2], self.amount[row])
        return cubes(found.reshape(shape)[:, :, :MONTHS])

    @property
    def all_in(self) -> Cube:
        return self._both_ways[0]

    @property
    def op_in(self) -> Cube:
        return self._both_ways[1]

    @property
    def all_out(self) -> Cube:
        return self._both_ways[2]

    @property
    def op_out(self) -> Cube:
        return self._both_ways[3]

    def operated(self, cube: Cube, months: int, skip: int = 0) -> Floats:
        """Operating fen of a window. ``NOT_AVAILABLE`` when nobody classified them, ``INSUFFICIENT`` when
        the statements do not cover the window."""
        key = (cube is self.op_in, months, skip)
        if key not in self._operated:
            found = np.where(self.history < skip + months, INSUFFICIENT, cube.total(months, skip))
            self._operated[key] = self.unclassified + found
        return self._operated[key]

    @cached_property
    def _operated(self) -> dict[tuple[bool, int, int], Floats]:
        return {}

    def covered(self, found: Floats, months: int) -> Floats:
        """A figure of all movements, when statements cover the window."""
        if months not in self._reach:
            self._reach[months] = np.where(self.history < months, INSUFFICIENT, self.gap)
        return self._reach[months] + found

    @cached_property
    def _reach(self) -> dict[int, Floats]:
        return {}

    @cached_property
    def party_cell(self) -> Ints:
        """A code of each row's firm and party, below ``firms`` × number of parties."""
        return self.rows.firm * len(self.parties) + self.party

    def by_party(self, mask: Bools) -> tuple[Ints, Ints, Floats]:
        """Firm, code and fen of each pair of firm and party of the mask."""
        width, keep = len(self.parties), np.flatnonzero(mask)
        cells, place = distinct(self.party_cell[keep], self.rows.firms * width)
        return cells // width, cells, segment_sum(place, len(cells), self.amount[keep])


@derived
def flows(batch: Batch) -> Flows:
    """The known movements."""
    rows = batch.rows("bank_transaction")
    told = ~np.isnan(rows.number("amount_fen"))
    rows = rows if told.all() else rows.where(told)
    names, name = rows.encoded("counterparty_name")
    parties, party = rows.kept(("folded",), lambda: _folded(names, name))
    bits = rows.kept(
        ("said",),
        lambda: _said(names, name) | _said(*rows.encoded("summary")) | _said(*rows.encoded("purpose")),
    )
    age = rows.age("event_date")
    operating = rows.number("operating")
    moved = rows.count(rows.all)
    gap = np.where(moved > 0, 0.0, INSUFFICIENT)
    marked = rows.count(~np.isnan(operating))
    return Flows(
        rows,
        age,
        rows.number("amount_fen"),
        rows.among("direction", "in"),
        rows.among("direction", "out"),
        operating == 1,
        bits,
        party,
        parties,
        name,
        names,
        rows.largest(rows.all, age, -1.0) + 1.0,
        gap,
        np.where(marked > 0, 0.0, np.where(moved > 0, NOT_AVAILABLE, INSUFFICIENT)),
    )


@derived
def payers(flows: Flows) -> tuple[Ints, Ints, Floats]:
    """Firm, code and fen of each payer of operating inflow of the year."""
    return flows.by_party(flows.into & flows.operating & (flows.age < 12))


def _folded(names: list[str], name: Ints) -> tuple[list[str], Ints]:
    """The folded names in their order, and the place of each row's."""
    folded = [fold_name(text) if text.strip() else INDIVIDUAL for text in names] + [INDIVIDUAL]
    parties = sorted(set(folded))
    place = {text: code for code, text in enumerate(parties)}
    return parties, np.array([place[text] for text in folded])[name]


def _said(texts: list[str], code: Ints) -> Ints:
    """What the text of each row says; the last one answers for null."""
    return np.array([_bits(text) for text in texts] + [0], dtype=np.int64)[code]
