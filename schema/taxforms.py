"""Lines of the VAT main forms that add up to what a lender asks of a return.

Official line numbers of 增值税纳税申报表: for general taxpayers (一般纳税人适用) and for small-scale ones
(小规模纳税人适用).
"""

from __future__ import annotations

VAT_SERIES: dict[str, dict[str, tuple[str, ...]]] = {
    "vat_general": {
        "sales": ("1", "5", "7", "8"),
        "taxable": ("1", "5"),
        "export": ("7",),
        "exempt": ("8",),
        "output_tax": ("11",),
        "input_tax": ("12",),
        "payable": ("24",),
        "due": ("34",),
        "carried": ("20",),
    },
    "vat_small": {
        "sales": ("1", "4", "7", "9", "13"),
        "taxable": ("1", "4", "7"),
        "export": ("13",),
        "exempt": ("9",),
        "payable": ("20",),
        "due": ("22",),
    },
}
"""Form → series → lines that add up to it."""
