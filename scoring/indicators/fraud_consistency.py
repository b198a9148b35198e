"""Sub-model ``invoice_tax_fraud`` (票税反欺诈): whether invoices, returns, money and goods agree."""

from __future__ import annotations

import polars as pl

from schema.dataset import Missing
from scoring.facts import FEN, Facts
from scoring.inputs.invoices import Side
from scoring.inputs.parties import fold_name
from scoring.measure import INTERIOR, RISKIER, SAFER, submodel
from scoring.series import distance
from scoring.value import absent, ratio

indicator = submodel("invoice_tax_fraud")


@indicator(
    "inv_declared_ratio",
    "票税比",
    windows=(3, 12),
    direction=INTERIOR,
    sources="INV,DEC",
    reason_family="FR01",
)
def inv_declared_ratio(facts: Facts, months: int) -> float:
    """Invoiced over declared sales, both of the filed periods."""
    declared = facts.declared
    invoiced = facts.sales.net_month[declared.last : declared.last + months].sum()
    return ratio(invoiced, declared.total("sales", months))


@indicator(
    "flow_inv_ratio", "流票比", windows=(6, 12), direction=INTERIOR, sources="TXN,INV", reason_family="FR02"
)
def flow_inv_ratio(facts: Facts, months: int) -> float:
    """Operating inflow over invoiced totals with tax."""
    return ratio(facts.flows.total("in", months), facts.sales.total_month[:months].sum())


@indicator(
    "flow_declared_ratio",
    "流税比",
    windows=(12,),
    direction=INTERIOR,
    sources="TXN,DEC",
    reason_family="FR02",
)
def flow_declared_ratio(facts: Facts, months: int) -> float:
    """Operating inflow over declared sales, both of the filed periods."""
    declared = facts.declared
    return ratio(facts.flows.total("in", months, declared.last), declared.total("sales", months))


def _invoiced_names(side: Side, months: int, column: str) -> dict[str, float]:
    """Valid totals with tax by folded name, fen. ``NOT_AVAILABLE`` when invoices carry no names."""
    rows = side.frame.filter(pl.Series(side.window(~side.void, months))).drop_nulls(column)
    sums: dict[str, float] = {}
    for name, total in rows.group_by(column).agg(pl.col("total_fen").sum()).iter_rows():
        if name.strip():
            key = fold_name(name)
            sums[key] = sums.get(key, 0.0) + float(total)
    return sums or absent(Missing.NOT_AVAILABLE)


def _name_match(facts: Facts, side: Side, direction: str, column: str, months: int) -> float:
    invoiced = _invoiced_names(side, months, column)
    moved = facts.flows.by_payer(direction, months)
    return ratio(sum(amount for name, amount in moved.items() if name in invoiced), sum(moved.values()))


@indicator(
    "payer_buyer_match",
    "付款方=购方匹配率",
    windows=(6, 12),
    direction=SAFER,
    sources="TXN,INV",
    reason_family="FR03",
)
def payer_buyer_match(facts: Facts, months: int) -> float:
    """Share of operating inflow that comes from companies invoiced in the window."""
    return _name_match(facts, facts.sales, "in", "buyer_name", months)


@indicator(
    "payee_seller_match",
    "收款方=销方匹配率",
    windows=(6, 12),
    direction=SAFER,
    sources="TXN,INV",
    reason_family="FR03",
)
def payee_seller_match(facts: Facts, months: int) -> float:
    """Share of operating outflow that goes to companies that invoiced us in the window."""
    return _name_match(facts, facts.purchases, "out", "seller_name", months)


@indicator(
    "three_flow_match",
    "三流一致率",
    windows=(12,),
    direction=SAFER,
    sources="TXN,INV,SCN",
    reason_family="FR04",
)
def three_flow_match(facts: Facts, months: int) -> float:
    """Share of invoiced totals with both a contract and payment, a customer at a time."""
    contracts = {fold_name(name) for name in facts.given(facts.context.contracts)}
    invoiced = _invoiced_names(facts.sales, months, "buyer_name")
    paid = facts.flows.by_payer("in", months)
    agreed = sum(
        min(amount, paid.get(name, 0.0))
        for name, amount in invoiced.items()
        if name in contracts and amount > 0
    )
    return ratio(agreed, sum(amount for amount in invoiced.values() if amount > 0))


def _goods_sold(facts: Facts) -> dict[str, float]:
    """Sales by class of goods; services need no matching purchase. ``NOT_APPLICABLE`` without goods."""
    goods = tuple(facts.measurement.goods_prefixes)
    sold = {item: amount for item, amount in facts.items.sold.items() if item.startswith(goods)}
    return sold or absent(Missing.NOT_APPLICABLE)


def _inputs_of(facts: Facts, item: str) -> frozenset[str]:
    """What an item is made of by the industry's table (产消表); itself when that is silent."""
    benchmark = facts.context.benchmark
    return benchmark.inputs_of.get(item, frozenset({item})) if benchmark else frozenset({item})


@indicator(
    "item_in_out_match", "进销品类匹配度", windows=(12,), direction=SAFER, sources="ITM", reason_family="FR05"
)
def item_in_out_match(facts: Facts, _: int) -> float:
    """Jaccard index of the item classes that sales call for and those bought."""
    called = frozenset().union(*(_inputs_of(facts, item) for item in _goods_sold(facts)))
    bought = facts.items.bought.keys()
    return ratio(len(called & bought), len(called | bought))


@indicator(
    "item_out_only_ratio",
    "有销无进品类额占比",
    windows=(12,),
    direction=RISKIER,
    sources="ITM",
    reason_family="FR05",
)
def item_out_only_ratio(facts: Facts, _: int) -> float:
    """Share of goods sold of which nothing they are made of was bought."""
    sold, bought = _goods_sold(facts), facts.items.bought.keys()
    unbacked = sum(amount for item, amount in sold.items() if not _inputs_of(facts, item) & bought)
    return ratio(unbacked, sum(sold.values()))


@indicator(
    "ele_output_mismatch",
    "电耗-产出背离",
    windows=(12,),
    direction=RISKIER,
    sources="ELE,INV,IND",
    reason_family="FR18",
)
def ele_output_mismatch(facts: Facts, months: int) -> float:
    """Deviations, either way, of kWh a yuan of sales from the industry's mean."""
    norm = facts.given(facts.benchmark.energy_per_yuan)
    bills = [energy for age, energy in facts.energy_month if age < months]
    if len(bills) < months:
        absent(Missing.INSUFFICIENT)
    sales = facts.sales.net_month[:months].sum() / FEN
    return distance(ratio(sum(bills), sales), norm.mean, norm.deviation)


@indicator(
    "head_sales_mismatch",
    "人数-开票背离",
    windows=(12,),
    direction=RISKIER,
    sources="SOC,INV,IND",
    reason_family="FR18",
)
def head_sales_mismatch(facts: Facts, months: int) -> float:
    """Deviations, either way, of sales an insured person from the industry's mean."""
    norm = facts.given(facts.benchmark.sales_per_head)
    heads = [count for age, count in facts.insured_by_month if age < months] or absent(Missing.STALE)
    sales = facts.sales.net_month[:months].sum() / FEN
    return distance(ratio(sales, sum(heads) / len(heads)), norm.mean, norm.deviation)


@indicator(
    "burden_z", "税负异常度", windows=(12,), direction=RISKIER, sources="DEC,IND", reason_family="FR19"
)
def burden_z(facts: Facts, months: int) -> float:
    """Deviations, either way, of the VAT burden from the mean of the same industry and size."""
    norm = facts.given(facts.benchmark.vat_burden)
    declared = facts.declared
    burden = ratio(declared.total("payable", months), declared.total("taxable", months))
    return distance(burden, norm.mean, norm.deviation)


@indicator(
    "doc_tamper_flag", "文件/报文验签失败", windows=(), direction=RISKIER, sources="SCN", reason_family="FR21"
)
def doc_tamper_flag(facts: Facts, _: int) -> float:
    """1 when a document's hash or a message's signature failed."""
    return float(facts.given(facts.context.doc_tamper))
