"""The right to read: consent, authorization, challenges, the gate, links, keys and the audit log."""
