"""Readers of the Servyou pattern's pages: records in envelopes, VAT forms as XML documents."""
