"""Sub-model ``invoice_tax_fraud`` (票税反欺诈): whether invoices, returns, money and goods agree."""

from __future__ import annotations

import numpy as np

from schema.money import FEN_PER_YUAN
from scoring.inputs.bank_side import Bench, given
from scoring.inputs.batch import Batch
from scoring.inputs.declared import Declared
from scoring.inputs.electricity import Power
from scoring.inputs.flows import Flows
from scoring.inputs.goods import Goods
from scoring.inputs.invoices import Side
from scoring.inputs.names import Named
from scoring.inputs.staff import Staff
from scoring.measure import INTERIOR, RISKIER, SAFER, submodel
from scoring.series import MONTHS, Cube, distance, ratio, summed
from scoring.value import INSUFFICIENT, Floats

indicator = submodel("invoice_tax_fraud")


@indicator("票税比", "INV,DEC", (3, 12), INTERIOR, "FR01")
def inv_declared_ratio(declared: Declared, sold: Cube, months: int) -> Floats:
    """Invoiced over declared sales, both of the filed periods."""
    return ratio(_from(sold, declared.last, months), declared.total("sales", months))


def _from(cube: Cube, skip: Floats, months: int) -> Floats:
    """The months that end a number of months a firm before ``as_of``."""
    place = skip.astype(np.int64)[:, None] + np.arange(months)
    inside = np.take_along_axis(cube.month, np.minimum(place, MONTHS - 1), axis=1)
    return summed(inside * (place < MONTHS))


@indicator("流票比", "TXN,INV", (6, 12), INTERIOR, "FR02")
def flow_inv_ratio(flows: Flows, sold_with_tax: Cube, months: int) -> Floats:
    """Operating inflow over invoiced totals with tax."""
    return ratio(flows.operated(flows.op_in, months), sold_with_tax.total(months))


@indicator("流税比", "TXN,DEC", (12,), INTERIOR, "FR02")
def flow_declared_ratio(flows: Flows, declared: Declared, months: int) -> Floats:
    """Operating inflow over declared sales, both of the filed periods."""
    moved = _from(flows.op_in, declared.last, months) + flows.unclassified
    covered = np.where(flows.history < declared.last + months, INSUFFICIENT, moved)
    return ratio(covered, declared.total("sales", months))


@indicator("付款方=购方匹配率", "TXN,INV", (6, 12), SAFER, "FR03")
def payer_buyer_match(named: Named, flows: Flows, sales: Side, months: int) -> Floats:
    """Share of operating inflow that comes from companies invoiced in the window."""
    return named.match(sales, flows.into, months)


@indicator("收款方=销方匹配率", "TXN,INV", (6, 12), SAFER, "FR03")
def payee_seller_match(named: Named, flows: Flows, purchases: Side, months: int) -> Floats:
    """Share of operating outflow that goes to companies that invoiced us in the window."""
    return named.match(purchases, flows.out, months)


@indicator("三流一致率", "TXN,INV,SCN", (12,), SAFER, "FR04", needs="TXN,INV")
def three_flow_match(agreed_share: Floats, months: int) -> Floats:
    """Share of invoiced totals with both a contract and payment, a customer at a time."""
    return agreed_share


@indicator("进销品类匹配度", "ITM", (12,), SAFER, "FR05")
def item_in_out_match(goods: Goods, months: int) -> Floats:
    """Jaccard index of the item classes that sales call for and those bought."""
    return goods.match


@indicator("有销无进品类额占比", "ITM", (12,), RISKIER, "FR05")
def item_out_only_ratio(goods: Goods, months: int) -> Floats:
    """Share of goods sold of which nothing they are made of was bought."""
    return goods.unbacked


@indicator("电耗-产出背离", "ELE,INV,IND", (12,), RISKIER, "FR18")
def ele_output_mismatch(power: Power, sold: Cube, bench: Bench, months: int) -> Floats:
    """Deviations, either way, of kWh a yuan of sales from the industry's mean."""
    intensity = ratio(power.every_month(power.energy, months), sold.total(months) / FEN_PER_YUAN)
    return distance(intensity, *bench.norm("energy_per_yuan"))


@indicator("人数-开票背离", "SOC,INV,IND", (12,), RISKIER, "FR18")
def head_sales_mismatch(staff: Staff, sold: Cube, bench: Bench, months: int) -> Floats:
    """Deviations, either way, of sales an insured person from the industry's mean."""
    a_head = ratio(sold.total(months) / FEN_PER_YUAN, staff.mean(months))
    return distance(a_head, *bench.norm("sales_per_head"))


@indicator("税负异常度", "DEC,IND", (12,), RISKIER, "FR19")
def burden_z(vat_burden_12m: Floats, bench: Bench, months: int) -> Floats:
    """Deviations, either way, of the VAT burden from the mean of the same industry and size."""
    return distance(vat_burden_12m, *bench.norm("vat_burden"))


@indicator("文件/报文验签失败", "SCN", (), RISKIER, "FR21", needs="")
def doc_tamper_flag(batch: Batch) -> Floats:
    """1 when a document's hash or a message's signature failed."""
    return given(batch, lambda context: None if context.doc_tamper is None else float(context.doc_tamper))
