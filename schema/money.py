"""Exact money: ``Decimal`` yuan in rows, integer fen in columns.

A yuan has 100 fen. Portals print yuan with at most two decimals; anything finer is refused, never rounded.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

FEN_PER_YUAN = 100


def fen(yuan: str | int | Decimal) -> int:
    """Yuan as printed (``"1,234.50"``, ``-3``, ``Decimal("0.1")``) to integer fen.

    Raises ``ValueError`` for text that is no number, and for fractions of a fen.
    """
    try:
        exact = Decimal(str(yuan).replace(",", "").strip()) * FEN_PER_YUAN
    except InvalidOperation:
        raise ValueError("not an amount of money") from None
    if not exact.is_finite() or exact != exact.to_integral_value():
        raise ValueError("an amount finer than one fen")
    return int(exact)


def yuan(amount_fen: int) -> Decimal:
    """Integer fen to ``Decimal`` yuan with two decimals."""
    return (Decimal(amount_fen) / FEN_PER_YUAN).quantize(Decimal("0.01"))
