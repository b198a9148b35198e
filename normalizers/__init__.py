"""Normalizers: raw payload in, common schema out; one module per dataset and source format."""
