"""Cash flow: exports of banks and wallets, MT940, camt.053, OFX, vouchers, printed statements."""
